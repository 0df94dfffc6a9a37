// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "service/sandbox/http_server.h"
#include "tests/end_to_end/gateway_under_test.h"

// What callers of Publish hear of errors, over gRPC and HTTP.
namespace klarna::testing::errors {

namespace om = ::klarna::order_management::v1;
using gateway::v1::Outcome;
using gateway::v1::Verdict;
using grpc::StatusCode;
using sandbox::Answer;
using sandbox::Delivery;
using sandbox::Header;

inline constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
inline constexpr char kGateway[] = "gateway.klarna";
inline constexpr Verdict kNotSent = gateway::v1::VERDICT_NOT_SENT;
inline constexpr Verdict kRejected = gateway::v1::VERDICT_REJECTED;
inline constexpr Verdict kUnknown = gateway::v1::VERDICT_UNKNOWN;

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

inline int SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<int>(duration.seconds()) + (duration.nanos() > 0 ? 1 : 0);
}

inline void ExpectDetails(const grpc::Status& status, const Heard& heard) {
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
  EXPECT_THAT(fields, ::testing::ElementsAreArray(heard.fields));
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

inline Answer Whole(int status, std::string body = "",
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
inline Answer Refusal(int status, const std::string& code,
                      const std::string& message = "m") {
  return Whole(status, R"({"error_code":")" + code +
                           R"(","error_messages":[")" + message +
                           R"("],"correlation_id":"k1"})");
}

inline Answer Cut(Delivery delivery) {
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

}  // namespace klarna::testing::errors
