// SPDX-License-Identifier: Apache-2.0
#include "service/rest/status_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"

namespace klarna::rest {
namespace {

using google::rpc::BadRequest;
using google::rpc::ErrorInfo;
using google::rpc::RetryInfo;
using ::klarna::gateway::v1::KlarnaError;
using ::klarna::gateway::v1::Outcome;
using ::testing::HasSubstr;

// The default limit of gRPC clients for metadata is 8 KiB; a status needs its
// room twice, since it is base64 and comes beside the message.
constexpr size_t kMaxOnTheWire = 4096;

template <typename Detail>
bool FindDetail(const google::rpc::Status& status, Detail& detail) {
  for (const auto& any : status.details()) {
    if (any.UnpackTo(&detail)) return true;
  }
  return false;
}

TEST(StatusDetailsTest, GatewayErrorCarriesItsReason) {
  const absl::Status status =
      GatewayError(absl::StatusCode::kUnavailable, "NOT_SENT", "no connection",
                   {{"account", "shop"}, {"correlation_id", ""}});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "no connection");
  ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.domain(), "gateway.klarna");
  EXPECT_EQ(info.reason(), "NOT_SENT");
  EXPECT_EQ(info.metadata_size(), 1) << "empty values say nothing";
  EXPECT_EQ(info.metadata().at("account"), "shop");
}

TEST(StatusDetailsTest, KlarnaCodeErrorIsOfKlarnasDomain) {
  ErrorInfo info;
  ASSERT_TRUE(GetDetail(KlarnaCodeError(absl::StatusCode::kFailedPrecondition,
                                        "CAPTURE_NOT_ALLOWED", "refused"),
                        info));
  EXPECT_EQ(info.domain(), "klarna.com");
  EXPECT_EQ(info.reason(), "CAPTURE_NOT_ALLOWED");
}

TEST(StatusDetailsTest, InvalidFieldNamesTheField) {
  const absl::Status status =
      InvalidField("paging.page_size", "must not be negative");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("paging.page_size: must not be negative"));
  BadRequest detail;
  ASSERT_TRUE(GetDetail(status, detail));
  ASSERT_EQ(detail.field_violations_size(), 1);
  EXPECT_EQ(detail.field_violations(0).field(), "paging.page_size");
  EXPECT_EQ(detail.field_violations(0).description(), "must not be negative");
}

TEST(StatusDetailsTest, MetadataIsAddedToTheErrorInfoThatIsThere) {
  absl::Status status = KlarnaCodeError(absl::StatusCode::kNotFound,
                                        "NO_SUCH_ORDER", "not found");
  AddMetadata("UNUSED", {{"account", "shop"}}, status);
  ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.reason(), "NO_SUCH_ORDER");
  EXPECT_EQ(info.metadata().at("account"), "shop");

  absl::Status bare = absl::InternalError("bare");
  AddMetadata("BROKEN", {{"account", "shop"}}, bare);
  ASSERT_TRUE(GetDetail(bare, info));
  EXPECT_EQ(info.reason(), "BROKEN");
  EXPECT_EQ(info.domain(), "gateway.klarna");
}

TEST(StatusDetailsTest, RetryInfoKeepsFractionsOfASecond) {
  absl::Status status = absl::ResourceExhaustedError("wait");
  AddRetryInfo(absl::Milliseconds(1250), status);
  RetryInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.retry_delay().seconds(), 1);
  EXPECT_EQ(info.retry_delay().nanos(), 250000000);
}

TEST(StatusDetailsTest, MissingDetailIsNotFound) {
  RetryInfo info;
  EXPECT_FALSE(GetDetail(absl::InternalError("bare"), info));
}

TEST(StatusDetailsTest, RpcStatusHoldsAllDetailsInOneOrder) {
  absl::Status status =
      GatewayError(absl::StatusCode::kResourceExhausted, "QUOTA", "wait");
  AddRetryInfo(absl::Seconds(1), status);
  AddFieldViolation("a", "b", status);
  const google::rpc::Status rpc = ToRpcStatus(status);
  EXPECT_EQ(rpc.code(), 8);
  EXPECT_EQ(rpc.message(), "wait");
  ASSERT_EQ(rpc.details_size(), 3);
  EXPECT_TRUE(rpc.details(0).Is<BadRequest>());
  EXPECT_TRUE(rpc.details(1).Is<ErrorInfo>());
  EXPECT_TRUE(rpc.details(2).Is<RetryInfo>());
}

// Texts of `unit` repeated, in every place where Klarna can put one.
absl::Status HugeStatus(const std::string& unit) {
  std::string text;
  while (text.size() < 20000) text += unit;
  KlarnaError error;
  error.set_http_status(400);
  error.set_error_code("BAD_VALUE");
  error.set_correlation_id("6ab33a39-1a9e-4dd1-8d3d-9b1bd4a10a3f");
  for (int i = 0; i < 20; ++i) {
    error.add_error_messages(text);
    auto* violation = error.add_validation_errors();
    violation->set_parameter(text);
    violation->set_reason(text);
  }
  error.set_error_message(text);
  error.set_doc_url(text);
  error.set_reason(text);
  error.set_authorized_payment_method(text);
  error.set_failure_reason(text);
  error.set_reason_message(text);
  error.set_service_version(text);
  error.set_error_type(text);
  error.set_error_id(text);
  error.set_status(text);
  error.set_step_up_id(text);
  error.set_fraud_status(text);
  absl::Status status =
      KlarnaCodeError(absl::StatusCode::kInvalidArgument, "BAD_VALUE", text,
                      {{"operation", text}, {"account", text}});
  AddDetail(error, status);
  for (int i = 0; i < 100; ++i) AddFieldViolation(text, text, status);
  return status;
}

TEST(StatusDetailsTest, HugeErrorStaysSmallAndValid) {
  for (const char* unit : {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                           "x\xF0\x9F\x98\x80", "xy\xE2\x82\xAC"}) {
    const google::rpc::Status rpc = ToRpcStatus(HugeStatus(unit));
    // SerializeToString would only log broken UTF-8; parsing refuses it.
    google::rpc::Status parsed;
    ASSERT_TRUE(parsed.ParseFromString(rpc.SerializeAsString()));
    EXPECT_LE(rpc.ByteSizeLong(), kMaxOnTheWire);
    KlarnaError error;
    ASSERT_TRUE(FindDetail(rpc, error));
    EXPECT_TRUE(error.truncated());
    EXPECT_EQ(error.error_code(), "BAD_VALUE");
    EXPECT_EQ(error.http_status(), 400);
    EXPECT_EQ(error.correlation_id(), "6ab33a39-1a9e-4dd1-8d3d-9b1bd4a10a3f");
    ErrorInfo info;
    ASSERT_TRUE(FindDetail(rpc, info));
    EXPECT_EQ(info.reason(), "BAD_VALUE");
  }
}

TEST(StatusDetailsTest, OutcomeIsNeverCut) {
  Outcome outcome;
  outcome.set_idempotency_key("b8bc1475-5d00-52ed-bcdb-4d71092a95f3");
  outcome.set_location("https://api.klarna.com/" + std::string(200, 'l'));
  outcome.set_verdict(klarna::gateway::v1::VERDICT_REJECTED);
  absl::Status status = HugeStatus("a");
  AddDetail(outcome, status);
  const google::rpc::Status rpc = ToRpcStatus(status);
  EXPECT_LE(rpc.ByteSizeLong(), kMaxOnTheWire);
  Outcome found;
  ASSERT_TRUE(FindDetail(rpc, found));
  EXPECT_EQ(found.SerializeAsString(), outcome.SerializeAsString());
}

TEST(StatusDetailsTest, ErrorThatFitsIsNotTouched) {
  KlarnaError error;
  error.add_error_messages(std::string(1500, 'm'));
  absl::Status status = absl::InvalidArgumentError("refused");
  AddDetail(error, status);
  KlarnaError found;
  ASSERT_TRUE(FindDetail(ToRpcStatus(status), found));
  EXPECT_EQ(found.SerializeAsString(), error.SerializeAsString());
  EXPECT_FALSE(found.truncated());
}

}  // namespace
}  // namespace klarna::rest
