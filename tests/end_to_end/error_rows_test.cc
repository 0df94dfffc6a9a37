// SPDX-License-Identifier: Apache-2.0
//
// The table of errors (README, "Errors") as a caller of Publish hears it: code,
// details and trailers, over gRPC and HTTP. What a row means for the change is
// tested in tests/service/gateway/change_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "tests/end_to_end/errors_on_the_wire.h"

namespace klarna::testing::errors {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKlarna[] = "klarna.com";

// What comes back from Klarna, or does not.

struct ErrorRow {
  std::string name;
  Answer answer;
  Heard heard;
};

Heard OutcomeUnknown() {
  return {.code = StatusCode::ABORTED,
          .reason = "OUTCOME_UNKNOWN",
          .verdict = kUnknown,
          .retry_seconds = 10};
}

const std::vector<ErrorRow>& ErrorRows() {
  constexpr char kCredentials[] = "UPSTREAM_CREDENTIALS_REJECTED";
  static const auto* const kRows = new std::vector<ErrorRow>{
      {"BadRequest",
       Refusal(400, "BAD_VALUE"),
       {StatusCode::INVALID_ARGUMENT, "BAD_VALUE", kKlarna}},
      {"BadValueOfAField",
       Refusal(400, "BAD_VALUE", "Bad value: order_lines[0].total_tax_amount"),
       {.code = StatusCode::INVALID_ARGUMENT,
        .reason = "BAD_VALUE",
        .domain = kKlarna,
        .fields = {"order_lines[0].total_tax_amount"}}},
      {"BadRequestWithoutAnObject",
       Whole(400),
       {StatusCode::INVALID_ARGUMENT, "UPSTREAM_BAD_REQUEST"}},
      {"TooLargeForKlarna",
       Whole(413),
       {StatusCode::INVALID_ARGUMENT, "REQUEST_TOO_LARGE"}},
      {"Unprocessable",
       Refusal(422, "INVALID"),
       {StatusCode::INVALID_ARGUMENT, "INVALID", kKlarna}},
      {"AnyOtherRefusal",
       Whole(415),
       {StatusCode::INVALID_ARGUMENT, "UPSTREAM_REFUSED"}},
      {"Credentials",
       Whole(401),
       {StatusCode::FAILED_PRECONDITION, kCredentials}},
      {"ForbiddenThatMeansCredentials",
       Refusal(403, "UNAUTHORIZED"),
       {StatusCode::FAILED_PRECONDITION, kCredentials}},
      {"NotAllowed",
       Refusal(403, "CAPTURE_NOT_ALLOWED"),
       {StatusCode::FAILED_PRECONDITION, "CAPTURE_NOT_ALLOWED", kKlarna}},
      {"ForbiddenWithoutAnObject",
       Whole(403, "<html>no</html>"),
       {StatusCode::PERMISSION_DENIED, "UPSTREAM_FORBIDDEN"}},
      {"NotFound",
       Refusal(404, "NO_SUCH_ORDER"),
       {StatusCode::NOT_FOUND, "NO_SUCH_ORDER", kKlarna}},
      {"NotFoundUnder400",
       Refusal(400, "NOT_FOUND"),
       {StatusCode::NOT_FOUND, "NOT_FOUND", kKlarna}},
      {"RateLimited",
       Whole(429),
       {.code = StatusCode::RESOURCE_EXHAUSTED,
        .reason = "UPSTREAM_RATE_LIMITED",
        .retry_seconds = 1}},
      {"RateLimitedWithAHint",
       Whole(429, "", {{"Retry-After", "7"}}),
       {.code = StatusCode::RESOURCE_EXHAUSTED,
        .reason = "UPSTREAM_RATE_LIMITED",
        .retry_seconds = 7}},
      // Klarna has the key; another attempt with it may be under way.
      {"ConflictOfAKey", Refusal(409, "CONFLICT"), OutcomeUnknown()},
      {"RequestTimeout", Whole(408), OutcomeUnknown()},
      {"Redirect", Whole(302, "", {{"Location", "https://elsewhere.example"}}),
       OutcomeUnknown()},
      {"ServerError", Refusal(500, "INTERNAL_SERVER_ERROR"), OutcomeUnknown()},
      {"BadGateway", Whole(502, "<html>bad</html>"), OutcomeUnknown()},
      {"Unavailable", Whole(503), OutcomeUnknown()},
      {"GatewayTimeout", Whole(504), OutcomeUnknown()},
      {"PartOfAnAnswer", Whole(206, "{}"), OutcomeUnknown()},
      {"PageOfAProxy", Whole(200, "<html>welcome</html>"), OutcomeUnknown()},
      {"Reset", Cut(Delivery::kReset), OutcomeUnknown()},
      {"Closed", Cut(Delivery::kNone), OutcomeUnknown()},
      {"Truncated", Cut(Delivery::kTruncated), OutcomeUnknown()},
      {"Unfinished", Cut(Delivery::kUnfinished), OutcomeUnknown()},
  };
  return *kRows;
}

class ErrorRowTest : public ErrorsOnTheWireTest,
                     public ::testing::WithParamInterface<ErrorRow> {};

TEST_P(ErrorRowTest, IsHeardAsTheTableSays) {
  const ErrorRow& row = GetParam();
  upstream_.AnswerChanges(row.answer);
  StartGateway();
  const auto result = Call(Capture());
  ExpectHeard(result, row.heard);

  const auto info = DetailOf<google::rpc::ErrorInfo>(result.status);
  EXPECT_EQ(info.metadata().at("operation"), "order_management.create_capture");
  EXPECT_EQ(info.metadata().at("account"), "sandbox");
  const auto outcome = DetailOf<Outcome>(result.status);
  EXPECT_EQ(outcome.attempts(), 1);
  EXPECT_FALSE(outcome.idempotency_key().empty());
  EXPECT_EQ(outcome.http_status(),
            row.answer.delivery == Delivery::kWhole ? row.answer.status : 0);
  EXPECT_THAT(result.status.error_message() + result.status.error_details(),
              Not(HasSubstr("html")));
}

INSTANTIATE_TEST_SUITE_P(Rows, ErrorRowTest, ::testing::ValuesIn(ErrorRows()),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(ErrorsOnTheWireTest, WhatWorksHasNoTrailerAgainstRepeating) {
  StartGateway();
  const auto result = Call(Capture());
  EXPECT_TRUE(result.status.ok()) << result.status.error_message();
  ExpectPushback(result, false);
}

TEST_F(ErrorsOnTheWireTest, AConflictWithoutAKeyIsARefusal) {
  upstream_.AnswerChanges(Refusal(409, "CONFLICT"));
  StartGateway();
  payments::v1::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_create_order()->set_authorization_token("t1");
  request.mutable_create_order()->mutable_order()->set_order_amount(1);
  ExpectHeard(
      Publish<payments::v1::PublishResponse>(
          gateway_->channel(), "klarna.payments.v1.PaymentsService", request),
      {StatusCode::FAILED_PRECONDITION, "CONFLICT", kKlarna});
}

// What may not be sent again says so, and does not say when to.
TEST_F(ErrorsOnTheWireTest, WhatMustNotBeRepeatedHasNoRetryInfo) {
  upstream_.AnswerChanges(Whole(500));
  StartGateway();
  payments::v1::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  auto& token = *request.mutable_create_customer_token();
  token.set_authorization_token("t1");
  token.mutable_customer_token()->set_locale("sv-SE");
  const auto result = Publish<payments::v1::PublishResponse>(
      gateway_->channel(), "klarna.payments.v1.PaymentsService", request);
  ExpectHeard(result, {.code = StatusCode::ABORTED,
                       .reason = "OUTCOME_UNKNOWN",
                       .verdict = kUnknown});
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(result.status)
                .metadata()
                .at("safe_to_resend"),
            "false");
}

// No byte of the change leaves.

class NotSentTest : public ErrorsOnTheWireTest,
                    public ::testing::WithParamInterface<const char*> {};

TEST_P(NotSentTest, SaysThatNothingWasExecuted) {
  StartGateway([this](config::Config& config) {
    config.accounts[0].endpoint.base_uri =
        std::string(GetParam()) == "NoConnection"
            ? "http://127.0.0.1:1"
            : "https://" + upstream_.address();
  });
  ExpectHeard(Call(Capture()), {.code = StatusCode::UNAVAILABLE,
                                .reason = "NOT_SENT",
                                .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 0);
}

INSTANTIATE_TEST_SUITE_P(Upstreams, NotSentTest,
                         ::testing::Values("NoConnection", "NoTls"),
                         [](const auto& tested) {
                           return std::string(tested.param);
                         });

TEST_F(ErrorsOnTheWireTest, AnOpenBreakerIsUnavailable) {
  constexpr int kEnoughToOpen = 20;
  upstream_.AnswerChanges(Whole(503));
  StartGateway();
  for (int i = 0; i < kEnoughToOpen; ++i) Call(Capture());
  const int before = upstream_.requests();
  ExpectHeard(Call(Capture()), {.code = StatusCode::UNAVAILABLE,
                                .reason = "BREAKER_OPEN",
                                .verdict = kNotSent,
                                .retry_seconds = 1});
  EXPECT_EQ(upstream_.requests(), before);
}

TEST_F(ErrorsOnTheWireTest, AUsedUpQuotaIsResourceExhausted) {
  upstream_.AnswerChanges(Whole(429, "", {{"Retry-After", "30"}}));
  StartGateway();
  Call(Capture());
  ExpectHeard(Call(Capture()), {.code = StatusCode::RESOURCE_EXHAUSTED,
                                .reason = "QUOTA_EXHAUSTED",
                                .verdict = kNotSent,
                                .retry_seconds = 30});
  EXPECT_EQ(upstream_.requests(), 1);
}

}  // namespace
}  // namespace klarna::testing::errors
