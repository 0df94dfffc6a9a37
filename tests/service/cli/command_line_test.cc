// SPDX-License-Identifier: Apache-2.0
#include "service/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace klarna::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Parsed {
  int code = 0;  // When the program has nothing more to do.
  CommandLine line;
  std::string out;
  std::string err;
};

Parsed Parse(std::vector<std::string> arguments,
             std::vector<std::string> environment = {}) {
  arguments.insert(arguments.begin(), "klarna-gateway");
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const auto result = ParseCommandLine(static_cast<int>(arguments.size()),
                                       pointers(arguments).data(),
                                       pointers(environment).data());
  Parsed parsed;
  parsed.out = ::testing::internal::GetCapturedStdout();
  parsed.err = ::testing::internal::GetCapturedStderr();
  if (const int* code = std::get_if<int>(&result)) {
    parsed.code = *code;
  } else {
    parsed.line = std::get<CommandLine>(result);
  }
  return parsed;
}

TEST(CommandLineTest, WithoutACommandItServes) {
  const Parsed parsed = Parse({"--config", "f.yaml"});
  EXPECT_EQ(parsed.line.command, Command::kServe);
  EXPECT_EQ(parsed.line.sources.file, "f.yaml");
  EXPECT_THAT(parsed.line.sources.flags, IsEmpty());
}

TEST(CommandLineTest, KnowsEveryCommand) {
  const std::pair<std::string, Command> cases[] = {
      {"validate", Command::kValidate},
      {"routes", Command::kRoutes},
      {"config-schema", Command::kConfigSchema},
      {"config-page", Command::kConfigPage},
      {"--print-config", Command::kPrintConfig},
  };
  for (const auto& [argument, command] : cases) {
    EXPECT_EQ(Parse({argument}).line.command, command) << argument;
  }
}

TEST(CommandLineTest, FlagsStandBeforeOrBehindTheCommand) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--config", "f", "--log.level=debug", "validate"},
           {"validate", "--log.level", "debug", "--config=f"}}) {
    const Parsed parsed = Parse(arguments);
    EXPECT_EQ(parsed.line.command, Command::kValidate);
    EXPECT_EQ(parsed.line.sources.file, "f");
    ASSERT_EQ(parsed.line.sources.flags.size(), 1u);
    EXPECT_EQ(parsed.line.sources.flags[0].name, "--log.level");
    EXPECT_EQ(parsed.line.sources.flags[0].value, "debug");
  }
}

TEST(CommandLineTest, TakesItsVariablesFromTheEnvironment) {
  const Parsed parsed =
      Parse({}, {"HOME=/", "KLARNA_GATEWAY_CONFIG=f",
                 "KLARNA_GATEWAY_LOG_LEVEL=a=b", "KLARNA_GATEWAY", "X"});
  ASSERT_EQ(parsed.line.sources.environment.size(), 1u);
  EXPECT_EQ(parsed.line.sources.environment[0].name,
            "KLARNA_GATEWAY_LOG_LEVEL");
  EXPECT_EQ(parsed.line.sources.environment[0].value, "a=b");
}

TEST(CommandLineTest, AnUnknownFlagGoesToTheSettingsWhichReportIt) {
  const Parsed parsed = Parse({"--log.levle", "debug", "--sandbox"});
  ASSERT_EQ(parsed.line.sources.flags.size(), 1u);
  EXPECT_EQ(parsed.line.sources.flags[0].name, "--log.levle");
}

TEST(CommandLineTest, WrongArgumentsAreExplained) {
  const struct {
    std::vector<std::string> arguments;
    const char* text;
  } cases[] = {
      {{"--confg", "f"}, "flag --confg: no such flag; did you mean `--config`"},
      {{"serve"}, "an argument too many; see --help"},
      {{"valdate"}, "no such command; did you mean `validate`?"},
      {{"--config", "f", "--sandbox"}, "--config excludes --sandbox"},
      {{"--sandbox-transactions", "-1"}, "--sandbox-transactions"},
      {{"validate", "routes"}, ""},
  };
  for (const auto& each : cases) {
    const Parsed parsed = Parse(each.arguments);
    EXPECT_EQ(parsed.code, 2) << each.text;
    EXPECT_THAT(parsed.err, HasSubstr(each.text));
  }
}

TEST(CommandLineTest, HelpShowsTheSettings) {
  const Parsed parsed = Parse({"--help"});
  EXPECT_THAT(parsed.out, HasSubstr("--limits.batch-bytes  (1024 to 1048576; "
                                    "default 32768)"));
  EXPECT_THAT(parsed.out, HasSubstr("validate"));
}

}  // namespace
}  // namespace klarna::cli
