// SPDX-License-Identifier: Apache-2.0
//
// The table of errors (README, "Errors") as a caller of Publish hears it: code,
// details and trailers, over gRPC and HTTP. What a row means for the change is
// tested in tests/service/gateway/change_test.cc.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/auth/uuid.h"
#include "service/sandbox/http_server.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;
using gateway::v1::Outcome;
using gateway::v1::Verdict;
using grpc::StatusCode;
using sandbox::Answer;
using sandbox::Delivery;
using sandbox::Header;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kKlarna[] = "klarna.com";
constexpr char kGateway[] = "gateway.klarna";
constexpr Verdict kNotSent = gateway::v1::VERDICT_NOT_SENT;
constexpr Verdict kRejected = gateway::v1::VERDICT_REJECTED;
constexpr Verdict kUnknown = gateway::v1::VERDICT_UNKNOWN;

// What the caller hears.
struct Heard {
  StatusCode code;
  std::string reason;
  std::string domain = kGateway;
  Verdict verdict = kRejected;
  // Of the RetryInfo, rounded up; nothing: there is none.
  std::optional<int> retry_seconds = {};
  std::vector<std::string> fields = {};  // Of the BadRequest.
};

int SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<int>(duration.seconds()) + (duration.nanos() > 0 ? 1 : 0);
}

void ExpectDetails(const grpc::Status& status, const Heard& heard) {
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  EXPECT_EQ(rpc.code(), heard.code);
  EXPECT_EQ(rpc.message(), status.error_message());
  EXPECT_LT(status.error_details().size(), 4096u);

  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.reason(), heard.reason);
  EXPECT_EQ(info.domain(), heard.domain);
  EXPECT_EQ(DetailOf<Outcome>(status).verdict(), heard.verdict);

  std::optional<int> retry_seconds;
  std::vector<std::string> fields;
  for (const auto& any : rpc.details()) {
    google::rpc::RetryInfo retry;
    google::rpc::BadRequest bad_request;
    if (any.UnpackTo(&retry)) retry_seconds = SecondsOf(retry.retry_delay());
    if (!any.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) {
      fields.push_back(violation.field());
      EXPECT_FALSE(violation.description().empty());
    }
  }
  EXPECT_EQ(retry_seconds, heard.retry_seconds);
  EXPECT_THAT(fields, ElementsAreArray(heard.fields));
}

// Client libraries and meshes must not repeat by themselves what may have
// happened: OUTCOME_UNKNOWN, and a key that Klarna knows for another content.
template <typename Result>
void ExpectPushback(const Result& result, bool expected) {
  const auto [begin, end] =
      result.trailers.equal_range("grpc-retry-pushback-ms");
  EXPECT_EQ(std::distance(begin, end), expected ? 1 : 0);
  for (auto trailer = begin; trailer != end; ++trailer) {
    EXPECT_EQ(trailer->second, "-1");
  }
}

template <typename Result>
void ExpectHeard(const Result& result, const Heard& heard) {
  EXPECT_EQ(result.status.error_code(), heard.code)
      << result.status.error_message();
  ExpectDetails(result.status, heard);
  ExpectPushback(result, heard.code == StatusCode::ABORTED);
}

Answer Whole(int status, std::string body = "",
             std::vector<Header> headers = {}) {
  Answer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return answer;
}

// Answers all changes alike, and all reads, and counts them.
class ScriptedUpstream {
 public:
  ScriptedUpstream() {
    auto server = sandbox::HttpServer::Start(0, [this](const auto& request) {
      ++requests_;
      const std::lock_guard<std::mutex> lock(mutex_);
      return request.method == "GET" ? read_ : change_;
    });
    server_ = *std::move(server);
  }

  std::string address() const {
    return "127.0.0.1:" + std::to_string(server_->port());
  }
  std::string url() const { return "http://" + address(); }
  int requests() const { return requests_; }

  void AnswerChanges(Answer answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    change_ = std::move(answer);
  }
  void AnswerReads(Answer answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    read_ = std::move(answer);
  }

 private:
  std::atomic<int> requests_ = 0;
  std::mutex mutex_;
  Answer change_ = Whole(201, "", {{"Capture-Id", "c1"}});
  Answer read_ = Whole(200, "[]");
  std::unique_ptr<sandbox::HttpServer> server_;  // Last: uses the others.
};

// A Klarna error object.
Answer Refusal(int status, const std::string& code,
               const std::string& message = "m") {
  return Whole(status, R"({"error_code":")" + code +
                           R"(","error_messages":[")" + message +
                           R"("],"correlation_id":"k1"})");
}

Answer Cut(Delivery delivery) {
  Answer answer = Whole(201, "{\"a\":\"some body\"}", {{"Capture-Id", "c1"}});
  answer.delivery = delivery;
  return answer;
}

class ErrorsOnTheWireTest : public ::testing::Test {
 protected:
  // One attempt for each call, so that an answer is one outcome.
  void StartGateway(
      const std::function<void(config::Config&)>& adjust = nullptr) {
    gateway_ = std::make_unique<GatewayUnderTest>(
        upstream_.url(), [&](config::Config& config) {
          config.limits.read_attempts = 1;
          if (adjust) adjust(config);
        });
  }

  om::PublishRequest Capture() {
    om::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    return request;
  }

  UnaryResult<om::PublishResponse> Call(
      const om::PublishRequest& request,
      absl::Duration deadline = absl::InfiniteDuration()) {
    return Publish<om::PublishResponse>(gateway_->channel(), kOrderManagement,
                                        request, deadline);
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  ScriptedUpstream upstream_;
  std::unique_ptr<GatewayUnderTest> gateway_;
};

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

class OverloadedTest : public ErrorsOnTheWireTest {
 protected:
  // What the second of two changes hears when there may be one at a time.
  void ExpectSecondIsRefused(
      const std::function<void(config::Config&)>& one_at_a_time,
      Verdict verdict) {
    Answer slow = Whole(201, "", {{"Capture-Id", "c1"}});
    slow.delay = absl::Seconds(1);
    upstream_.AnswerChanges(slow);
    StartGateway(one_at_a_time);
    std::thread first([this] { EXPECT_TRUE(Call(Capture()).status.ok()); });
    while (upstream_.requests() == 0) std::this_thread::yield();
    ExpectHeard(Call(Capture()), {.code = StatusCode::RESOURCE_EXHAUSTED,
                                  .reason = "OVERLOADED",
                                  .verdict = verdict,
                                  .retry_seconds = 1});
    EXPECT_EQ(upstream_.requests(), 1);
    first.join();
  }
};

// Refused before it is looked at.
TEST_F(OverloadedTest, MoreChangesThanThisReplicaTakes) {
  ExpectSecondIsRefused(
      [](config::Config& config) { config.limits.max_changes = 1; }, kNotSent);
}

// The first call's change happened, so the second one must not be told that
// nothing was sent.
TEST_F(OverloadedTest, AResendThatThereIsNoRoomForIsUnknown) {
  StartGateway([](config::Config& config) { config.limits.max_changes = 1; });
  const om::PublishRequest made = Capture();
  EXPECT_TRUE(Call(made).status.ok());
  Answer slow = Whole(201, "", {{"Capture-Id", "c2"}});
  slow.delay = absl::Seconds(1);
  upstream_.AnswerChanges(slow);
  std::thread other([this] { EXPECT_TRUE(Call(Capture()).status.ok()); });
  while (upstream_.requests() < 2) std::this_thread::yield();
  ExpectHeard(Call(made), {.code = StatusCode::RESOURCE_EXHAUSTED,
                           .reason = "OVERLOADED",
                           .verdict = kUnknown,
                           .retry_seconds = 1});
  other.join();
}

TEST_F(OverloadedTest, MoreRequestsThanTheMerchantMayHaveUnderWay) {
  ExpectSecondIsRefused(
      [](config::Config& config) { config.limits.max_concurrency = 1; },
      kNotSent);
}

TEST_F(ErrorsOnTheWireTest, ADeadlineThatIsTooNearIsDeadlineExceeded) {
  StartGateway();
  ExpectHeard(Call(Capture(), absl::Milliseconds(900)),
              {.code = StatusCode::DEADLINE_EXCEEDED,
               .reason = "DEADLINE",
               .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AnotherContentUnderTheSameIdIsRefused) {
  StartGateway();
  om::PublishRequest request = Capture();
  EXPECT_TRUE(Call(request).status.ok());
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(2);
  ExpectHeard(Call(request), {.code = StatusCode::INVALID_ARGUMENT,
                              .reason = "IDEMPOTENCY_KEY_REUSED",
                              .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 1);
}

// Another replica sent another content under the id, so Klarna answers for that
// one. Nothing of this change happened, but something did.
TEST_F(ErrorsOnTheWireTest, AKeyThatKlarnaKnowsForAnotherContentIsAborted) {
  upstream_.AnswerChanges(Whole(201, "", {{"Capture-Id", "c1"}}));
  upstream_.AnswerReads(
      Whole(200, R"([{"capture_id":"c1","captured_amount":7}])"));
  StartGateway();
  om::PublishRequest request = Capture();
  request.set_request_id("basket-1");
  request.mutable_first_attempt_at()->set_seconds(
      absl::ToUnixSeconds(clock_.WallNow()) - 60);
  ExpectHeard(Call(request), {.code = StatusCode::ABORTED,
                              .reason = "IDEMPOTENCY_KEY_REUSED",
                              .verdict = kRejected});
}

TEST_F(ErrorsOnTheWireTest, AnIdThatKlarnaMayHaveForgottenIsNotSent) {
  StartGateway();
  om::PublishRequest request = Capture();
  request.set_request_id("basket-1");
  request.mutable_first_attempt_at()->set_seconds(
      absl::ToUnixSeconds(clock_.WallNow() - absl::Hours(24)));
  upstream_.AnswerChanges(Whole(500));
  ExpectHeard(Call(request), {.code = StatusCode::FAILED_PRECONDITION,
                              .reason = "REQUEST_ID_EXPIRED",
                              .verdict = kUnknown});
}

// Bad calls: nothing is sent.

struct BadCall {
  std::string name;
  std::string request;  // Text of a PublishRequest; without an id, one is made.
  Heard heard;
};

Heard BadField(const std::string& field, Verdict verdict = kNotSent) {
  return {.code = StatusCode::INVALID_ARGUMENT,
          .reason = "BAD_REQUEST",
          .verdict = verdict,
          .fields = {field}};
}

const std::vector<BadCall>& BadCalls() {
  static const auto* const kCalls = new std::vector<BadCall>{
      {"NoOperation", "", BadField("operation")},
      {"NoPathField", "create_capture { capture { captured_amount: 1 } }",
       BadField("create_capture.order_id")},
      {"DottedPathField", "acknowledge_order { order_id: '..' }",
       BadField("acknowledge_order.order_id")},
      {"UnknownAccount",
       "options { account: 'x' } acknowledge_order { order_id: 'o' }",
       BadField("options.account")},
      {"UnknownTransformer",
       "options { transformer: 'x' } acknowledge_order { order_id: 'o' }",
       BadField("options.transformer")},
      {"UnmappedWithoutABody",
       "unmapped { pointer: '/a' json: '1' }"
       "acknowledge_order { order_id: 'o' }",
       BadField("unmapped")},
      {"IdThatIsTooLong",
       "request_id: '" + std::string(65, 'a') +
           "' acknowledge_order { order_id: 'o' }",
       BadField("request_id")},
      {"IdWithoutItsTime",
       "request_id: 'basket-1' acknowledge_order { order_id: 'o' }",
       // An earlier call may have had its time.
       BadField("first_attempt_at", kUnknown)},
      {"RawCallThatIsNotAllowed",
       "raw { method: 'POST' path: '/ordermanagement/v1/x' }",
       {.code = StatusCode::PERMISSION_DENIED,
        .reason = "RAW_CALLS_OFF",
        .verdict = kNotSent}},
      {"TooLarge",
       "create_capture { order_id: 'o' capture { description: '" +
           std::string(1 << 20, 'a') + "' } }",
       {.code = StatusCode::INVALID_ARGUMENT,
        .reason = "REQUEST_TOO_LARGE",
        .verdict = kNotSent}},
  };
  return *kCalls;
}

class BadCallTest : public ErrorsOnTheWireTest,
                    public ::testing::WithParamInterface<BadCall> {};

TEST_P(BadCallTest, IsRefusedBeforeAnythingIsSent) {
  StartGateway(
      [](config::Config& config) { config.accounts[0].raw_calls = false; });
  om::PublishRequest request;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(GetParam().request,
                                                            &request));
  if (request.request_id().empty()) {
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  }
  ExpectHeard(Call(request), GetParam().heard);
  EXPECT_EQ(upstream_.requests(), 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, BadCallTest, ::testing::ValuesIn(BadCalls()),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(ErrorsOnTheWireTest, AMissingIdIsNamed) {
  StartGateway();
  om::PublishRequest request = Capture();
  request.clear_request_id();
  ExpectHeard(Call(request), BadField("request_id"));
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AReadOnlyFieldIsNamed) {
  StartGateway();
  payments::v1::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_create_order()->set_authorization_token("t1");
  request.mutable_create_order()->mutable_order()->set_status("complete");
  ExpectHeard(
      Publish<payments::v1::PublishResponse>(
          gateway_->channel(), "klarna.payments.v1.PaymentsService", request),
      BadField("create_order.order.status"));
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AHeaderThatWouldBreakOutIsNamed) {
  StartGateway();
  disputes::v4::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_accept_loss()->set_payment_dispute_id("d1");
  request.mutable_accept_loss()->set_partner_correlation_id("a\r\nX-Evil: 1");
  ExpectHeard(
      Publish<disputes::v4::PublishResponse>(
          gateway_->channel(), "klarna.disputes.v4.DisputesService", request),
      BadField("accept_loss.partner_correlation_id"));
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AnUnknownFieldIsUnimplemented) {
  StartGateway();
  om::PublishRequest request = Capture();
  om::PublishRequest::GetReflection()
      ->MutableUnknownFields(&request)
      ->AddVarint(999, 1);
  ExpectHeard(Call(request), {.code = StatusCode::UNIMPLEMENTED,
                              .reason = "UNKNOWN_FIELD",
                              .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 0);
}

// gRPC itself refuses it, with a bare status.
TEST_F(ErrorsOnTheWireTest, ARequestOfEightMebibytesIsResourceExhausted) {
  StartGateway();
  om::PublishRequest request = Capture();
  request.mutable_create_capture()->mutable_capture()->set_description(
      std::string(size_t{8} << 20, 'a'));
  const auto result = Call(request);
  EXPECT_EQ(result.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(result.status.error_details(), "");
  EXPECT_EQ(upstream_.requests(), 0);
}

}  // namespace
}  // namespace klarna::testing
