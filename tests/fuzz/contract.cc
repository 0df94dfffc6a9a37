// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/contract.h"

#include <memory>

#include "tests/fuzz/require.h"

namespace klarna::fuzz {
namespace {

const std::vector<lossless::Operation>& Operations() {
  static const auto* const operations =
      new std::vector<lossless::Operation>(lossless::AllOperations(Routes()));
  return *operations;
}

size_t Sum(std::string_view text) {
  size_t sum = 0;
  for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
  return sum;
}

}  // namespace

const rest::RouteTable& Routes() {
  static const rest::RouteTable* const routes = [] {
    auto compiled = rest::RouteTable::Compile(rest::LinkedServices());
    Require(compiled.ok(), "the routes do not compile");
    return std::move(*compiled).release();
  }();
  return *routes;
}

const lossless::Operation& OperationNamed(std::string_view label) {
  for (const lossless::Operation& operation : Operations()) {
    if (operation.route->label == label) return operation;
  }
  return Operations()[Sum(label) % Operations().size()];
}

std::vector<rest::ResultField> JsonResults(const rest::Route& route) {
  std::vector<rest::ResultField> results;
  if (route.has_result) results.push_back(route.result);
  for (const auto& [status, result] : route.status_results) {
    results.push_back(result);
  }
  std::erase_if(results, [](const rest::ResultField& result) {
    return result.table == nullptr;
  });
  return results;
}

}  // namespace klarna::fuzz
