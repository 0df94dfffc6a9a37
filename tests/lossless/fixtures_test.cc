// SPDX-License-Identifier: Apache-2.0
//
// Every published exchange with Klarna through the codec, the binder and the
// error table. The exchanges are read from the folder of FixturesFolder().
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "nlohmann/json.hpp"
#include "service/json/check_wire.h"
#include "service/json/wire.h"
#include "service/rest/klarna_error.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"
#include "service/rest/status_details.h"
#include "tests/lossless/fixture.h"
#include "tests/lossless/operation.h"
#include "tests/lossless/replay.h"

namespace klarna::lossless {
namespace {

using ::klarna::gateway::v1::KlarnaError;
using Parameters = std::multimap<std::string, std::string>;

// Paths that Klarna answered, but that are no operation's: an address of
// before 2018, and a read of an order with an empty id.
const std::map<std::string, std::string> kOddPaths = {
    {"POST /credit/v1/sessions", "payments.create_session"},
    {"POST /credit/v1/sessions/", "payments.create_session"},
    {"GET /ordermanagement/v1/orders/", "order_management.get_order"},
};

// Exchanges of no operation of the contract, by the start of their names.
const std::map<std::string, std::string> kOtherCalls = {
    {"checkout/callback_", "Klarna is the caller"},
    {"hosted_payment_page/callback_", "Klarna is the caller"},
    {"disputes/webhook/", "Klarna is the caller"},
    {"disputes/enroll/docs_v2_", "an older version of the API"},
    {"disputes/enroll/docs_v3_", "an older version of the API"},
    {"disputes/list_disputes/docs_v2_", "an older version of the API"},
    {"order_management/update_capture_customer_details/", "in no document"},
    {"shipping_service_callback/auth/", "part of the credentials"},
};

// Requests whose body or query the documents do not know.
const std::map<std::string, std::string> kUndocumentedRequests = {
    {"order_management/cancel_order/omnipay_body_empty_array",
     "a body for a call without one"},
    {"settlements/list_transactions/node_client_unknown_from_to",
     "query parameters from and to"},
};

struct Count {
  int exchanges = 0;
  int responses = 0;
  int requests = 0;
  int request_bodies = 0;
  int errors = 0;
  int other_answers = 0;
  int left_out = 0;
};

// What the operation message says for a request besides its body.
struct Fields {
  std::string wire;
  std::set<std::string> unknown_parameters;
};

class FixturesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  void SetUp() override {
    const auto folder = FixturesFolder();
    if (!folder) {
      GTEST_SKIP() << "There are no fixtures. Set KLARNA_FACTS to the folder "
                      "that holds fixtures/.";
    }
    operations_ = AllOperations(*routes_);
    fixtures_ = LoadFixtures(*folder);
    ASSERT_FALSE(fixtures_.empty());
  }

  const Operation* OperationOf(const Fixture& fixture) const {
    const auto odd =
        kOddPaths.find(absl::StrCat(fixture.method, " ", fixture.path));
    if (odd == kOddPaths.end()) {
      return FindOperation(operations_, fixture.method, fixture.path);
    }
    for (const Operation& operation : operations_) {
      if (operation.route->label == odd->second) return &operation;
    }
    return nullptr;
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  std::vector<Operation> operations_;
  std::vector<Fixture> fixtures_;
};

bool HasOddPath(const Fixture& fixture) {
  return kOddPaths.contains(absl::StrCat(fixture.method, " ", fixture.path));
}

bool IsSuccess(const Fixture& fixture) {
  return fixture.status >= 200 && fixture.status < 300;
}

void AppendScalar(const rest::Binding& binding, const std::string& text,
                  std::string& wire) {
  const auto number = static_cast<uint32_t>(binding.field);
  switch (binding.kind) {
    case rest::Binding::Kind::kInteger:
      json::AppendVarintField(number, std::stoll(text), wire);
      break;
    case rest::Binding::Kind::kBool:
      json::AppendVarintField(number, text == "true", wire);
      break;
    default:
      json::AppendLengthDelimited(number, text, wire);
  }
}

bool BelongsToPager(const rest::ListPaging& paging, const std::string& name) {
  return name == paging.offset_parameter || name == paging.size_parameter ||
         name == paging.cursor_parameter;
}

Fields FieldsOf(const rest::Route& route, const Fixture& fixture) {
  Fields fields;
  const std::vector<std::string> segments = Segments(fixture.path);
  const std::vector<std::string> parts = Segments(route.path.text());
  for (const rest::Binding& binding : route.bindings) {
    for (size_t i = 0; i < segments.size() && i < parts.size(); ++i) {
      if (parts[i] == absl::StrCat("{", binding.field_name, "}")) {
        AppendScalar(binding, segments[i], fields.wire);
      }
    }
    const auto header = http::FindHeader(fixture.request_headers, binding.name);
    if (binding.place == rest::Binding::Place::kHeader && !header.empty()) {
      AppendScalar(binding, std::string(header), fields.wire);
    }
  }
  for (const auto& [name, value] : fixture.query) {
    if (BelongsToPager(route.paging, name)) continue;
    bool known = false;
    for (const rest::Binding& binding : route.bindings) {
      if (binding.place == rest::Binding::Place::kQuery &&
          binding.name == name) {
        AppendScalar(binding, value, fields.wire);
        known = true;
      }
    }
    if (!known) fields.unknown_parameters.insert(name);
  }
  return fields;
}

Parameters ParseQuery(const std::string& query) {
  Parameters parameters;
  for (absl::string_view pair : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(pair, '=');
    parameters.emplace(Segments(parts.at(0)).at(0),
                       Segments(parts.at(1)).at(0));
  }
  return parameters;
}

void ExpectSameCall(const Operation& operation, const Fixture& fixture,
                    const rest::BoundRequest& bound) {
  EXPECT_EQ(bound.method, fixture.method);
  if (!HasOddPath(fixture)) {
    EXPECT_EQ(Segments(bound.path), Segments(fixture.path));
  }
  Parameters expected;
  for (const auto& [name, value] : fixture.query) {
    if (!BelongsToPager(operation.route->paging, name)) {
      expected.emplace(name, value);
    }
  }
  EXPECT_EQ(ParseQuery(bound.query), expected);
  for (const rest::Binding& binding : operation.route->bindings) {
    if (binding.place == rest::Binding::Place::kHeader) {
      EXPECT_EQ(http::FindHeader(bound.headers, binding.name),
                http::FindHeader(fixture.request_headers, binding.name));
    }
  }
}

TEST_F(FixturesTest, EveryAnswerIsRebuilt) {
  int answers = 0;
  for (const Fixture& fixture : fixtures_) {
    const Operation* operation = OperationOf(fixture);
    if (operation == nullptr || !IsSuccess(fixture) ||
        fixture.response_body.kind != Body::Kind::kJson) {
      continue;
    }
    SCOPED_TRACE(fixture.name);
    const rest::ResultField* result =
        operation->route->ResultFor(fixture.status);
    ASSERT_NE(result, nullptr) << "the operation has no result";
    const absl::Status status =
        ReplayAnswer(*operation, *result, fixture.response_body.text);
    EXPECT_TRUE(status.ok()) << status;
    ++answers;
  }
  EXPECT_GT(answers, 0);
}

TEST_F(FixturesTest, EveryRequestIsSentAsItWas) {
  int bodies = 0;
  for (const Fixture& fixture : fixtures_) {
    const Operation* operation = OperationOf(fixture);
    if (operation == nullptr || kUndocumentedRequests.contains(fixture.name)) {
      continue;
    }
    SCOPED_TRACE(fixture.name);
    const Fields fields = FieldsOf(*operation->route, fixture);
    EXPECT_TRUE(fields.unknown_parameters.empty())
        << "query parameter " << *fields.unknown_parameters.begin();
    absl::StatusOr<rest::BoundRequest> bound;
    if (fixture.request_body.kind == Body::Kind::kJson) {
      ASSERT_NE(operation->Body(), nullptr) << "the operation has no body";
      bound = ReplayRequest(*operation, fields.wire, fixture.request_body.text);
      ++bodies;
    } else {
      bound = rest::Bind(*operation->route, fields.wire, {});
    }
    if (HasOddPath(fixture) && !bound.ok()) {
      EXPECT_EQ(bound.status().code(), absl::StatusCode::kInvalidArgument);
      continue;
    }
    ASSERT_TRUE(bound.ok()) << bound.status();
    ExpectSameCall(*operation, fixture, *bound);
  }
  EXPECT_GT(bodies, 0);
}

// Every string below `value`.
void CollectStrings(const nlohmann::json& value,
                    std::vector<std::string>& strings) {
  if (value.is_string()) strings.push_back(value.get<std::string>());
  for (const auto& child : value) {
    if (value.is_structured()) CollectStrings(child, strings);
  }
}

// Members that are not Klarna's own must not come through; nor, of a page that
// is not JSON, any stretch of its text.
std::vector<std::string> ForbiddenTexts(const Body& body) {
  std::vector<std::string> texts;
  if (body.kind == Body::Kind::kText) {
    constexpr size_t kStretch = 12;
    for (size_t i = 0; i + kStretch <= body.text.size(); ++i) {
      texts.push_back(body.text.substr(i, kStretch));
    }
  }
  if (body.kind != Body::Kind::kJson) return texts;
  const nlohmann::json error = nlohmann::json::parse(body.text);
  for (const auto& [name, value] : error.items()) {
    if (KlarnaError::descriptor()->FindFieldByName(name) == nullptr &&
        name != "authorized_payment_method_v1") {
      CollectStrings(value, texts);
    }
  }
  std::erase_if(texts, [](const std::string& text) { return text.size() < 6; });
  return texts;
}

void ExpectKlarnasWords(const Body& body, const KlarnaError& error) {
  if (body.kind != Body::Kind::kJson) {
    EXPECT_TRUE(error.error_code().empty());
    return;
  }
  const nlohmann::json json = nlohmann::json::parse(body.text);
  EXPECT_EQ(error.error_code(), json.value("error_code", ""));
  EXPECT_EQ(error.error_message(), json.value("error_message", ""));
  const std::vector<std::string> messages(error.error_messages().begin(),
                                          error.error_messages().end());
  EXPECT_EQ(messages, json.value("error_messages", std::vector<std::string>()));
}

TEST_F(FixturesTest, EveryErrorBecomesACleanStatus) {
  const rest::KlarnaErrorMapper mapper;
  int errors = 0;
  for (const Fixture& fixture : fixtures_) {
    const Operation* operation = OperationOf(fixture);
    if (operation == nullptr || fixture.status < 300) continue;
    SCOPED_TRACE(fixture.name);
    const absl::Status status =
        mapper.Map({operation->route->label, operation->route->domain, "shop"},
                   {fixture.status, fixture.response_headers,
                    fixture.response_body.text, absl::UnixEpoch()});
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.code(), absl::StatusCode::kUnknown);
    EXPECT_NE(status.code(), absl::StatusCode::kInternal);
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(rest::GetDetail(status, info));
    EXPECT_FALSE(info.reason().empty());
    KlarnaError error;
    ASSERT_TRUE(rest::GetDetail(status, error));
    EXPECT_EQ(error.http_status(), fixture.status);
    ExpectKlarnasWords(fixture.response_body, error);
    const std::string on_the_wire =
        rest::ToRpcStatus(status).SerializeAsString();
    for (const std::string& text : ForbiddenTexts(fixture.response_body)) {
      EXPECT_FALSE(absl::StrContains(on_the_wire, text)) << text;
    }
    ++errors;
  }
  EXPECT_GT(errors, 0);
}

std::string WhyLeftOut(const Fixture& fixture) {
  for (const auto& [start, reason] : kOtherCalls) {
    if (absl::StartsWith(fixture.name, start)) return reason;
  }
  return "";
}

void PrintTable(const std::map<std::string, Count>& counts) {
  std::printf("%-27s %9s %7s %8s %6s %6s %12s %8s\n", "domain", "exchanges",
              "answers", "requests", "bodies", "errors", "no JSON body",
              "left out");
  for (const auto& [domain, c] : counts) {
    std::printf("%-27s %9d %7d %8d %6d %6d %12d %8d\n", domain.c_str(),
                c.exchanges, c.responses, c.requests, c.request_bodies,
                c.errors, c.other_answers, c.left_out);
  }
}

void CountIn(const Fixture& fixture, Count& count) {
  const bool json = fixture.response_body.kind == Body::Kind::kJson;
  const bool sent = !kUndocumentedRequests.contains(fixture.name);
  count.requests += sent;
  count.request_bodies +=
      sent && fixture.request_body.kind == Body::Kind::kJson;
  count.responses += IsSuccess(fixture) && json;
  count.other_answers += IsSuccess(fixture) && !json;
  count.errors += fixture.status >= 300;
}

TEST_F(FixturesTest, NoFixtureIsLeftOutUnseen) {
  std::map<std::string, Count> counts;
  for (const Fixture& fixture : fixtures_) {
    Count& total = counts["total"];
    Count& count = counts[fixture.domain];
    ++count.exchanges;
    ++total.exchanges;
    const bool has_operation = OperationOf(fixture) != nullptr;
    const std::string reason = WhyLeftOut(fixture);
    EXPECT_NE(has_operation, !reason.empty())
        << fixture.name << ": " << fixture.method << " " << fixture.path
        << " is neither an operation nor listed as another call";
    if (has_operation) {
      CountIn(fixture, count);
      CountIn(fixture, total);
    } else {
      ++count.left_out;
      ++total.left_out;
      std::printf("left out: %s: %s\n", fixture.name.c_str(), reason.c_str());
    }
  }
  for (const auto& [name, reason] : kUndocumentedRequests) {
    std::printf("request left out: %s: %s\n", name.c_str(), reason.c_str());
  }
  PrintTable(counts);
}

}  // namespace
}  // namespace klarna::lossless
