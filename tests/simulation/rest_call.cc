// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/rest_call.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "service/gateway/batcher.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire.h"
#include "service/sandbox/api_description.h"

namespace klarna::simulation {
namespace {

using Place = rest::Binding::Place;

std::string PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(
        std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

const rest::Binding& BindingOf(const rest::Route& route,
                               const std::string& field) {
  for (const rest::Binding& binding : route.bindings) {
    if (binding.field_name == field) return binding;
  }
  ADD_FAILURE() << route.label << " has no field " << field;
  return route.bindings.front();
}

void AppendText(const rest::Binding& binding, std::string_view text,
                std::string& operation) {
  json::AppendLengthDelimited(static_cast<uint32_t>(binding.field), text,
                              operation);
}

// The path variables, when the path is the route's.
std::optional<std::string> MatchPath(const rest::Route& route,
                                     const std::string& path) {
  const std::vector<std::string> have = absl::StrSplit(path, '/');
  const std::vector<std::string> want = absl::StrSplit(route.path.text(), '/');
  if (have.size() != want.size()) return std::nullopt;
  std::string operation;
  for (size_t i = 0; i < have.size(); ++i) {
    if (absl::StartsWith(want[i], "{")) {
      AppendText(BindingOf(route, want[i].substr(1, want[i].size() - 2)),
                 PercentDecode(have[i]), operation);
    } else if (have[i] != want[i]) {
      return std::nullopt;
    }
  }
  return operation;
}

void AppendQuery(const rest::Binding& binding, const std::string& query,
                 std::string& operation) {
  for (absl::string_view parameter : absl::StrSplit(query, '&')) {
    if (absl::ConsumePrefix(&parameter, binding.name + "=")) {
      AppendText(binding, PercentDecode(parameter), operation);
    }
  }
}

void AppendFile(const rest::Route& route, std::string& operation) {
  gateway::v1::Content file;
  file.set_data("x");
  file.set_filename("a.pdf");
  file.set_content_type("application/pdf");
  for (const rest::Binding& binding : route.bindings) {
    if (binding.file) AppendText(binding, file.SerializeAsString(), operation);
  }
}

RestCall MakeCall(const rest::Method& method, const rest::Route& route,
                  const sandbox::Request& request, std::string operation) {
  RestCall call{.method = &method, .route = &route};
  call.sandbox_operation = std::string(sandbox::ApiDescription::Get()
                                           .Find(request.method, request.path)
                                           .operation->name);
  json::DecodedMessage body;
  for (const rest::Binding& binding : route.bindings) {
    if (binding.place == Place::kBody) {
      EXPECT_TRUE(json::DecodeMessage(request.body, *binding.table, body).ok())
          << route.label;
      AppendText(binding, body.wire, operation);
    } else if (binding.place == Place::kHeader) {
      const std::string* header = request.Find(binding.name);
      if (header != nullptr) AppendText(binding, *header, operation);
    } else if (binding.place == Place::kQuery) {
      AppendQuery(binding, request.query, operation);
    }
  }
  if (route.multipart) AppendFile(route, operation);
  for (const json::Unmapped& entry : body.unmapped) {
    gateway::AppendUnmapped(method.envelope.request_unmapped, -1, entry,
                            call.fields);
  }
  json::AppendLengthDelimited(static_cast<uint32_t>(route.field), operation,
                              call.fields);
  return call;
}

std::optional<RestCall> ToCall(const sandbox::Request& request,
                               const rest::RouteTable& routes,
                               absl::string_view rpc) {
  std::optional<RestCall> call;
  for (const auto* service : routes.services()) {
    const rest::Method& method = *routes.Find(service->full_name(), rpc);
    for (const auto& [field, route] : method.routes) {
      if (route.method != request.method) continue;
      std::optional<std::string> operation = MatchPath(route, request.path);
      // A literal wins over a variable.
      const bool literal = route.path.text() == request.path;
      if (!operation || (call && !literal)) continue;
      call = MakeCall(method, route, request, *std::move(operation));
    }
  }
  return call;
}

}  // namespace

std::string RestCall::Request(const std::string& request_id) const {
  std::string request = fields;
  json::AppendLengthDelimited(
      static_cast<uint32_t>(method->envelope.request_id), request_id, request);
  return request;
}

std::optional<RestCall> ToWriteCall(const sandbox::Request& request,
                                    const rest::RouteTable& routes) {
  return ToCall(request, routes, "Publish");
}

std::optional<RestCall> ToReadCall(const sandbox::Request& request,
                                   const rest::RouteTable& routes) {
  return ToCall(request, routes, "Subscribe");
}

}  // namespace klarna::simulation
