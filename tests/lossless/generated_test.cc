// SPDX-License-Identifier: Apache-2.0
//
// Random documents for every request body and every answer of the contract:
// mostly what Klarna documents, with a share of wrong types, nulls, empty
// lists, unknown members, odd numbers, escapes and characters.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "service/json/wire.h"
#include "service/rest/route.h"
#include "tests/lossless/operation.h"
#include "tests/lossless/replay.h"
#include "tests/service/json/document_generator.h"

namespace klarna::lossless {
namespace {

using google::protobuf::Descriptor;
using json::DocumentGenerator;

constexpr uint64_t kSeed = 20260901;
constexpr int kDocumentsEach = 1500;
constexpr int kLeastDocuments = 30000;

class GeneratedTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  static inline const rest::RouteTable* routes_ = nullptr;
  const std::vector<Operation> operations_ = AllOperations(*routes_);
};

// Of a list mostly the wrapper, or the bare array.
std::string Answer(const Operation& operation, const rest::ResultField& result,
                   DocumentGenerator& generator) {
  const Descriptor& message = *operation.ResultMessage(result);
  const rest::ListPaging& paging = operation.route->paging;
  if (!paging.top_level_array) return generator.Document(message);
  const Descriptor& item =
      *message.FindFieldByNumber(paging.items_field)->message_type();
  std::string array = "[";
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&array, i > 0 ? "," : "", generator.Document(item));
  }
  return absl::StrCat(array, ",", generator.AnyValue(), "]");
}

std::vector<rest::ResultField> Results(const rest::Route& route) {
  std::vector<rest::ResultField> results;
  if (route.has_result) results.push_back(route.result);
  for (const auto& [status, result] : route.status_results) {
    results.push_back(result);
  }
  std::erase_if(results, [](const rest::ResultField& result) {
    return result.kind == rest::ResultField::Kind::kContent;
  });
  return results;
}

// The wire bytes of the path fields.
std::string PathFields(const rest::Route& route) {
  std::string fields;
  for (const rest::Binding& binding : route.bindings) {
    if (binding.place == rest::Binding::Place::kPath) {
      json::AppendLengthDelimited(static_cast<uint32_t>(binding.field), "id",
                                  fields);
    }
  }
  return fields;
}

TEST_F(GeneratedTest, AnswersAreRebuilt) {
  int documents = 0;
  for (const Operation& operation : operations_) {
    DocumentGenerator generator(kSeed);
    for (const rest::ResultField& result : Results(*operation.route)) {
      for (int i = 0; i < kDocumentsEach; ++i, ++documents) {
        const absl::Status status = ReplayAnswer(
            operation, result, Answer(operation, result, generator));
        ASSERT_TRUE(status.ok())
            << operation.route->label << " " << i << ": " << status;
      }
    }
  }
  std::printf("%d generated answers, 0 differences (seed %llu)\n", documents,
              static_cast<unsigned long long>(kSeed));
  EXPECT_GE(documents, kLeastDocuments);
}

TEST_F(GeneratedTest, RequestsAreSentAsTheyWere) {
  int documents = 0;
  for (const Operation& operation : operations_) {
    if (operation.Body() == nullptr) continue;
    DocumentGenerator generator(kSeed);
    const std::string path = PathFields(*operation.route);
    for (int i = 0; i < kDocumentsEach; ++i, ++documents) {
      const auto bound = ReplayRequest(
          operation, path, generator.Document(*operation.BodyMessage()));
      ASSERT_TRUE(bound.ok())
          << operation.route->label << " " << i << ": " << bound.status();
    }
  }
  std::printf("%d generated requests, 0 differences (seed %llu)\n", documents,
              static_cast<unsigned long long>(kSeed));
  EXPECT_GE(documents, kLeastDocuments);
}

}  // namespace
}  // namespace klarna::lossless
