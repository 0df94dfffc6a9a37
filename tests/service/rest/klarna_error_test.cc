// SPDX-License-Identifier: Apache-2.0
#include "service/rest/klarna_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "service/http/transport.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

using Code = absl::StatusCode;
using google::rpc::BadRequest;
using google::rpc::ErrorInfo;
using google::rpc::RetryInfo;
using ::klarna::gateway::v1::KlarnaError;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// 00:16:40 on the first Thursday of 1970.
const absl::Time kNow = absl::FromUnixSeconds(1000);

absl::Status Map(absl::string_view domain, int http_status,
                 const std::string& body, const http::Headers& headers = {}) {
  static const KlarnaErrorMapper mapper;
  const std::string label = absl::StrCat(domain, ".get_order");
  return mapper.Map({label, domain, "shop"},
                    {http_status, headers, body, kNow});
}

// An error object as Klarna sends it.
std::string Error(absl::string_view code) {
  return absl::StrCat(R"({"correlation_id":"7f2a","error_code":")", code,
                      R"(","error_messages":["Some words."]})");
}

struct Row {
  std::string name;
  std::string domain;
  int http_status;
  std::string body;
  Code code;
  std::string reason;
  std::string reason_domain;
};

class KlarnaErrorTableTest : public ::testing::TestWithParam<Row> {};

TEST_P(KlarnaErrorTableTest, MapsTo) {
  const Row& row = GetParam();
  const absl::Status status = Map(row.domain, row.http_status, row.body);
  EXPECT_EQ(status.code(), row.code) << status;
  ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.reason(), row.reason);
  EXPECT_EQ(info.domain(), row.reason_domain);
  EXPECT_EQ(info.metadata().at("http_status"), absl::StrCat(row.http_status));
  EXPECT_EQ(info.metadata().at("operation"), row.domain + ".get_order");
  EXPECT_EQ(info.metadata().at("account"), "shop");
  KlarnaError error;
  ASSERT_TRUE(GetDetail(status, error));
  EXPECT_EQ(error.http_status(), row.http_status);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("HTTP ", row.http_status)));
}

const std::string kOm = "order_management";
const std::string kKlarna = "klarna.com";
const std::string kGateway = "gateway.klarna";
const std::string kCredentials = "UPSTREAM_CREDENTIALS_REJECTED";
const std::string kNginxPage =
    "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n"
    "<body><hr><center>nginx</center></body></html>";
const std::string kTomcatPage =
    "<!doctype html><html lang=\"en\"><head><title>HTTP Status 400 "
    "\xE2\x80\x93 "
    "Bad Request</title></head><body><h1>HTTP Status 400</h1></body></html>";
const std::string kSpringError =
    R"({"timestamp":"2021-10-04T15:08:59.000+00:00","status":404,)"
    R"("error":"Not Found","message":"No message available",)"
    R"("path":"/merchants/K123456/orders/"})";

INSTANTIATE_TEST_SUITE_P(
    Read, KlarnaErrorTableTest,
    ::testing::ValuesIn(std::vector<Row>{
        {"BadValue", "payments", 400, Error("BAD_VALUE"),
         Code::kInvalidArgument, "BAD_VALUE", kKlarna},
        {"BadRequestWithoutCode", kOm, 400, "{}", Code::kInvalidArgument,
         "UPSTREAM_BAD_REQUEST", kGateway},
        {"NotFoundUnder400", kOm, 400, Error("NOT_FOUND"), Code::kNotFound,
         "NOT_FOUND", kKlarna},
        {"NotFoundUnder400Elsewhere", "payments", 400, Error("NOT_FOUND"),
         Code::kInvalidArgument, "NOT_FOUND", kKlarna},
        {"NoCancelRequest", "merchant_card_service", 400,
         R"({"status":"NO_REQUEST_FOUND","reason_code":"NO_REQUEST",)"
         R"("reason_message":"There is none."})",
         Code::kInvalidArgument, "NO_REQUEST", kKlarna},
        {"IntegratorRefuses", "shipping_service_callback", 400,
         R"({"failure_reason":"shipping_option_not_available"})",
         Code::kInvalidArgument, "UPSTREAM_BAD_REQUEST", kGateway},
        {"TomcatPage", kOm, 400, kTomcatPage, Code::kInvalidArgument,
         "UPSTREAM_BAD_REQUEST", kGateway},
        {"TooLarge", kOm, 413, Error("REQUEST_TOO_LARGE"),
         Code::kInvalidArgument, "REQUEST_TOO_LARGE", kGateway},
        {"TooLargeFromAProxy", kOm, 413, "<html>413</html>",
         Code::kInvalidArgument, "REQUEST_TOO_LARGE", kGateway},
        {"Unprocessable", kOm, 422, Error("UNPROCESSABLE_ENTITY"),
         Code::kInvalidArgument, "UNPROCESSABLE_ENTITY", kKlarna},
        {"UnknownClientError", kOm, 418, "", Code::kInvalidArgument,
         "UPSTREAM_REFUSED", kGateway},
        {"MethodNotAllowed", kOm, 405, "", Code::kInvalidArgument,
         "UPSTREAM_REFUSED", kGateway},

        {"Unauthorized", "payments", 401, Error("UNAUTHORIZED"),
         Code::kFailedPrecondition, kCredentials, kGateway},
        {"UnauthorizedNginxPage", "payments", 401, kNginxPage,
         Code::kFailedPrecondition, kCredentials, kGateway},
        {"UnauthorizedEmpty", "checkout", 401, "", Code::kFailedPrecondition,
         kCredentials, kGateway},
        {"UnauthorizedWithoutCode", "payments", 401,
         R"({"http_status_code":401,"internal_message":"key 12 unknown"})",
         Code::kFailedPrecondition, kCredentials, kGateway},
        {"ForbiddenMeansCredentials", "payments", 403,
         Error("PERMISSION_DENIED"), Code::kFailedPrecondition, kCredentials,
         kGateway},
        {"ForbiddenUnauthorized", "payments", 403, Error("UNAUTHORIZED"),
         Code::kFailedPrecondition, kCredentials, kGateway},
        {"DisputesForbidden", "disputes", 403, Error("OPERATION_FORBIDDEN"),
         Code::kFailedPrecondition, kCredentials, kGateway},
        {"OperationForbiddenElsewhere", kOm, 403, Error("OPERATION_FORBIDDEN"),
         Code::kFailedPrecondition, "OPERATION_FORBIDDEN", kKlarna},

        {"CaptureNotAllowed", kOm, 403, Error("CAPTURE_NOT_ALLOWED"),
         Code::kFailedPrecondition, "CAPTURE_NOT_ALLOWED", kKlarna},
        {"ReadOnlyOrder", "checkout", 403, Error("READ_ONLY_ORDER"),
         Code::kFailedPrecondition, "READ_ONLY_ORDER", kKlarna},
        {"MerchantInactive", "payments", 403, Error("MERCHANT_INACTIVE"),
         Code::kFailedPrecondition, "MERCHANT_INACTIVE", kKlarna},
        {"ForbiddenWithMessagesOnly", kOm, 403, R"({"error_messages":["No."]})",
         Code::kFailedPrecondition, "UPSTREAM_FORBIDDEN", kGateway},
        {"Conflict", kOm, 409, Error("CONFLICT"), Code::kFailedPrecondition,
         "CONFLICT", kKlarna},
        {"ConflictWithoutObject", kOm, 409, "", Code::kFailedPrecondition,
         "UPSTREAM_CONFLICT", kGateway},

        {"ForbiddenWithoutObject", "payments", 403, "", Code::kPermissionDenied,
         "UPSTREAM_FORBIDDEN", kGateway},
        {"ForbiddenPage", "payments", 403, "<html>go away</html>",
         Code::kPermissionDenied, "UPSTREAM_FORBIDDEN", kGateway},
        {"ForbiddenForeignObject", kOm, 403, R"({"test":"test"})",
         Code::kPermissionDenied, "UPSTREAM_FORBIDDEN", kGateway},

        {"NoSuchOrder", kOm, 404, Error("NO_SUCH_ORDER"), Code::kNotFound,
         "NO_SUCH_ORDER", kKlarna},
        {"NotFoundEmpty", "checkout", 404, "", Code::kNotFound,
         "UPSTREAM_NOT_FOUND", kGateway},
        {"NotFoundSpring", kOm, 404, kSpringError, Code::kNotFound,
         "UPSTREAM_NOT_FOUND", kGateway},

        {"RateLimited", kOm, 429, Error("TOO_MANY_REQUESTS"),
         Code::kResourceExhausted, "TOO_MANY_REQUESTS", kKlarna},
        {"RateLimitedEnvoy", "payments", 429, "", Code::kResourceExhausted,
         "UPSTREAM_RATE_LIMITED", kGateway},

        {"Redirect", kOm, 302, "", Code::kUnavailable, "UPSTREAM_FAILED",
         kGateway},
        {"PermanentRedirect", kOm, 308, "", Code::kUnavailable,
         "UPSTREAM_FAILED", kGateway},
        {"RequestTimeout", kOm, 408, "", Code::kUnavailable, "UPSTREAM_FAILED",
         kGateway},
        {"InternalServerError", kOm, 500, Error("INTERNAL_SERVER_ERROR"),
         Code::kUnavailable, "UPSTREAM_FAILED", kGateway},
        {"Timeout", "payments", 500, Error("TIMEOUT"), Code::kUnavailable,
         "UPSTREAM_FAILED", kGateway},
        {"BadGatewayPage", kOm, 502, "<html>502</html>", Code::kUnavailable,
         "UPSTREAM_FAILED", kGateway},
        {"TemporarilyUnavailable", kOm, 503, Error("TEMPORARILY_UNAVAILABLE"),
         Code::kUnavailable, "UPSTREAM_FAILED", kGateway},
        {"GatewayTimeout", "checkout", 504, "", Code::kUnavailable,
         "UPSTREAM_FAILED", kGateway},
        {"UndocumentedServerError", kOm, 599, "", Code::kUnavailable,
         "UPSTREAM_FAILED", kGateway},
    }),
    [](const auto& row) { return row.param.name; });

TEST(KlarnaErrorTest, HintsAtWhyCredentialsAreRejected) {
  EXPECT_THAT(std::string(Map("payments", 401, kNginxPage).message()),
              HasSubstr("another region"));
}

TEST(KlarnaErrorTest, KeepsKlarnasTextsByteForByte) {
  const absl::Status status = Map(
      kOm, 403,
      R"({"error_code":"CAPTURE_NOT_ALLOWED","correlation_id":"7f2a",)"
      R"("error_messages":["Captured amount 5000 \u20ac is higher.","\u00e5"]})");
  KlarnaError error;
  ASSERT_TRUE(GetDetail(status, error));
  EXPECT_THAT(
      error.error_messages(),
      ElementsAre("Captured amount 5000 \xE2\x82\xAC is higher.", "\xC3\xA5"));
  EXPECT_EQ(error.error_code(), "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(error.correlation_id(), "7f2a");
  EXPECT_FALSE(error.truncated());
}

TEST(KlarnaErrorTest, KeepsThePaymentMethodThatWasRefused) {
  for (const char* member :
       {"authorized_payment_method", "authorized_payment_method_v1"}) {
    const absl::Status status =
        Map("customer_token", 403,
            absl::StrCat(R"({"error_code":"PAYMENT_METHOD_FAILED",")", member,
                         R"(":{"type":"card"},"fraud_status":"REJECTED"})"));
    KlarnaError error;
    ASSERT_TRUE(GetDetail(status, error));
    EXPECT_EQ(error.authorized_payment_method(), R"({"type":"card"})");
    EXPECT_EQ(error.fraud_status(), "REJECTED");
  }
}

// A body must not be able to claim what only the gateway knows.
TEST(KlarnaErrorTest, TakesTheStatusFromTheWireOnly) {
  const absl::Status status = Map(
      kOm, 404,
      R"({"http_status":200,"truncated":true,"error_code":"NO_SUCH_ORDER"})");
  KlarnaError error;
  ASSERT_TRUE(GetDetail(status, error));
  EXPECT_EQ(error.http_status(), 404);
  EXPECT_FALSE(error.truncated());
}

TEST(KlarnaErrorTest, LeaksNothingOfAForeignBody) {
  struct Case {
    int http_status;
    std::string body;
    std::string secret;
  };
  const Case cases[] = {
      {401, kNginxPage, "nginx"},
      {400, kTomcatPage, "doctype"},
      {404, kSpringError, "K123456"},
      {500, "Traceback: password=hunter2", "hunter2"},
      {403, R"({"internal":{"host":"db-7.internal"}})", "db-7"},
      {404, R"(["secret-list"])", "secret-list"},
      {404, R"({"error_code":"X","error_code":"dup-secret"})", "dup-secret"},
      {502, std::string("\xFF\xFE secret-bytes"), "secret-bytes"},
      {400, R"({"error_messages":["cut-secret)", "cut-secret"},
  };
  for (const Case& c : cases) {
    const std::string wire =
        ToRpcStatus(Map(kOm, c.http_status, c.body)).SerializeAsString();
    EXPECT_THAT(wire, Not(HasSubstr(c.secret)));
  }
}

TEST(KlarnaErrorTest, DoesNotLookAtAHugeBody) {
  std::string body = Error("BAD_VALUE");
  body.insert(body.size() - 1, std::string(kMaxErrorBody, ' '));
  KlarnaError error;
  ASSERT_TRUE(GetDetail(Map(kOm, 400, body), error));
  EXPECT_EQ(error.error_code(), "");
}

std::vector<std::string> ViolatedFields(const absl::Status& status) {
  BadRequest detail;
  GetDetail(status, detail);
  std::vector<std::string> fields;
  for (const auto& violation : detail.field_violations()) {
    fields.push_back(violation.field());
  }
  return fields;
}

TEST(KlarnaErrorTest, FindsTheFieldsOfABadValue) {
  struct Case {
    std::string message;
    std::vector<std::string> fields;
  };
  const Case cases[] = {
      {"Bad value: order_amount", {"order_amount"}},
      {"Bad value: order_lines[0].total_tax_amount, purchase_currency",
       {"order_lines[0].total_tax_amount", "purchase_currency"}},
      {"Bad value: a,b , c", {"a", "b", "c"}},
      {"Bad value: <script>, fine", {"fine"}},
      {"Bad value: ", {}},
      {"Not matching fields: [order_amount]", {}},
  };
  for (const Case& c : cases) {
    const absl::Status status =
        Map("payments", 400,
            absl::StrCat(R"({"error_code":"BAD_VALUE","error_messages":[")",
                         c.message, R"("]})"));
    EXPECT_EQ(ViolatedFields(status), c.fields) << c.message;
  }
}

TEST(KlarnaErrorTest, BoundsTheFieldsOfABadValue) {
  std::string message = "Bad value: a";
  for (int i = 0; i < 1000; ++i) message += ", a";
  const absl::Status status =
      Map("payments", 400,
          absl::StrCat(R"({"error_code":"BAD_VALUE","error_messages":[")",
                       message, R"("]})"));
  EXPECT_EQ(ViolatedFields(status).size(), 16u);
}

TEST(KlarnaErrorTest, FindsTheFieldsOfADisputesError) {
  const absl::Status status = Map(
      "disputes", 400,
      R"({"error_id":"e1","error_type":"INPUT_ERROR","error_code":"BAD_INPUT",)"
      R"("error_message":"Look below.","validation_errors":[)"
      R"({"parameter":"filter.size","reason":"too large","doc_url":"u"}]})");
  EXPECT_THAT(ViolatedFields(status), ElementsAre("filter.size"));
  KlarnaError error;
  ASSERT_TRUE(GetDetail(status, error));
  EXPECT_EQ(error.error_type(), "INPUT_ERROR");
  EXPECT_EQ(error.error_id(), "e1");
  EXPECT_EQ(error.error_message(), "Look below.");
}

TEST(KlarnaErrorTest, NoFieldViolationsOutsideOfABadRequest) {
  BadRequest detail;
  EXPECT_FALSE(GetDetail(
      Map(kOm, 409,
          R"({"error_code":"BAD_VALUE","error_messages":["Bad value: a"]})"),
      detail));
}

TEST(KlarnaErrorTest, RateLimitSaysWhenToComeBack) {
  struct Case {
    http::Headers headers;
    int seconds;
  };
  const Case cases[] = {
      {{}, 1},
      {{{"Retry-After", "7"}}, 7},
      {{{"retry-after", "7"}, {"x-ratelimit-reset", "3"}}, 7},
      {{{"x-ratelimit-reset", "3"}}, 3},
      {{{"Retry-After", "0"}}, 0},
      {{{"Retry-After", "86400"}}, 60},
      {{{"Retry-After", "99999999999999999999"}}, 60},
      {{{"Retry-After", "-5"}}, 1},
      {{{"Retry-After", "soon"}, {"X-Ratelimit-Reset", "4"}}, 4},
      {{{"Retry-After", "Thu, 01 Jan 1970 00:16:45 GMT"}}, 5},
      {{{"Retry-After", "Thu, 01 Jan 1970 00:16:39 GMT"}}, 0},
  };
  for (const Case& c : cases) {
    RetryInfo info;
    ASSERT_TRUE(GetDetail(Map("payments", 429, "", c.headers), info));
    EXPECT_EQ(info.retry_delay().seconds(), c.seconds)
        << c.headers.size() << " headers";
  }
  RetryInfo info;
  EXPECT_FALSE(GetDetail(Map("payments", 400, ""), info));
}

TEST(KlarnaErrorTest, AFailureSaysWhenToComeBackIfTheUpstreamDoes) {
  RetryInfo info;
  ASSERT_TRUE(
      GetDetail(Map("payments", 503, "", {{"Retry-After", "7"}}), info));
  EXPECT_EQ(info.retry_delay().seconds(), 7);
  EXPECT_FALSE(GetDetail(Map("payments", 503, ""), info));
  EXPECT_FALSE(
      GetDetail(Map("payments", 503, "", {{"Retry-After", "soon"}}), info));
  EXPECT_FALSE(
      GetDetail(Map("payments", 500, "", {{"Retry-After", "7"}}), info));
}

TEST(KlarnaErrorTest, CorrelationIdComesFromTheBodyElseTheHeader) {
  const http::Headers headers = {{"klarna-correlation-id", "header-id"}};
  KlarnaError error;
  ASSERT_TRUE(GetDetail(Map(kOm, 404, Error("X"), headers), error));
  EXPECT_EQ(error.correlation_id(), "7f2a");
  ASSERT_TRUE(GetDetail(Map(kOm, 404, "", headers), error));
  EXPECT_EQ(error.correlation_id(), "header-id");
}

TEST(KlarnaErrorTest, ALongCodeIsNone) {
  const absl::Status status = Map(kOm, 409, Error(std::string(65, 'C')));
  ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.reason(), "UPSTREAM_CONFLICT");
}

// The code stands in the status's message, which becomes a header.
TEST(KlarnaErrorTest, ACodeThatIsNotPlainIsNone) {
  for (const char* code : {R"(A\u0000B)", R"(A\r\nB)", "A B", "\xC3\xA4"}) {
    const absl::Status status = Map(kOm, 409, Error(code));
    ErrorInfo info;
    ASSERT_TRUE(GetDetail(status, info));
    EXPECT_EQ(info.reason(), "UPSTREAM_CONFLICT") << code;
    EXPECT_EQ(status.message(), Map(kOm, 409, Error("")).message()) << code;
  }
}

TEST(KlarnaErrorTest, HostileErrorStaysSmall) {
  std::string body = R"({"error_code":")" + std::string(3000, 'C') +
                     R"(","error_type":")" + std::string(3000, 't') +
                     R"(","validation_errors":[)";
  for (int i = 0; i < 1500; ++i) {
    absl::StrAppend(&body, i > 0 ? "," : "",
                    R"({"parameter":"p","reason":"r"})");
  }
  body += "]}";
  ASSERT_LT(body.size(), kMaxErrorBody);
  const absl::Status status = Map("disputes", 400, body);
  EXPECT_LT(ToRpcStatus(status).ByteSizeLong(), 4096u);
  EXPECT_EQ(ViolatedFields(status).size(), 16u);
}

TEST(KlarnaErrorTest, RefusesAnOddCorrelationIdOfTheBody) {
  for (const std::string& id :
       {std::string(R"(a\u001b[31mb)"), std::string(8000, 'a')}) {
    const absl::Status status =
        Map(kOm, 500, R"({"error_code":"X","correlation_id":")" + id + "\"}");
    ErrorInfo info;
    ASSERT_TRUE(GetDetail(status, info));
    EXPECT_EQ(info.metadata().count("correlation_id"), 0u);
    EXPECT_LT(ToRpcStatus(status).ByteSizeLong(), 4096u);
  }
}

TEST(KlarnaErrorTest, RefusesAnOddCorrelationId) {
  EXPECT_EQ(CorrelationId({{"Klarna-Correlation-Id", "5367af52-803d"}}),
            "5367af52-803d");
  EXPECT_EQ(CorrelationId({}), "");
  EXPECT_EQ(CorrelationId({{"Klarna-Correlation-Id", "a\x1B[31mb"}}), "");
  EXPECT_EQ(CorrelationId({{"Klarna-Correlation-Id", "\xC3\xA4"}}), "");
  EXPECT_EQ(CorrelationId({{"Klarna-Correlation-Id", std::string(129, 'a')}}),
            "");
}

}  // namespace
}  // namespace klarna::rest
