// SPDX-License-Identifier: Apache-2.0
#include "service/config/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/auth/fake_files.h"
#include "tests/testing/manual_executor.h"

namespace klarna::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kFile[] = R"(
accounts:
  - name: shop
    region: eu
    environment: playground
    credentials: {basic: {user: user, password: {file: /run/password}}}
    domains:
      shipping_service_callback:
        base_uri: https://shipping.example
        credentials:
          shipping_digest: {identifier: id, key: {file: /run/key}}
resume_tokens: {secrets: [{file: /run/token}]}
)";

// Lines as "level message: field, field".
class LinesLog final : public observability::Log {
 public:
  bool Enabled(observability::Level) const override { return true; }
  void Write(observability::Level level, std::string_view message,
             observability::LogFields fields) override {
    std::string line =
        absl::StrCat(absl::string_view(observability::LevelName(level).data()),
                     " ", absl::string_view(message.data(), message.size()));
    for (const auto& field : fields) {
      if (const auto* text =
              std::get_if<std::string_view>(&field.value.value())) {
        absl::StrAppend(&line, " | ",
                        absl::string_view(text->data(), text->size()));
      }
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

class ReloaderTest : public ::testing::Test {
 protected:
  ReloaderTest()
      : files_({{"/etc/f.yaml", kFile},
                {"/run/password", "password"},
                {"/run/key", "key"},
                {"/run/token", "0123456789abcdef0123456789abcdef"}}),
        reloader_(
            executor_, files_,
            [](const auth::FileReader& files) {
              return LoadConfig(
                  {.file = "/etc/f.yaml"}, files,
                  [](const std::string&) { return std::nullopt; });
            },
            log_) {
    const absl::Status status = reloader_.LoadFirst();
    EXPECT_TRUE(status.ok()) << status;
    first_ = reloader_.current();
    reloader_.Start([this](const Config& config) { used_.push_back(config); });
  }

  void Change(const std::string& from, const std::string& to) {
    files_.Set("/etc/f.yaml", absl::StrReplaceAll(kFile, {{from, to}}));
  }

  // Long enough for a change to be taken over.
  void Settle() { executor_.Advance(2 * Reloader::kInterval); }

  testing::ManualExecutor executor_;
  auth::FakeFiles files_;
  LinesLog log_;
  Config first_;
  std::vector<Config> used_;
  Reloader reloader_;
};

TEST_F(ReloaderTest, NothingHappensWhileNothingChanges) {
  executor_.Advance(absl::Minutes(10));
  EXPECT_THAT(used_, IsEmpty());
  EXPECT_THAT(log_.lines, IsEmpty());
}

TEST_F(ReloaderTest, ChangesAreTakenOver) {
  const struct {
    const char* what;
    std::string path;
    std::string content;
  } cases[] = {
      {"a setting", "/etc/f.yaml",
       absl::StrCat(kFile, "log: {level: debug}\n")},
      {"a password", "/run/password", "another"},
      {"the secret of resume tokens", "/run/token",
       "ffffffffffffffff0123456789abcdef"},
      {"a file as it was", "/etc/f.yaml", kFile},
      {"an account that goes", "/etc/f.yaml",
       absl::StrReplaceAll(kFile, {{"shop", "other"}})},
  };
  for (const auto& each : cases) {
    used_.clear();
    files_.Set(each.path, each.content);
    Settle();
    EXPECT_EQ(used_.size(), 1u) << each.what;
    EXPECT_EQ(log_.lines.back().substr(0, 27), "info configuration reloaded")
        << each.what;
  }
  EXPECT_EQ(used_[0].FindAccount("shop"), nullptr);
  EXPECT_EQ(used_[0].resume_tokens.secrets[0].Reveal(),
            "ffffffffffffffff0123456789abcdef");
}

TEST_F(ReloaderTest, AChangeHasToStandForAnInterval) {
  for (int i = 0; i < 5; ++i) {
    files_.Set("/run/password", absl::StrCat("half-written ", i));
    executor_.Advance(Reloader::kInterval);
  }
  EXPECT_THAT(used_, IsEmpty());
  executor_.Advance(Reloader::kInterval);
  EXPECT_EQ(used_.size(), 1u);
}

TEST_F(ReloaderTest, AChangeThatIsTakenBackIsNone) {
  files_.Set("/run/password", "half-written");
  executor_.Advance(Reloader::kInterval);
  files_.Set("/run/password", "password");
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(used_, IsEmpty());
}

TEST_F(ReloaderTest, ABrokenFileChangesNothingAndIsAnErrorOnce) {
  const struct {
    const char* what;
    std::string path;
    std::string content;
    std::string problem;
  } cases[] = {
      {"unknown key", "/etc/f.yaml", absl::StrCat(kFile, "lisen: x\n"),
       "/etc/f.yaml:13:1: unknown key `lisen`; did you mean `listen`?"},
      {"cut off", "/etc/f.yaml", std::string(kFile).substr(0, 60),
       "accounts[0]"},
      {"empty", "/etc/f.yaml", "", "expected a mapping"},
      {"secret empty", "/run/password", "\n",
       "accounts[0].credentials.basic.password.file: the secret is empty"},
  };
  for (const auto& each : cases) {
    log_.lines.clear();
    const std::string before = *files_.Read(each.path, 1 << 20);
    files_.Set(each.path, each.content);
    executor_.Advance(absl::Minutes(1));
    EXPECT_THAT(used_, IsEmpty()) << each.what;
    EXPECT_THAT(log_.lines,
                ElementsAre(HasSubstr(absl::StrCat(
                    "error configuration refused; the one before stays in "
                    "force | ",
                    each.path == "/etc/f.yaml" ? "" : "/etc/f.yaml:"))))
        << each.what;
    EXPECT_THAT(log_.lines[0], HasSubstr(each.problem));
    files_.Set(each.path, before);
    Settle();
    EXPECT_EQ(used_.size(), 1u) << each.what;
    used_.clear();
  }
}

TEST_F(ReloaderTest, AFileThatCannotBeReadChangesNothing) {
  files_.Remove("/run/password");
  executor_.Advance(absl::Minutes(1));
  files_.Set("/run/password", "another");
  Settle();
  EXPECT_EQ(used_.size(), 1u);
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("password.file: no such file"),
                                      HasSubstr("configuration reloaded")));
}

TEST_F(ReloaderTest, ReloadTakesAChangeOverAtOnce) {
  files_.Set("/run/password", "another");
  reloader_.Reload();
  EXPECT_EQ(used_.size(), 1u);
  Settle();
  EXPECT_EQ(used_.size(), 1u);
}

TEST_F(ReloaderTest, CredentialsThatDidNotChangeStayTheSameObject) {
  files_.Set("/run/password", "another");
  Settle();
  ASSERT_EQ(used_.size(), 1u);
  const auto credentials = [](const Config& config, const char* domain) {
    return config.default_account().For(domain).credentials;
  };
  const char* shipping = "shipping_service_callback";
  EXPECT_EQ(credentials(used_[0], shipping), credentials(first_, shipping));
  EXPECT_NE(credentials(used_[0], "payments"), credentials(first_, "payments"));
}

TEST_F(ReloaderTest, WhatNeedsARestartIsNamed) {
  Change("accounts:", "listen: h:1\nevent_loops: 3\naccounts:");
  Settle();
  EXPECT_THAT(log_.lines,
              ElementsAre(HasSubstr("info configuration reloaded"),
                          "warn changed settings need a restart | listen, "
                          "event_loops"));
}

TEST_F(ReloaderTest, NoLineHoldsASecret) {
  files_.Set("/run/password", "CANARY");
  files_.Set("/run/token", "CANARY");
  Settle();
  Change("{file: /run/password}", "CANARY");
  Settle();
  EXPECT_EQ(log_.lines.size(), 2u);
  for (const std::string& line : log_.lines) {
    EXPECT_THAT(line, Not(HasSubstr("CANARY")));
  }
}

}  // namespace
}  // namespace klarna::config
