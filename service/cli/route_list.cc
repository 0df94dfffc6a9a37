// SPDX-License-Identifier: Apache-2.0
#include "service/cli/route_list.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"

namespace klarna::cli {
namespace {

// Of one service, Subscribe before Publish as the contract has them.
std::vector<const rest::Route*> RoutesOf(
    const google::protobuf::ServiceDescriptor& service,
    const rest::RouteTable& routes) {
  std::vector<const rest::Route*> all;
  for (int i = 0; i < service.method_count(); ++i) {
    const rest::Method* method =
        routes.Find(service.full_name(), service.method(i)->name());
    std::vector<const rest::Route*> some;
    for (const auto& [field, route] : method->routes) some.push_back(&route);
    std::sort(some.begin(), some.end(),
              [](const rest::Route* a, const rest::Route* b) {
                return a->field < b->field;
              });
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace

std::string RouteList(const rest::RouteTable& routes) {
  std::vector<const rest::Route*> all;
  size_t service_width = 0;
  size_t operation_width = 0;
  for (const auto* service : routes.services()) {
    for (const rest::Route* route : RoutesOf(*service, routes)) {
      all.push_back(route);
      service_width = std::max(service_width, route->service.size());
      operation_width = std::max(operation_width, route->operation.size());
    }
  }
  std::string list;
  for (const rest::Route* route : all) {
    absl::StrAppendFormat(&list, "%-*s  %-*s  %s %s\n",
                          static_cast<int>(service_width), route->service,
                          static_cast<int>(operation_width), route->operation,
                          route->method, route->path.text());
  }
  return list;
}

}  // namespace klarna::cli
