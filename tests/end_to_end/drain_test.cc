// SPDX-License-Identifier: Apache-2.0
//
// The program is told to stop in the middle of its work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/auth/uuid.h"
#include "service/sandbox/klarna.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/end_to_end/running_gateway.h"

namespace klarna::testing {
namespace {

// A sanitizer makes a process slow to come to its end.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlowness = 3;
#else
constexpr int kSlowness = 1;
#endif

namespace health = ::grpc::health::v1;
namespace om = ::klarna::order_management::v1;
using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using ::testing::Each;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using Health = health::HealthCheckResponse;
using Channel = std::shared_ptr<grpc::Channel>;

constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";
constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr size_t kTransactions = 10'000;
// Without an end, as far as a test can see.
constexpr absl::Duration kForever = absl::Minutes(10);

// Reads one stream in a thread of its own, to its end.
class Stream {
 public:
  explicit Stream(const Channel& channel) : channel_(channel) {
    request_.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
    // 40 pages.
    request_.mutable_paging()->set_page_size(250);
    GoOn(channel);
  }

  // Behind what came before.
  void GoOn(const Channel& channel) {
    status_ = std::async(std::launch::async, [this, channel] {
      return ReadStream<SubscribeResponse>(
          channel, kSettlements, request_,
          [this](const SubscribeResponse& message) { return Take(message); });
    });
  }

  grpc::Status WaitForEnd() { return status_.get(); }
  bool begun() const { return begun_; }
  const std::vector<size_t>& rows() const { return rows_; }

 private:
  bool Take(const SubscribeResponse& message) {
    EXPECT_EQ(static_cast<size_t>(message.batch().offset()), rows_.size())
        << "a gap or a repeat";
    for (const auto& row : message.transactions().transactions()) {
      rows_.push_back(std::hash<std::string>()(row.SerializeAsString()));
    }
    request_.mutable_paging()->set_resume_token(message.batch().resume_token());
    begun_ = true;
    return true;
  }

  const Channel channel_;
  SubscribeRequest request_;
  std::vector<size_t> rows_;  // Hashes.
  std::atomic<bool> begun_ = false;
  std::future<grpc::Status> status_;  // Last: it uses the others.
};

// Takes one message and then nothing.
class StalledReader {
 public:
  explicit StalledReader(const Channel& channel)
      : channel_(channel),
        method_(name_.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING) {
    SubscribeRequest request;
    request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
    reader_.reset(
        grpc::internal::ClientReaderFactory<SubscribeResponse>::Create(
            channel_.get(), method_, &context_, request));
    SubscribeResponse message;
    EXPECT_TRUE(reader_->Read(&message));
  }
  ~StalledReader() {
    context_.TryCancel();
    reader_->Finish();
  }

 private:
  const Channel channel_;
  const std::string name_ = std::string("/") + kSettlements + "/Subscribe";
  const grpc::internal::RpcMethod method_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<SubscribeResponse>> reader_;
};

// Hears of the health until it is told no more.
class HealthWatch {
 public:
  explicit HealthWatch(const Channel& channel)
      : channel_(channel),
        method_("/grpc.health.v1.Health/Watch",
                grpc::internal::RpcMethod::SERVER_STREAMING) {
    reader_.reset(grpc::internal::ClientReaderFactory<Health>::Create(
        channel_.get(), method_, &context_, health::HealthCheckRequest()));
  }
  ~HealthWatch() {
    context_.TryCancel();
    reader_->Finish();
  }

  Health::ServingStatus Next() {
    Health message;
    return reader_->Read(&message) ? message.status() : Health::UNKNOWN;
  }

 private:
  const Channel channel_;
  const grpc::internal::RpcMethod method_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<Health>> reader_;
};

class DrainTest : public ::testing::Test {
 protected:
  static sandbox::SandboxOptions WithTransactions(size_t transactions) {
    sandbox::SandboxOptions options;
    options.transactions = static_cast<int>(transactions);
    return options;
  }

  // From now on, every answer to the operation.
  void Delay(const std::string& operation, absl::Duration delay) {
    sandbox_->With([&](sandbox::Klarna& klarna) {
      sandbox::Fault slow;
      slow.operation = operation;
      slow.times = 1'000'000;
      slow.delay = delay;
      klarna.faults().Add(slow);
    });
  }

  std::string AuthorizedOrder() {
    std::string order;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      for (const auto& known : klarna.WellKnownIds()) {
        if (known.name == "order, authorized") order = known.id;
      }
    });
    return order;
  }

  size_t Effects() {
    size_t effects = 0;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      effects = klarna.ledger().entries().size();
    });
    return effects;
  }

  void WaitForEffects(size_t count) {
    while (Effects() < count) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::future<UnaryResult<om::PublishResponse>> Capture(
      const Channel& channel) {
    om::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    request.mutable_create_capture()->set_order_id(AuthorizedOrder());
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    return std::async(std::launch::async, [channel, request] {
      return Publish<om::PublishResponse>(channel, kOrderManagement, request);
    });
  }

  static grpc::Status GetPayout(const Channel& channel) {
    SubscribeRequest request;
    request.mutable_get_payout()->set_payment_reference("PAYOUT00001");
    return Subscribe<SubscribeResponse>(channel, kSettlements, request).status;
  }

  static std::string Reason(const grpc::Status& status) {
    return DetailOf<google::rpc::ErrorInfo>(status).reason();
  }

  static void ExpectApplied(
      std::vector<std::future<UnaryResult<om::PublishResponse>>>& captures) {
    for (auto& capture : captures) {
      const auto result = capture.get();
      EXPECT_TRUE(result.status.ok()) << result.status.error_message();
      EXPECT_EQ(result.response.outcome().verdict(),
                gateway::v1::VERDICT_APPLIED);
    }
  }

  double Seconds(runtime::Instant since) const {
    return absl::ToDoubleSeconds(clock_.Now() - since);
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(WithTransactions(kTransactions), clock_);
};

TEST_F(DrainTest, CallsAreServedForDrainWaitThoughHealthSaysOtherwise) {
  RunningGateway gateway(sandbox_->url(), "drain_wait: 2s\n");
  HealthWatch watch(gateway.Connect());
  EXPECT_EQ(watch.Next(), Health::SERVING);
  const runtime::Instant told = clock_.Now();
  gateway.process().Signal(SIGTERM);
  EXPECT_EQ(watch.Next(), Health::NOT_SERVING);

  Delay("order_management.captureOrder", absl::Seconds(3));
  std::vector<std::future<UnaryResult<om::PublishResponse>>> captures;
  captures.push_back(Capture(gateway.Connect()));
  const Channel old = gateway.Connect();
  int served = 0;
  while (Seconds(told) < 1.5) {
    EXPECT_TRUE(GetPayout(gateway.Connect()).ok());
    EXPECT_TRUE(GetPayout(old).ok());
    ++served;
  }
  EXPECT_GE(served, 3);
  std::this_thread::sleep_for(kSlowness * std::chrono::milliseconds(1000));
  for (const Channel& channel : {old, gateway.Connect()}) {
    EXPECT_EQ(GetPayout(channel).error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  ExpectApplied(captures);
  EXPECT_EQ(gateway.process().WaitForEnd(), 0);
  // Whoever watches the health does not keep it.
  EXPECT_THAT(Seconds(told), Lt(6));
}

TEST_F(DrainTest, StreamsGoOnElsewhereAndCapturesEnd) {
  constexpr size_t kStreams = 64;
  constexpr size_t kCaptures = 40;
  std::vector<size_t> whole;
  RunningGateway gateway(sandbox_->url(), "drain_wait: 1s\n");
  {
    Stream undisturbed(gateway.Connect());
    ASSERT_TRUE(undisturbed.WaitForEnd().ok());
    whole = undisturbed.rows();
    ASSERT_EQ(whole.size(), kTransactions);
  }

  Delay("settlements.getTransactions", absl::Seconds(1));
  Delay("order_management.captureOrder", absl::Seconds(4));
  const std::vector<Channel> channels = {gateway.Connect(), gateway.Connect(),
                                         gateway.Connect()};
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<Stream>(channels[i % channels.size()]));
  }
  for (const auto& stream : streams) {
    while (!stream->begun()) std::this_thread::yield();
  }
  std::vector<std::future<UnaryResult<om::PublishResponse>>> captures;
  for (size_t i = 0; i < kCaptures; ++i) {
    captures.push_back(Capture(channels[i % channels.size()]));
  }
  WaitForEffects(kCaptures);
  const runtime::Instant told = clock_.Now();
  gateway.process().Signal(SIGTERM);

  ExpectApplied(captures);
  for (const auto& stream : streams) {
    const grpc::Status status = stream->WaitForEnd();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << status.error_message();
    EXPECT_EQ(Reason(status), "SHUTTING_DOWN") << status.error_message();
    EXPECT_LT(stream->rows().size(), kTransactions);
  }
  EXPECT_EQ(gateway.process().WaitForEnd(), 0);
  const double took = Seconds(told);
  EXPECT_THAT(took, Lt(11));

  sandbox_->With([](sandbox::Klarna& klarna) { klarna.faults().Clear(); });
  RunningGateway other(sandbox_->url());
  const Channel channel = other.Connect();
  for (const auto& stream : streams) stream->GoOn(channel);
  for (const auto& stream : streams) {
    const grpc::Status status = stream->WaitForEnd();
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(stream->rows() == whole);
  }
  EXPECT_EQ(Effects(), kCaptures);
  std::printf("%zu streams and %zu captures under way: gone after %.1f s\n",
              kStreams, kCaptures, took);
}

TEST_F(DrainTest, ASecondSignalEndsTheWaitingAndCutsNothingShort) {
  RunningGateway gateway(sandbox_->url(), "drain_wait: 1m\n");
  Delay("order_management.captureOrder", absl::Seconds(3));
  std::vector<std::future<UnaryResult<om::PublishResponse>>> captures;
  captures.push_back(Capture(gateway.Connect()));
  WaitForEffects(1);
  HealthWatch watch(gateway.Connect());
  EXPECT_EQ(watch.Next(), Health::SERVING);
  const runtime::Instant told = clock_.Now();
  gateway.process().Signal(SIGTERM);
  EXPECT_EQ(watch.Next(), Health::NOT_SERVING);
  // A reload is none.
  gateway.process().Signal(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_TRUE(GetPayout(gateway.Connect()).ok());
  for (int i = 0; i < 20; ++i) {
    gateway.process().Signal(i % 2 == 0 ? SIGTERM : SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ExpectApplied(captures);
  EXPECT_EQ(gateway.process().WaitForEnd(), 0);
  EXPECT_THAT(Seconds(told), Lt(8));
}

// With the settings as they are by default.
TEST_F(DrainTest, NobodyKeepsTheProcessForMoreThan25Seconds) {
  // More than the caller's buffers take.
  sandbox_ = StartSandbox(WithTransactions(200'000), clock_);
  Delay("order_management.captureOrder", kForever);
  RunningGateway unanswered(sandbox_->url());
  RunningGateway unread(sandbox_->url());
  auto capture = Capture(unanswered.Connect());
  WaitForEffects(1);
  StalledReader reader(unanswered.Connect());
  StalledReader other_reader(unread.Connect());
  HealthWatch watch(unread.Connect());
  const runtime::Instant told = clock_.Now();
  unanswered.process().Signal(SIGTERM);
  unread.process().Signal(SIGTERM);

  EXPECT_EQ(unread.process().WaitForEnd(), 0);
  const double without_change = Seconds(told);
  EXPECT_EQ(unanswered.process().WaitForEnd(), 1);
  const double with_change = Seconds(told);
  // The reader is waited for.
  EXPECT_THAT(without_change, Gt(20));
  EXPECT_THAT(std::vector({without_change, with_change}),
              Each(Lt(25 * kSlowness)));
  EXPECT_THAT(unanswered.process().WaitForLine("changes on the wire"),
              HasSubstr("outcome is unknown"));
  EXPECT_FALSE(capture.get().status.ok());
  std::printf(
      "gone after %.1f s with a stalled reader, after %.1f s with a "
      "change that is not answered\n",
      without_change, with_change);
}

}  // namespace
}  // namespace klarna::testing
