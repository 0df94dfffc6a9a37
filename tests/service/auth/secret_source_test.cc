// SPDX-License-Identifier: Apache-2.0
#include "service/auth/secret_source.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "tests/service/auth/fake_files.h"

namespace klarna::auth {
namespace {

constexpr char kCanary[] = "CANARY-4f1c";

absl::StatusOr<Secret> FromFile(const std::string& content) {
  return SecretFromFile("/secret", FakeFiles({{"/secret", content}}));
}

TEST(SecretSourceTest, TakesOneNewlineOffTheEnd) {
  const std::pair<std::string, std::string> cases[] = {
      {"key", "key"},     {"key\n", "key"},
      {"key\r\n", "key"}, {"key\n\n", "key\n"},
      {"key\r", "key\r"}, {"\nkey", "\nkey"},
      {" key ", " key "}, {"two\nlines\n", "two\nlines"},
  };
  for (const auto& [content, secret] : cases) {
    const absl::StatusOr<Secret> read = FromFile(content);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->Reveal(), secret);
  }
}

TEST(SecretSourceTest, RefusesDamagedContentWithoutQuotingIt) {
  const std::string canary = kCanary;
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {"\n", "empty"},
      {"\r\n", "empty"},
      {canary + std::string(1, '\0'), "NUL"},
      {"\xEF\xBB\xBF" + canary, "byte order mark"},
      {"\xFE\xFF" + canary, "byte order mark"},
      {"\xFF\xFE" + canary, "byte order mark"},
      {canary + std::string(kMaxSecretBytes, 'x'), "large"},
  };
  for (const auto& [content, text] : cases) {
    const absl::Status status = FromFile(content).status();
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), kCanary)) << status;
  }
}

TEST(SecretSourceTest, TakesTheLongestSecretWithItsNewline) {
  const std::string secret(kMaxSecretBytes, 'x');
  const absl::StatusOr<Secret> read = FromFile(secret + "\r\n");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Reveal().size(), kMaxSecretBytes);
}

TEST(SecretSourceTest, PassesOnThatTheFileIsMissing) {
  const absl::Status status =
      SecretFromFile("/elsewhere/CANARY-4f1c", FakeFiles()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(absl::StrContains(status.message(), kCanary));
}

TEST(SecretSourceTest, ReadsTheEnvironmentByTheSameRules) {
  const EnvironmentLookup environment =
      [](const std::string& name) -> std::optional<std::string> {
    if (name == "KEY") return "key\n";
    if (name == "EMPTY") return "";
    if (name == "LONG") return std::string(kMaxSecretBytes + 1, 'x');
    return std::nullopt;
  };
  const absl::StatusOr<Secret> key = SecretFromEnvironment("KEY", environment);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->Reveal(), "key");
  EXPECT_FALSE(SecretFromEnvironment("EMPTY", environment).ok());
  EXPECT_FALSE(SecretFromEnvironment("LONG", environment).ok());
  EXPECT_EQ(SecretFromEnvironment("MISSING", environment).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace klarna::auth
