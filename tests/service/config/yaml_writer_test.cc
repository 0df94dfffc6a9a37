// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_writer.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <optional>

#include "service/config/yaml_reader.h"
#include "tests/service/config/every_setting.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

std::string NoComment(const std::string&) { return ""; }

// Reads what was written; the problems if there are any.
std::string ExpectReadBack(const v1::Config& written, const std::string& yaml) {
  ProblemReport report;
  const std::optional<YamlNode> document = ParseYaml(yaml, report);
  v1::Config read;
  if (document) ReadYaml(*document, read, report);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(written, read))
      << yaml << read.DebugString();
  return std::string(report.ToStatus("f").message());
}

TEST(YamlWriterTest, EveryKeyIsReadBackAsItWasWritten) {
  for (const v1::Config& config : EveryKey()) {
    EXPECT_EQ(ExpectReadBack(config, WriteYaml(config, NoComment)), "");
  }
}

TEST(YamlWriterTest, EverySettingIsReadBackAsItWasWritten) {
  for (const OneSetting& each : EverySetting()) {
    EXPECT_EQ(ExpectReadBack(each.config, WriteYaml(each.config, NoComment)),
              "");
  }
}

TEST(YamlWriterTest, CommentsStandBesideValues) {
  v1::Config config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "accounts { name: 'shop' credentials { basic {} } } accounts {}"
      "log { level: LOG_LEVEL_DEBUG } listen: '[::1]:1'",
      &config));
  EXPECT_EQ(
      WriteYaml(config, [](const std::string& key) { return "of " + key; }),
      R"(listen: "[::1]:1"  # of listen
accounts:
  - name: shop  # of accounts[0].name
    credentials:
      basic: {}
  - {}
log:
  level: debug  # of log.level
)");
}

TEST(YamlWriterTest, TextsThatYamlWouldTakeForSomethingElseAreQuoted) {
  for (const char* text :
       {"",   "null", "~",  "- x", "a: b", "#",    "*a", "&a",
        "!a", "'",    "\"", "@",   "%",    "a\nb", " a", "a ",
        "[",  "{",    "|",  ">",   "?",    "\x7f"}) {
    v1::Config config;
    config.set_ca_file(text);
    EXPECT_EQ(ExpectReadBack(config, WriteYaml(config, NoComment)), "");
  }
}

}  // namespace
}  // namespace klarna::config
