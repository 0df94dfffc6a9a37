// SPDX-License-Identifier: Apache-2.0
//
// A configuration that changes under calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "klarna/shipping_service_callback/v1/shipping_service_callback_service.pb.h"
#include "tests/end_to_end/child_process.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace fs = std::filesystem;
namespace shipping = ::klarna::shipping_service_callback::v1;
using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using ::testing::HasSubstr;

constexpr char kService[] = "klarna.settlements.v1.SettlementsService";

sandbox::SandboxOptions WithTransactions(int transactions) {
  sandbox::SandboxOptions options;
  options.transactions = transactions;
  return options;
}

SubscribeRequest ListTransactions() {
  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  return request;
}

SubscribeRequest GetPayout(const std::string& account) {
  SubscribeRequest request;
  request.mutable_options()->set_account(account);
  request.mutable_get_payout()->set_payment_reference("PAYOUT00001");
  return request;
}

// On one gateway in this process.
class SnapshotTest : public ::testing::Test {
 protected:
  StreamResult<SubscribeResponse> Call(
      const SubscribeRequest& request,
      const std::function<bool(const SubscribeResponse&)>& take = nullptr) {
    return Subscribe<SubscribeResponse>(gateway_.channel(), kService, request,
                                        take);
  }

  static int64_t Rows(const std::vector<SubscribeResponse>& messages) {
    int64_t rows = 0;
    for (const SubscribeResponse& message : messages) {
      rows += message.transactions().transactions_size();
    }
    return rows;
  }

  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(WithTransactions(20'000), clock_);
  GatewayUnderTest gateway_{sandbox_->url()};
};

TEST_F(SnapshotTest, ACallEndsThoughItsAccountIsRemovedMeanwhile) {
  bool removed = false;
  const auto stream = Call(ListTransactions(), [&](const SubscribeResponse&) {
    if (!std::exchange(removed, true)) {
      gateway_.Reload([](config::Config& config) {
        config.accounts[0].name = "other";
        config.default_account_name = "other";
      });
    }
    return true;
  });
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(Rows(stream.messages), 20'000);
  EXPECT_EQ(Call(GetPayout("sandbox")).status.error_code(),
            grpc::INVALID_ARGUMENT);
  EXPECT_TRUE(Call(GetPayout("other")).status.ok());
}

TEST_F(SnapshotTest, NewCallsUseNewCredentialsAndLimits) {
  sandbox_->With([](sandbox::Klarna& klarna) {
    klarna.keyring().SetPasswords({"new password"});
  });
  EXPECT_EQ(Call(GetPayout("")).status.error_code(), grpc::FAILED_PRECONDITION);
  gateway_.Reload([](config::Config& config) {
    config.accounts[0].endpoint.credentials =
        std::make_shared<auth::BasicCredentials>("sandbox",
                                                 auth::Secret("new password"));
    config.limits.batch_bytes = 1024;
  });
  const auto stream = Call(ListTransactions());
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_GT(stream.messages.size(), 1000u);
}

TEST_F(SnapshotTest, NothingKeepsCredentialsThatWereReplaced) {
  std::weak_ptr<const auth::Credentials> old;
  gateway_.Reload([&](config::Config& config) {
    auto& credentials = config.accounts[0].endpoint.credentials;
    old = credentials;
    credentials = std::make_shared<auth::BasicCredentials>(
        "sandbox", auth::Secret("new password"));
  });
  EXPECT_TRUE(old.expired());
}

TEST_F(SnapshotTest, ResumeTokensOfAnOldSecretAreGoodWhileItIsListed) {
  auto first = Call(ListTransactions());
  SubscribeRequest rest = ListTransactions();
  rest.mutable_paging()->set_resume_token(
      first.messages.front().batch().resume_token());
  const std::string fresh = "fresh secret of 32 bytes or more";
  gateway_.Reload([&](config::Config& config) {
    auto& secrets = config.resume_tokens.secrets;
    secrets.insert(secrets.begin(), auth::Secret(fresh));
  });
  const auto resumed = Call(rest);
  EXPECT_TRUE(resumed.status.ok()) << resumed.status.error_message();
  gateway_.Reload(
      [](config::Config& config) { config.resume_tokens.secrets.resize(1); });
  EXPECT_EQ(Call(rest).status.error_code(), grpc::INVALID_ARGUMENT);
  rest.mutable_paging()->set_resume_token(
      resumed.messages.front().batch().resume_token());
  EXPECT_TRUE(Call(rest).status.ok());
}

// Calls, one kind after the other, at a steady rate from several threads, until
// Stop.
class Load {
 public:
  using Call = std::function<grpc::Status()>;

  static constexpr int kThreads = 10;
  static constexpr auto kPeriod = std::chrono::milliseconds(50);  // A thread's.

  explicit Load(std::vector<Call> kinds) : kinds_(std::move(kinds)) {
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this, i] { Run(static_cast<size_t>(i)); });
    }
  }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  int calls() const { return calls_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void Run(size_t next) {
    auto due = std::chrono::steady_clock::now();
    for (; !stopping_; ++next) {
      const grpc::Status status = kinds_[next % kinds_.size()]();
      ++calls_;
      if (!status.ok()) {
        const std::lock_guard<std::mutex> lock(mutex_);
        failures_.push_back(status.error_message());
      }
      std::this_thread::sleep_until(due += kPeriod);
    }
  }

  const std::vector<Call> kinds_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> calls_ = 0;
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::vector<std::thread> threads_;
};

// The program, with its secrets in a folder that is kept as Kubernetes keeps a
// volume: `..data` is a link to the folder of a version.
class RotationTest : public ::testing::Test {
 protected:
  RotationTest() {
    fs::create_directories(folder_);
    Put(0);
    for (const char* name : {"password", "key"}) {
      fs::create_symlink(fs::path("..data") / name, folder_ / name);
    }
    Accept({0});
    WriteConfig("");
    gateway_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{KLARNA_GATEWAY_PROGRAM, "--config",
                                 folder_ / "gateway.yaml", "--listen",
                                 "127.0.0.1:0"},
        std::vector<std::string>{
            "TOKEN_SECRET=0123456789abcdef0123456789abcdef"});
    const std::string line = gateway_->WaitForLine("\"listening\"");
    channel_ = grpc::CreateChannel(
        absl::StrCat("127.0.0.1:",
                     std::atoi(line.c_str() + line.find("\"port\":") + 7)),
        grpc::InsecureChannelCredentials());
  }
  ~RotationTest() override { fs::remove_all(folder_); }

  // Swaps version `number` of the secrets in.
  void Put(int number) {
    const std::string version = absl::StrCat("..", number);
    fs::create_directories(folder_ / version);
    std::ofstream(folder_ / version / "password") << "password" << number;
    std::ofstream(folder_ / version / "key") << "key" << number;
    fs::create_directory_symlink(version, folder_ / "..data_tmp");
    fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  }

  // Makes the secrets of these versions good at the sandbox, and no others.
  void Accept(const std::vector<int>& versions) {
    std::vector<std::string> passwords;
    std::vector<std::string> keys;
    for (const int version : versions) {
      passwords.push_back(absl::StrCat("password", version));
      keys.push_back(absl::StrCat("key", version));
    }
    sandbox_->With([&](sandbox::Klarna& klarna) {
      klarna.keyring().SetPasswords(passwords);
      klarna.keyring().SetApiKeys(keys);
      klarna.shipping().SetKeys(keys);
    });
  }

  void WriteConfig(const std::string& more) {
    const std::string url = sandbox_->url();
    std::ofstream(folder_ / "gateway.yaml")
        << "accounts:\n"
        << "  - name: basic\n    base_uri: " << url
        << "\n    credentials: {basic: {user: sandbox, password: "
           "{file: password}}}\n"
           "    domains: {shipping_service_callback: {credentials: "
           "{shipping_digest: {identifier: sandbox, key: {file: key}}}}}\n"
        << "  - name: key\n    base_uri: " << url
        << "\n    credentials: {api_key: {key: {file: key}}}\n"
        << "  - name: oauth2\n    base_uri: " << url
        << "\n    credentials: {oauth2: {token_url: '" << url
        << "/oauth2/token', client_id: sandbox, client_secret: "
           "{file: password}}}\n"
        << "drain_wait: 0s\ndefault_account: basic\n"
        << "resume_tokens: {secrets: [{env: TOKEN_SECRET}]}\n"
        << more;
  }

  Load::Call Reads(const std::string& account) const {
    return [this, account] {
      return Subscribe<SubscribeResponse>(channel_, kService,
                                          GetPayout(account))
          .status;
    };
  }

  Load::Call ReadsShipping() const {
    return [this] {
      shipping::SubscribeRequest request;
      auto& basket = *request.mutable_get_shipping_options()->mutable_basket();
      basket.set_currency("SEK");
      basket.set_locale("sv-SE");
      return Subscribe<shipping::SubscribeResponse>(
                 channel_,
                 "klarna.shipping_service_callback.v1."
                 "ShippingServiceCallbackService",
                 request)
          .status;
    };
  }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / absl::StrCat("rotation-", getpid());
  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(WithTransactions(10), clock_);
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<ChildProcess> gateway_;
};

TEST_F(RotationTest, NoCallIsLostWhileSecretsRotate) {
  const auto begun = std::chrono::steady_clock::now();
  Load load({Reads("basic"), Reads("key"), Reads("oauth2"), ReadsShipping()});
  for (int version = 1; version <= 3; ++version) {
    Accept({version - 1, version});
    Put(version);
    EXPECT_NE(gateway_->WaitForLine("\"configuration reloaded\""), "");
    // What began before may still be on its way.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    Accept({version});
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  load.Stop();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begun;
  RecordProperty("calls", load.calls());
  std::printf("%d calls, %.0f a second, %zu failed\n", load.calls(),
              load.calls() / took.count(), load.failures().size());
  EXPECT_THAT(load.failures(), ::testing::IsEmpty());
  EXPECT_GT(load.calls(), 100);
}

TEST_F(RotationTest, ABrokenFileIsRefusedAndAMendedOneTaken) {
  WriteConfig("lisen: x\n");
  EXPECT_THAT(gateway_->WaitForLine("\"configuration refused"),
              HasSubstr("gateway.yaml:15:1: unknown key `lisen`; did you mean "
                        "`listen`?"));
  EXPECT_TRUE(Reads("key")().ok());
  WriteConfig("event_loops: 9\n");
  EXPECT_NE(gateway_->WaitForLine("\"configuration reloaded\""), "");
  EXPECT_THAT(gateway_->WaitForLine("need a restart"),
              HasSubstr("\"settings\":\"event_loops\""));
}

TEST_F(RotationTest, SighupReloads) {
  kill(gateway_->pid(), SIGHUP);
  EXPECT_NE(gateway_->WaitForLine("\"configuration reloaded\""), "");
  EXPECT_EQ(gateway_->Stop(SIGTERM), 0);
}

}  // namespace
}  // namespace klarna::testing
