// SPDX-License-Identifier: Apache-2.0
#include "service/cli/commands.h"

#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/service/auth/fake_files.h"

namespace klarna::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "CANARY-4f1c-0123456789-0123456789";
constexpr char kFile[] = R"(
accounts:
  - name: shop
    region: eu
    environment: playground
    credentials: {basic: {user: me, password: {file: /run/password}}}
    domains:
      checkout:
        provider: kustom
        environment: live
        credentials: {api_key: {key: {file: /run/password}}}
resume_tokens: {secrets: [{file: /run/password}]}
)";

auth::FakeFiles Files() {
  return auth::FakeFiles({{"/etc/f.yaml", kFile}, {"/run/password", kCanary}});
}

std::optional<std::string> NoEnvironment(const std::string&) {
  return std::nullopt;
}

CommandLine Line(Command command) {
  return {.command = command,
          .sources = {.file = "/etc/f.yaml",
                      .environment = {{"KLARNA_GATEWAY_LOG_LEVEL", "warn"}},
                      .flags = {{"--listen", "[::1]:7000"}}},
          .sandbox = false,
          .sandbox_options = {}};
}

TEST(CommandsTest, ValidateSaysWhatIsThere) {
  const auto text =
      RunCommand(Line(Command::kValidate), Files(), NoEnvironment);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "The configuration is good: 1 account, default shop.\n");
}

TEST(CommandsTest, ValidateSaysEverythingThatIsWrong) {
  CommandLine line = Line(Command::kValidate);
  line.sources.flags = {{"--event-loops", "65"}, {"--limits.batch-bytes", "1"}};
  EXPECT_EQ(RunCommand(line, Files(), NoEnvironment).status().message(),
            "flag --event-loops: expected 0 to 64\n"
            "flag --limits.batch-bytes: expected 1024 to 1048576");
}

TEST(CommandsTest, PrintConfigSaysWhereEachValueIsFrom) {
  const auto text =
      RunCommand(Line(Command::kPrintConfig), Files(), NoEnvironment);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("listen: \"[::1]:7000\"  # flag --listen\n"));
  EXPECT_THAT(*text,
              HasSubstr("level: warn  # variable KLARNA_GATEWAY_LOG_LEVEL\n"));
  EXPECT_THAT(*text, HasSubstr("- name: shop  # /etc/f.yaml:3\n"));
  EXPECT_THAT(*text, HasSubstr("batch_bytes: 32768  # default\n"));
}

TEST(CommandsTest, PrintConfigHoldsNoSecret) {
  const auto text =
      RunCommand(Line(Command::kPrintConfig), Files(), NoEnvironment);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, Not(HasSubstr("CANARY")));
  EXPECT_THAT(*text, HasSubstr("file: /run/password"));
}

TEST(CommandsTest, WhatPrintConfigPrintsMeansTheSame) {
  const auth::FakeFiles files = Files();
  const CommandLine line = Line(Command::kPrintConfig);
  const auto text = RunCommand(line, files, NoEnvironment);
  ASSERT_TRUE(text.ok()) << text.status();
  auth::FakeFiles printed = Files();
  printed.Set("/etc/printed.yaml", *text);
  const auto before = config::LoadConfig(line.sources, files, NoEnvironment);
  const auto after =
      config::LoadConfig({.file = "/etc/printed.yaml"}, printed, NoEnvironment);
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      *before->settings, *after->settings));
}

TEST(CommandsTest, TheOthersNeedNoConfiguration) {
  for (const Command command :
       {Command::kRoutes, Command::kConfigSchema, Command::kConfigPage}) {
    const auto text = RunCommand({.command = command,
                                  .sources = {},
                                  .sandbox = false,
                                  .sandbox_options = {}},
                                 auth::FakeFiles(), NoEnvironment);
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_FALSE(text->empty());
  }
}

}  // namespace
}  // namespace klarna::cli
