// SPDX-License-Identifier: Apache-2.0
//
// Calls every operation with a canary in each credential, token, card number
// and personal field, lets the upstream answer with canaries in every way, and
// looks for them in all that the gateway says besides the caller's messages:
// log lines, error texts, status details.
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "service/auth/credentials.h"
#include "service/auth/shipping_digest.h"
#include "tests/canary/sample.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::canary {
namespace {

using config::RequestLogging;
using google::protobuf::Descriptor;
using google::protobuf::Message;
using http::TransferError;
using testing::EngineUnderTest;
using testing::ScriptedAnswer;

constexpr char kUser[] = "user-canary-7f3a";

// One operation, by the messages that carry it.
struct Operation {
  std::string label;
  std::string service;
  bool publish = false;
  const rest::Route* route = nullptr;
  const Descriptor* request = nullptr;
  const Descriptor* response = nullptr;
};

std::vector<Operation> AllOperations() {
  static const rest::RouteTable* const routes =
      rest::RouteTable::Compile(rest::LinkedServices()).value().release();
  std::vector<Operation> all;
  for (const auto* service : routes->services()) {
    for (const char* rpc : {"Subscribe", "Publish"}) {
      const rest::Method& method = *routes->Find(service->full_name(), rpc);
      for (const auto& [field, route] : method.routes) {
        all.push_back({route.label, service->full_name(),
                       rpc == std::string("Publish"), &route,
                       method.descriptor->input_type(),
                       method.descriptor->output_type()});
      }
    }
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.label < b.label; });
  return all;
}

// A request with the operation's fields all set.
std::string RequestWith(const Operation& operation, const std::string& secret) {
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(operation.request)
          ->New());
  const auto& reflection = *request->GetReflection();
  Fill(secret, *reflection.MutableMessage(request.get(),
                                          operation.request->FindFieldByNumber(
                                              operation.route->field)));
  if (!operation.publish) return request->SerializeAsString();
  // Of the executor's first moment.
  reflection.SetString(request.get(),
                       operation.request->FindFieldByName("request_id"),
                       "018bcfe5-6800-7000-8000-000000000001");
  if (operation.route->has_body) {
    auto* unmapped =
        static_cast<gateway::v1::UnmappedField*>(reflection.AddMessage(
            request.get(), operation.request->FindFieldByName("unmapped")));
    unmapped->set_pointer("/brand_new");
    unmapped->set_json(absl::StrCat("\"", kCanary, "\""));
  }
  return request->SerializeAsString();
}

// The body of a success: of a file its bytes.
std::string SuccessBody(const Operation& operation) {
  const rest::Route& route = *operation.route;
  if (!route.has_result) return "";
  if (route.result.kind == rest::ResultField::Kind::kContent) return kCanary;
  const Descriptor* result =
      operation.response->FindFieldByNumber(route.result.field)->message_type();
  if (!route.paging.top_level_array) return SampleJson(*result);
  return absl::StrCat(
      "[",
      SampleJson(
          *result->FindFieldByNumber(route.paging.items_field)->message_type()),
      "]");
}

http::Headers Headers() {
  return {{"Content-Type", "application/json"},
          {"Set-Cookie", absl::StrCat("session=", kCanary)},
          {"X-Api-Key", kCanary},
          {"Content-Disposition",
           absl::StrCat("attachment; filename=", kCanary, ".pdf")},
          {"Klarna-Correlation-Id", "correlation-1"}};
}

// How the upstream answers: well, with an error, with something else, partly.
std::vector<ScriptedAnswer> Answers(const Operation& operation) {
  const std::string success = SuccessBody(operation);
  const std::string page = absl::StrCat("<html>", kCanary, "</html>");
  const std::string error = absl::StrCat(
      R"({"error_code":"BAD_VALUE","error_messages":["Bad value: city"],)",
      R"("correlation_id":"correlation-1","shopper":{"email":")", kCanary,
      R"("},")", kCanary, R"(":1})");
  ScriptedAnswer partial =
      testing::Whole(200, success.substr(0, success.size() * 2 / 3), Headers());
  partial.result.error = TransferError::kTruncated;
  return {testing::Whole(200, success, Headers()),
          testing::Whole(400, error, Headers()),
          testing::Whole(401, error, Headers()),
          testing::Whole(500, page, Headers()),
          testing::Whole(200, page, Headers()),
          partial,
          testing::Broken(TransferError::kTimeout, true)};
}

// Everything that left the gateway but the messages of a call that went well.
class Outputs {
 public:
  void Add(const absl::Status& status) {
    absl::StrAppend(&text_, status.message(), "\n");
    status.ForEachPayload([&](absl::string_view, const absl::Cord& payload) {
      absl::StrAppend(&text_, std::string(payload), "\n");
    });
  }
  void Add(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) text_ += line;
  }
  bool Says(absl::string_view what) const {
    return absl::StrContains(text_, what);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Tested {
  Operation operation;
  RequestLogging logging;
};

// For a call with all that it reads back.
constexpr size_t kEnough = 8;

class CanaryTest : public ::testing::TestWithParam<Tested> {
 protected:
  static const Operation& operation() { return GetParam().operation; }

  static std::shared_ptr<const auth::Credentials> User() {
    return std::make_shared<auth::BasicCredentials>(kUser,
                                                    auth::Secret(kCanary));
  }

  // Makes the call, and keeps what came out besides its messages.
  static Outputs Serve(const std::string& request,
                       std::shared_ptr<const auth::Credentials> credentials,
                       const std::vector<ScriptedAnswer>& answers) {
    EngineUnderTest engine;
    engine.UseCredentials(std::move(credentials));
    engine.account().request_logging = GetParam().logging;
    for (const ScriptedAnswer& answer : answers) {
      engine.transport().Answer(answer);
    }
    Outputs outputs;
    if (operation().publish) {
      const auto caller = engine.Publish(operation().service, request);
      engine.Continue(*caller);
      EXPECT_TRUE(caller->finished());
      if (caller->finished()) outputs.Add(caller->status());
    } else {
      const auto streamed = engine.Subscribe(operation().service, request);
      if (streamed.status) outputs.Add(*streamed.status);
    }
    outputs.Add(engine.log_lines());
    return outputs;
  }

  static void ExpectNone(const Outputs& outputs) {
    for (const std::string& canary :
         {std::string(kCanary), absl::Base64Escape(kCanary),
          absl::Base64Escape(absl::StrCat(kUser, ":", kCanary))}) {
      EXPECT_FALSE(outputs.Says(canary)) << outputs.text();
    }
  }
};

TEST_P(CanaryTest, DoesNotComeOut) {
  const std::string request = RequestWith(operation(), kCanary);
  for (const ScriptedAnswer& answer : Answers(operation())) {
    // Several times, for lists that go on.
    const Outputs outputs =
        Serve(request, User(), std::vector<ScriptedAnswer>(4, answer));
    ExpectNone(outputs);
    // That requests were made at all, and logged.
    EXPECT_EQ(outputs.Says("upstream request"),
              GetParam().logging != RequestLogging::kOff)
        << outputs.text();
    EXPECT_TRUE(outputs.Says("call finished")) << outputs.text();
  }
}

TEST_P(CanaryTest, DoesNotComeOutOfRefusedRequests) {
  const std::string too_long = absl::StrCat(kCanary, std::string(5000, 'x'));
  const std::string two_lines = absl::StrCat(kCanary, "\n");
  // What is not refused after all is answered, and read back.
  const std::vector<ScriptedAnswer> answers(kEnough,
                                            Answers(operation()).front());
  for (const std::string& request :
       {RequestWith(operation(), too_long), RequestWith(operation(), two_lines),
        // No UTF-8.
        absl::StrReplaceAll(RequestWith(operation(), two_lines),
                            {{two_lines, absl::StrCat(kCanary, "\xff")}})}) {
    ExpectNone(Serve(request, User(), answers));
  }
}

TEST_P(CanaryTest, DoesNotComeOutOfTokenRequests) {
  const auto key = std::make_shared<auth::ShippingDigestCredentials>(
      "shop", auth::Secret(kCanary));
  const std::string request = RequestWith(operation(), kCanary);
  const std::string token = absl::StrCat(R"({"token":")", kCanary, R"("})");
  const ScriptedAnswer success = Answers(operation()).front();
  for (const ScriptedAnswer& answer :
       {testing::Whole(200, token, Headers()),
        testing::Whole(401, token, Headers()),
        testing::Whole(200, kCanary, Headers())}) {
    std::vector<ScriptedAnswer> answers(kEnough, success);
    answers.front() = answer;
    const Outputs outputs = Serve(request, key, answers);
    ExpectNone(outputs);
    EXPECT_EQ(outputs.Says("\"klarna_operation\":\"token\""),
              GetParam().logging != RequestLogging::kOff);
  }
}

std::vector<Tested> EveryOperationAtEveryLevel() {
  std::vector<Tested> all;
  for (const Operation& operation : AllOperations()) {
    for (const RequestLogging logging :
         {RequestLogging::kOff, RequestLogging::kHeaders,
          RequestLogging::kBodies}) {
      all.push_back({operation, logging});
    }
  }
  return all;
}

std::string NameOf(const ::testing::TestParamInfo<Tested>& tested) {
  constexpr const char* kLevels[] = {"off", "headers", "bodies"};
  return absl::StrCat(
      absl::StrReplaceAll(tested.param.operation.label, {{".", "_"}}), "_",
      kLevels[static_cast<int>(tested.param.logging)]);
}

INSTANTIATE_TEST_SUITE_P(Operations, CanaryTest,
                         ::testing::ValuesIn(EveryOperationAtEveryLevel()),
                         NameOf);

TEST(CanaryCoverageTest, EveryOperationIsTested) {
  EXPECT_EQ(AllOperations().size(), 63u);
}

// A log without canaries is worth something only if it says the rest.
TEST(CanaryCoverageTest, BodiesAreLogged) {
  size_t requests = 0;
  for (const Operation& operation : AllOperations()) {
    EngineUnderTest engine;
    engine.account().request_logging = RequestLogging::kBodies;
    engine.transport().Answer(Answers(operation).front());
    const std::string request = RequestWith(operation, kCanary);
    if (operation.publish) {
      engine.Publish(operation.service, request);
      engine.executor().RunUntilIdle();
    } else {
      engine.Subscribe(operation.service, request);
    }
    Outputs outputs;
    outputs.Add(engine.log_lines());
    EXPECT_EQ(outputs.Says("\"request_body\":{"), operation.route->has_body)
        << operation.label;
    const bool json =
        operation.route->has_result &&
        operation.route->result.kind != rest::ResultField::Kind::kContent;
    EXPECT_EQ(outputs.Says("\"response_body\":"), json) << operation.label;
    requests += engine.transport().requests().size();
  }
  EXPECT_GE(requests, 63u);
}

}  // namespace
}  // namespace klarna::canary
