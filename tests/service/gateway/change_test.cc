// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/checkout/v3/checkout_service.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
using Code = absl::StatusCode;
using http::TransferError;
using testing::Broken;
using testing::Captured;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PublishCaller;
using testing::ScriptedAnswer;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
constexpr char kCheckout[] = "klarna.checkout.v3.CheckoutService";

// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

template <typename Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  rest::GetDetail(status, detail);
  return detail;
}

class ChangeTest : public ::testing::Test {
 protected:
  // A capture: keyed, and without a result.
  static om::PublishRequest Capture() {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    return request;
  }

  // Places an order: no key, with a result.
  static payments::v1::PublishRequest PlaceOrder() {
    payments::v1::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_create_order()->set_authorization_token("t1");
    request.mutable_create_order()->mutable_order()->set_order_amount(1);
    return request;
  }

  std::shared_ptr<PublishCaller> Begin(
      const std::string& service, const google::protobuf::Message& request) {
    auto caller = engine_.Publish(service, request.SerializeAsString());
    engine_.Continue(*caller);
    return caller;
  }

  absl::Status Capture(ScriptedAnswer answer) {
    engine_.transport().Answer(std::move(answer));
    return Begin(kOrderManagement, Capture())->status();
  }

  absl::Status PlaceOrder(ScriptedAnswer answer) {
    engine_.transport().Answer(std::move(answer));
    return Begin(kPayments, PlaceOrder())->status();
  }

  testing::EngineUnderTest engine_;
};

// The table of errors, as far as a change can meet it.

struct ErrorRow {
  std::string name;
  ScriptedAnswer answer;
  Code code;
  std::string reason;
  std::string domain;
  v1::Verdict verdict;
};

// A Klarna error object with this code.
std::string Error(const std::string& code) {
  return R"({"error_code":")" + code +
         R"(","error_messages":["m"],"correlation_id":"k1"})";
}

const std::vector<ErrorRow>& ErrorRows() {
  constexpr char kKlarna[] = "klarna.com";
  constexpr char kGateway[] = "gateway.klarna";
  constexpr char kCredentials[] = "UPSTREAM_CREDENTIALS_REJECTED";
  constexpr auto kRejected = v1::VERDICT_REJECTED;
  constexpr auto kUnknown = v1::VERDICT_UNKNOWN;
  constexpr auto kNotSent = v1::VERDICT_NOT_SENT;
  static const auto* const kRows = new std::vector<ErrorRow>{
      {"BadRequest", Whole(400, Error("BAD_VALUE")), Code::kInvalidArgument,
       "BAD_VALUE", kKlarna, kRejected},
      {"BadRequestWithoutAnObject", Whole(400), Code::kInvalidArgument,
       "UPSTREAM_BAD_REQUEST", kGateway, kRejected},
      {"TooLarge", Whole(413), Code::kInvalidArgument, "REQUEST_TOO_LARGE",
       kGateway, kRejected},
      {"Unprocessable", Whole(422, Error("INVALID")), Code::kInvalidArgument,
       "INVALID", kKlarna, kRejected},
      {"MethodNotAllowed", Whole(405), Code::kInvalidArgument,
       "UPSTREAM_REFUSED", kGateway, kRejected},
      {"WrongMediaType", Whole(415), Code::kInvalidArgument, "UPSTREAM_REFUSED",
       kGateway, kRejected},
      {"Credentials", Whole(401), Code::kFailedPrecondition, kCredentials,
       kGateway, kRejected},
      {"CredentialsWithAnObject", Whole(401, Error("UNAUTHORIZED")),
       Code::kFailedPrecondition, kCredentials, kGateway, kRejected},
      {"ForbiddenThatMeansCredentials", Whole(403, Error("UNAUTHORIZED")),
       Code::kFailedPrecondition, kCredentials, kGateway, kRejected},
      {"NotAllowed", Whole(403, Error("CAPTURE_NOT_ALLOWED")),
       Code::kFailedPrecondition, "CAPTURE_NOT_ALLOWED", kKlarna, kRejected},
      {"ReadOnly", Whole(403, Error("READ_ONLY_ORDER")),
       Code::kFailedPrecondition, "READ_ONLY_ORDER", kKlarna, kRejected},
      {"ForbiddenWithoutAnObject", Whole(403), Code::kPermissionDenied,
       "UPSTREAM_FORBIDDEN", kGateway, kRejected},
      {"ForbiddenByAProxy", Whole(403, "<html>no</html>"),
       Code::kPermissionDenied, "UPSTREAM_FORBIDDEN", kGateway, kRejected},
      {"NotFound", Whole(404, Error("NO_SUCH_ORDER")), Code::kNotFound,
       "NO_SUCH_ORDER", kKlarna, kRejected},
      {"NotFoundWithoutAnObject", Whole(404), Code::kNotFound,
       "UPSTREAM_NOT_FOUND", kGateway, kRejected},
      {"RateLimited", Whole(429), Code::kResourceExhausted,
       "UPSTREAM_RATE_LIMITED", kGateway, kRejected},
      {"Unresolved", Broken(TransferError::kResolve, false), Code::kUnavailable,
       "NOT_SENT", kGateway, kNotSent},
      {"NoConnection", Broken(TransferError::kConnect, false),
       Code::kUnavailable, "NOT_SENT", kGateway, kNotSent},
      {"NoTls", Broken(TransferError::kTls, false), Code::kUnavailable,
       "NOT_SENT", kGateway, kNotSent},
      {"Reset", Broken(TransferError::kReset, true), Code::kAborted,
       "OUTCOME_UNKNOWN", kGateway, kUnknown},
      {"TimedOut", Broken(TransferError::kTimeout, true), Code::kAborted,
       "OUTCOME_UNKNOWN", kGateway, kUnknown},
      {"NotHttp", Broken(TransferError::kMalformed, true), Code::kAborted,
       "OUTCOME_UNKNOWN", kGateway, kUnknown},
      {"RequestTimeout", Whole(408), Code::kAborted, "OUTCOME_UNKNOWN",
       kGateway, kUnknown},
      {"Redirect", Whole(302, "", {{"Location", "https://elsewhere.example"}}),
       Code::kAborted, "OUTCOME_UNKNOWN", kGateway, kUnknown},
      {"ServerError", Whole(500, Error("INTERNAL_SERVER_ERROR")),
       Code::kAborted, "OUTCOME_UNKNOWN", kGateway, kUnknown},
      {"BadGateway", Whole(502), Code::kAborted, "OUTCOME_UNKNOWN", kGateway,
       kUnknown},
      {"Unavailable", Whole(503), Code::kAborted, "OUTCOME_UNKNOWN", kGateway,
       kUnknown},
      {"GatewayTimeout", Whole(504), Code::kAborted, "OUTCOME_UNKNOWN",
       kGateway, kUnknown},
      {"ResetContent", Whole(205), Code::kAborted, "OUTCOME_UNKNOWN", kGateway,
       kUnknown},
      {"PartialContent", Whole(206, "{}"), Code::kAborted, "OUTCOME_UNKNOWN",
       kGateway, kUnknown},
      {"PageOfAProxy", Whole(200, "<html>welcome</html>"), Code::kAborted,
       "OUTCOME_UNKNOWN", kGateway, kUnknown},
  };
  return *kRows;
}

class ErrorRowTest : public ChangeTest,
                     public ::testing::WithParamInterface<ErrorRow> {};

TEST_P(ErrorRowTest, EndsAsTheTableSays) {
  const ErrorRow& row = GetParam();
  const absl::Status status = Capture(row.answer);
  EXPECT_EQ(status.code(), row.code) << status;
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.reason(), row.reason);
  EXPECT_EQ(info.domain(), row.domain);
  EXPECT_EQ(info.metadata().at("operation"), "order_management.create_capture");
  EXPECT_EQ(info.metadata().at("account"), "shop");
  const auto outcome = DetailOf<v1::Outcome>(status);
  EXPECT_EQ(outcome.verdict(), row.verdict);
  EXPECT_EQ(outcome.attempts(), 1);
  EXPECT_EQ(outcome.http_status(), row.answer.head.status);
  EXPECT_FALSE(outcome.idempotency_key().empty());
  EXPECT_EQ(outcome.evidence(), row.answer.head.status != 0
                                    ? v1::EVIDENCE_ANSWER
                                    : v1::EVIDENCE_UNSPECIFIED);
}

TEST_P(ErrorRowTest, LeaksNoBody) {
  const absl::Status status = Capture(GetParam().answer);
  EXPECT_THAT(rest::ToRpcStatus(status).ShortDebugString(),
              Not(HasSubstr("html")));
}

INSTANTIATE_TEST_SUITE_P(Rows, ErrorRowTest, ::testing::ValuesIn(ErrorRows()),
                         [](const auto& tested) { return tested.param.name; });

// A 409 says something else where Klarna knows the key.

TEST_F(ChangeTest, AConflictOfAKeyedChangeIsTheFirstAttemptUnderWay) {
  engine_.transport().Answer(Whole(409, Error("CONFLICT")));
  for (int i = 0; i < 2; ++i) engine_.transport().Answer(Whole(200, "[]"));
  const absl::Status status = Begin(kOrderManagement, Capture())->status();
  EXPECT_EQ(status.code(), Code::kAborted) << status;
  EXPECT_EQ(DetailOf<v1::Outcome>(status).verdict(), v1::VERDICT_UNKNOWN);
}

TEST_F(ChangeTest, AConflictOfAnyOtherChangeIsARefusal) {
  const absl::Status status = PlaceOrder(Whole(409, Error("CONFLICT")));
  EXPECT_EQ(status.code(), Code::kFailedPrecondition) << status;
  EXPECT_EQ(DetailOf<v1::Outcome>(status).verdict(), v1::VERDICT_REJECTED);
}

// A success must be what the API says.

TEST_F(ChangeTest, ASuccessWithoutItsResultIsUnknown) {
  for (const char* body :
       {"", "<html>", "[]", "null", "7", "{\"order_id\":\"a\"",
        "{\"order_id\":\"a\",\"order_id\":\"b\"}", "{} {}"}) {
    testing::EngineUnderTest engine;
    engine.transport().Answer(Whole(200, body));
    const auto caller =
        engine.Publish(kPayments, PlaceOrder().SerializeAsString());
    engine.executor().RunUntilIdle();
    EXPECT_EQ(caller->status().code(), Code::kAborted)
        << body << ": " << caller->status();
  }
}

TEST_F(ChangeTest, AnEmptySuccessIsAppliedWhereNoResultIsNeeded) {
  for (const int status : {200, 201, 202, 203, 204, 226}) {
    testing::EngineUnderTest engine;
    engine.transport().Answer(Whole(status, "", {{"Capture-Id", "c1"}}));
    const auto caller =
        engine.Publish(kOrderManagement, Capture().SerializeAsString());
    engine.executor().RunUntilIdle();
    ASSERT_TRUE(caller->finished()) << status;
    EXPECT_TRUE(caller->status().ok()) << status << caller->status();
  }
}

TEST_F(ChangeTest, JsonWhereNoneIsDocumentedIsKept) {
  engine_.transport().Answer(
      Whole(201, R"({"a":[1, 2]})", {{"Capture-Id", "c1"}}));
  const auto caller = Begin(kOrderManagement, Capture());
  ASSERT_TRUE(caller->status().ok()) << caller->status();
  om::PublishResponse response;
  ASSERT_TRUE(response.ParseFromString(caller->message()));
  ASSERT_EQ(response.unmapped_size(), 1);
  EXPECT_EQ(response.unmapped(0).pointer(), "");
  EXPECT_EQ(response.unmapped(0).json(), R"({"a":[1, 2]})");
  EXPECT_FALSE(response.unmapped(0).has_entity_index());
}

TEST_F(ChangeTest, ABodyThatBrokeOffIsUnknown) {
  ScriptedAnswer answer = Whole(200, R"({"order_id":"a"})");
  answer.result.error = TransferError::kTruncated;
  const absl::Status status = PlaceOrder(std::move(answer));
  EXPECT_EQ(status.code(), Code::kAborted) << status;
}

TEST_F(ChangeTest, HeadersThatCouldBreakOutAreNotPassedOn) {
  engine_.transport().Answer(Whole(201, "",
                                   {{"Capture-Id", "c1"},
                                    {"Location", std::string(1025, 'a')},
                                    {"Klarna-Correlation-Id", "k 1"}}));
  const auto caller = Begin(kOrderManagement, Capture());
  om::PublishResponse response;
  ASSERT_TRUE(response.ParseFromString(caller->message()));
  EXPECT_EQ(response.outcome().verdict(), v1::VERDICT_APPLIED);
  EXPECT_EQ(response.outcome().location(), "");
  EXPECT_EQ(response.outcome().correlation_id(), "");
}

// What the details say.

TEST_F(ChangeTest, BadValuesAreFieldViolations) {
  checkout::v3::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_create_order()->mutable_order()->set_order_amount(1);
  engine_.transport().Answer(
      Whole(400, R"({"error_code":"BAD_VALUE","error_messages":)"
                 R"(["Bad value: order_lines[0].total_tax_amount, )"
                 R"(purchase_currency"],"correlation_id":"k1"})"));
  const absl::Status status = Begin(kCheckout, request)->status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  const auto detail = DetailOf<google::rpc::BadRequest>(status);
  std::vector<std::string> fields;
  for (const auto& violation : detail.field_violations()) {
    fields.push_back(violation.field());
  }
  EXPECT_THAT(fields, ElementsAre("order_lines[0].total_tax_amount",
                                  "purchase_currency"));
}

TEST_F(ChangeTest, TextsOfKlarnaArriveByteForByte) {
  const absl::Status status = Capture(
      Whole(403,
            "{\"error_code\":\"CAPTURE_NOT_ALLOWED\",\"error_messages\":"
            "[\"Captured amount  is higher \\u2014 than 1\\u00a0000\","
            "\"\\\"q\\\"\\n\"],\"correlation_id\":\"k1\"}",
            {{"Klarna-Correlation-Id", "k2"}}));
  const auto error = DetailOf<v1::KlarnaError>(status);
  EXPECT_THAT(error.error_messages(),
              ElementsAre("Captured amount  is higher \xe2\x80\x94 than "
                          "1\xc2\xa0"
                          "000",
                          "\"q\"\n"));
  EXPECT_EQ(error.error_code(), "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(error.correlation_id(), "k1");
  EXPECT_EQ(error.http_status(), 403);
  EXPECT_EQ(DetailOf<v1::Outcome>(status).correlation_id(), "k2");
}

TEST_F(ChangeTest, TheRateLimitSaysHowLongToWait) {
  const absl::Status status = Capture(Whole(429, "", {{"Retry-After", "7"}}));
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(),
            7);
}

TEST_F(ChangeTest, AnUnknownOutcomeSaysWhetherToSendAgain) {
  const auto keyed =
      DetailOf<google::rpc::ErrorInfo>(Capture(Whole(500))).metadata();
  EXPECT_EQ(keyed.at("safe_to_resend"), "true");
  EXPECT_EQ(keyed.at("resend_before"), "2023-11-15T21:13:20+00:00");
  payments::v1::PublishRequest request;
  request.set_request_id(kId);
  auto& token = *request.mutable_create_customer_token();
  token.set_authorization_token("t1");
  token.mutable_customer_token()->set_locale("sv-SE");
  engine_.transport().Answer(Whole(500));
  const auto never =
      DetailOf<google::rpc::ErrorInfo>(Begin(kPayments, request)->status())
          .metadata();
  EXPECT_EQ(never.at("safe_to_resend"), "false");
  EXPECT_EQ(never.count("resend_before"), 0u);
}

// Credentials that have to be fetched.

// A token of POST /token, which a test may renew.
class TokenCredentials final : public auth::Credentials,
                               private auth::TokenExchange {
 public:
  const auth::TokenExchange* token_exchange() const override { return this; }

 private:
  auth::TokenRequest MakeRequest(runtime::Random&) const override {
    return {.url = "/token",
            .content_type = "text/plain",
            .accept = "text/plain",
            .body = auth::Secret("secret")};
  }
  absl::StatusOr<auth::Token> ReadAnswer(int http_status,
                                         std::string_view body) const override {
    if (http_status == 200) return auth::Token{auth::Secret(body)};
    return http_status == 401 ? absl::FailedPreconditionError("rejected")
                              : absl::UnavailableError("failed");
  }
};

class TokenTest : public ChangeTest {
 protected:
  TokenTest() { engine_.UseCredentials(std::make_shared<TokenCredentials>()); }

  std::string AuthorizationSent(size_t i) const {
    return std::string(http::FindHeader(
        engine_.transport().requests()[i].headers, "Authorization"));
  }
};

TEST_F(TokenTest, ATokenThatRanOutIsRenewedOnce) {
  for (ScriptedAnswer answer : {Whole(200, "Bearer 1"), Whole(401),
                                Whole(200, "Bearer 2"), Captured()}) {
    engine_.transport().Answer(std::move(answer));
  }
  const auto caller = Begin(kOrderManagement, Capture());
  ASSERT_TRUE(caller->status().ok()) << caller->status();
  om::PublishResponse response;
  ASSERT_TRUE(response.ParseFromString(caller->message()));
  EXPECT_EQ(response.outcome().attempts(), 2);
  EXPECT_EQ(AuthorizationSent(1), "Bearer 1");
  EXPECT_EQ(AuthorizationSent(3), "Bearer 2");
}

TEST_F(TokenTest, ATokenIsNotRenewedForEver) {
  for (ScriptedAnswer answer : {Whole(200, "Bearer 1"), Whole(401),
                                Whole(200, "Bearer 2"), Whole(401)}) {
    engine_.transport().Answer(std::move(answer));
  }
  const absl::Status status = Begin(kOrderManagement, Capture())->status();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition) << status;
  EXPECT_EQ(DetailOf<v1::Outcome>(status).verdict(), v1::VERDICT_REJECTED);
  EXPECT_EQ(engine_.transport().requests().size(), 4u);
}

TEST_F(TokenTest, WithoutATokenNothingIsSent) {
  const absl::Status status = Capture(Whole(500));
  EXPECT_EQ(status.code(), Code::kUnavailable) << status;
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "NOT_SENT");
  const auto outcome = DetailOf<v1::Outcome>(status);
  EXPECT_EQ(outcome.verdict(), v1::VERDICT_NOT_SENT);
  EXPECT_EQ(outcome.attempts(), 0);
  EXPECT_EQ(engine_.transport().requests().size(), 1u);
}

TEST_F(TokenTest, WithoutATokenAnEarlierOutcomeStaysUnknown) {
  // Nor is there one for the read that would tell.
  for (ScriptedAnswer answer : {Whole(200, "Bearer 1"), Whole(500), Whole(401),
                                Whole(503), Whole(503), Whole(503)}) {
    engine_.transport().Answer(std::move(answer));
  }
  Begin(kOrderManagement, Capture());
  const absl::Status status = Begin(kOrderManagement, Capture())->status();
  EXPECT_EQ(status.code(), Code::kAborted) << status;
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(),
            "OUTCOME_UNKNOWN");
  EXPECT_EQ(DetailOf<v1::Outcome>(status).verdict(), v1::VERDICT_UNKNOWN);
}

TEST_F(TokenTest, NothingIsBegunForACallerThatHasLeft) {
  const auto left = Begin(kOrderManagement, Capture());
  left->Leave();
  engine_.transport().Answer(Whole(200, "Bearer 1"));
  engine_.executor().RunUntilIdle();
  EXPECT_EQ(engine_.transport().requests().size(), 1u) << "only the token's";
  ASSERT_TRUE(left->finished());
  EXPECT_EQ(left->status().code(), Code::kUnavailable) << left->status();
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(left->status()).reason(),
            "NOT_SENT");
  EXPECT_EQ(DetailOf<v1::Outcome>(left->status()).verdict(),
            v1::VERDICT_NOT_SENT);
}

// Its caller may have gone to another replica, which may be about to send it.
TEST_F(TokenTest, WhatHasNoKeyIsNotBegunLate) {
  disputes::v4::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_accept_loss()->set_payment_dispute_id("d1");
  const auto caller = engine_.Publish("klarna.disputes.v4.DisputesService",
                                      request.SerializeAsString());
  engine_.executor().Advance(absl::Seconds(9));
  engine_.transport().Answer(Whole(200, "Bearer 1"));
  engine_.executor().RunUntilIdle();
  ASSERT_TRUE(caller->finished());
  EXPECT_EQ(DetailOf<v1::Outcome>(caller->status()).verdict(),
            v1::VERDICT_NOT_SENT);
  EXPECT_EQ(engine_.transport().requests().size(), 1u) << "only the token's";
}

TEST_F(TokenTest, ARefusalStaysOneWhenNoNewTokenCanBeHad) {
  for (ScriptedAnswer answer :
       {Whole(200, "Bearer 1"), Whole(401), Whole(503)}) {
    engine_.transport().Answer(std::move(answer));
  }
  const absl::Status status = Begin(kOrderManagement, Capture())->status();
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(),
            "UPSTREAM_CREDENTIALS_REJECTED");
  EXPECT_EQ(DetailOf<v1::Outcome>(status).verdict(), v1::VERDICT_REJECTED);
  EXPECT_EQ(DetailOf<v1::Outcome>(status).attempts(), 1);
}

}  // namespace
}  // namespace klarna::gateway
