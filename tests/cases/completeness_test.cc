// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string>

#include "service/rest/route.h"
#include "tests/cases/case_file.h"

namespace klarna::cases {
namespace {

using ::testing::IsEmpty;

// The operations of the contract, by label.
std::set<std::string> AllOperations() {
  auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  std::set<std::string> labels;
  if (!routes.ok()) return labels;
  for (const auto* service : (*routes)->services()) {
    for (const char* rpc : {"Subscribe", "Publish"}) {
      const auto* method = (*routes)->Find(service->full_name(), rpc);
      for (const auto& [field, route] : method->routes) {
        labels.insert(route.label);
      }
    }
  }
  return labels;
}

std::set<std::string> Without(const std::set<std::string>& all,
                              const std::set<std::string>& some) {
  std::set<std::string> rest;
  for (const std::string& each : all) {
    if (some.count(each) == 0) rest.insert(each);
  }
  return rest;
}

TEST(CompletenessTest, EveryOperationHasACaseFile) {
  const std::set<std::string> operations = AllOperations();
  ASSERT_GE(operations.size(), 63u);
  std::set<std::string> covered;
  for (const CaseFile& file : AllCaseFiles()) covered.insert(file.label());

  const std::set<std::string> missing = Without(operations, covered);
  EXPECT_THAT(missing, IsEmpty())
      << "write tests/cases/<domain>/<operation>.txtpb";
  EXPECT_THAT(Without(covered, operations), IsEmpty())
      << "these files name no operation";
  std::printf("cases %zu of %zu\n", operations.size() - missing.size(),
              operations.size());
}

}  // namespace
}  // namespace klarna::cases
