// SPDX-License-Identifier: Apache-2.0
#include "service/config/sandbox_config.h"

#include <gtest/gtest.h>

namespace klarna::config {
namespace {

class CountingRandom final : public runtime::Random {
 public:
  uint64_t Next() override { return ++count_; }

 private:
  uint64_t count_ = 0;
};

TEST(SandboxConfigTest, NeedsNoFile) {
  CountingRandom random;
  const Config config = SandboxConfig(8085, random);
  const Account& account = config.default_account();
  EXPECT_EQ(account.name, "sandbox");
  EXPECT_EQ(account.For("settlements").base_uri, "http://127.0.0.1:8085");
  EXPECT_EQ(account.For("settlements").credentials->authorization()->Reveal(),
            "Basic c2FuZGJveDpzYW5kYm94");
  const Endpoint& shipping = account.For("shipping_service_callback");
  EXPECT_EQ(shipping.base_uri, "http://127.0.0.1:8085");
  EXPECT_NE(shipping.credentials->token_exchange(), nullptr);
}

TEST(SandboxConfigTest, MakesAResumeTokenSecretOfItsOwn) {
  CountingRandom random;
  const Config first = SandboxConfig(1, random);
  const Config second = SandboxConfig(1, random);
  ASSERT_EQ(first.resume_tokens.secrets.size(), 1u);
  EXPECT_EQ(first.resume_tokens.secrets[0].Reveal().size(), 64u);
  EXPECT_NE(first.resume_tokens.secrets[0].Reveal(),
            second.resume_tokens.secrets[0].Reveal());
}

TEST(SandboxConfigTest, WhatIsGivenCounts) {
  CountingRandom random;
  const absl::StatusOr<LoadedConfig> loaded =
      LoadSandboxConfig({.environment = {{"KLARNA_GATEWAY_LOG_LEVEL", "error"}},
                         .flags = {{"--limits.batch-bytes", "2048"}}},
                        1, MakeTokenSecret(random), auth::SystemFileReader());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.log_level, observability::Level::kError);
  EXPECT_EQ(loaded->config.limits.batch_bytes, 2048);
}

}  // namespace
}  // namespace klarna::config
