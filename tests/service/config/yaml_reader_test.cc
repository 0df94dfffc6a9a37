// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_reader.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "klarna/gateway/config/v1/config.pb.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

struct Result {
  v1::Config message;
  std::string problems;
};

Result Read(std::string_view yaml) {
  Result result;
  ProblemReport report;
  const std::optional<YamlNode> root = ParseYaml(yaml, report);
  if (root.has_value()) ReadYaml(*root, result.message, report);
  result.problems = std::string(report.ToStatus("f").message());
  return result;
}

struct GoodCase {
  const char* what;
  const char* yaml;
  const char* message;
};

TEST(YamlReaderTest, FillsTheMessage) {
  const GoodCase cases[] = {
      {"Text", "listen: host:1", "listen: 'host:1'"},
      {"QuotedText", "listen: \"true\"", "listen: 'true'"},
      {"TextThatLooksLikeANumber", "listen: 0123", "listen: '0123'"},
      {"EmptyText", "listen: ''", "listen: ''"},
      {"Number", "event_loops: 12", "event_loops: 12"},
      {"NegativeNumber", "event_loops: -1", "event_loops: -1"},
      {"LargestNumber", "event_loops: 2147483647", "event_loops: 2147483647"},
      {"LargestLongNumber", "limits: {batch_bytes: 9223372036854775807}",
       "limits { batch_bytes: 9223372036854775807 }"},
      {"True", "reflection: true", "reflection: true"},
      {"False", "reflection: false", "reflection: false"},
      {"Enumeration", "log: {level: debug}", "log { level: LOG_LEVEL_DEBUG }"},
      {"EnumerationInAList", "accounts: [{region: oc}]",
       "accounts { region: REGION_OC }"},
      {"Duration", "limits: {stall_end: 1h30m}",
       "limits { stall_end { seconds: 5400 } }"},
      {"ShortDuration", "limits: {stall_end: 1.5ms}",
       "limits { stall_end { nanos: 1500000 } }"},
      {"NegativeDuration", "limits: {stall_end: -1500ms}",
       "limits { stall_end { seconds: -1 nanos: -500000000 } }"},
      {"List", "accounts:\n  - name: a\n  - name: b\n",
       "accounts { name: 'a' } accounts { name: 'b' }"},
      {"EmptyList", "accounts: []", ""},
      {"EmptyMapping", "log: {}", "log {}"},
      {"Oneof", "resume_tokens: {secrets: [{env: A}, {file: b}]}",
       "resume_tokens { secrets { env: 'A' } secrets { file: 'b' } }"},
  };
  for (const GoodCase& each : cases) {
    const Result result = Read(each.yaml);
    EXPECT_EQ(result.problems, "") << each.what;
    v1::Config expected;
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(each.message, &expected));
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
        result.message, expected))
        << each.what << ": " << result.message.ShortDebugString();
  }
}

struct BadCase {
  const char* what;
  const char* yaml;
  const char* problem;
};

TEST(YamlReaderTest, SaysWhereWhatIsWrong) {
  const BadCase cases[] = {
      {"NoMapping", "- a",
       "f:1:1: expected a mapping with keys such as `listen:`"},
      {"UnknownKeyNearAKnownOne", "accounts:\n  - nmae: a",
       "f:2:5: accounts[0]: unknown key `nmae`; did you mean `name`?"},
      {"UnknownKey", "log: {colour: red}",
       "f:1:7: log: unknown key; the keys here are level"},
      {"NumberOfAFieldIsNoKey", "1: x", "f:1:1: unknown key; the keys here"},
      {"RepeatedKey", "listen: a\nlisten: b",
       "f:2:1: listen: given twice, first in line 1; remove one"},
      {"RepeatedMapping", "log: {level: info}\nlog: {}",
       "f:2:1: log: given twice"},
      {"NoValue", "listen:\nreflection: true",
       "listen: has no value; give one or remove the key"},
      {"NullValue", "log: ~", "f:1:6: log: has no value"},
      {"MappingForAText", "listen: {a: b}",
       "f:1:9: listen: expected a single value"},
      {"ListForAText", "listen: [a]", "f:1:9: listen: expected a single value"},
      {"TextForAMapping", "log: debug",
       "f:1:6: log: expected a mapping with keys such as `level:`"},
      {"ListForAMapping", "log: [debug]", "f:1:6: log: expected a mapping"},
      {"MappingForAList", "accounts: {name: a}",
       "f:1:11: accounts: expected a list"},
      {"TextInAList", "accounts: [a]",
       "f:1:12: accounts[0]: expected a mapping"},
      {"NullInAList", "accounts: [~]",
       "f:1:12: accounts[0]: expected a mapping"},
      {"WordForABoolean", "reflection: yes",
       "f:1:13: reflection: expected true or false, without quotes"},
      {"CapitalBoolean", "reflection: True", "expected true or false"},
      {"QuotedBoolean", "reflection: 'true'", "expected true or false"},
      {"NumberForABoolean", "reflection: 1", "expected true or false"},
      {"TextForANumber", "event_loops: many",
       "f:1:14: event_loops: expected a whole number from -2147483648 to "
       "2147483647, without quotes"},
      {"QuotedNumber", "event_loops: '1'", "expected a whole number"},
      {"Fraction", "event_loops: 1.5", "expected a whole number"},
      {"Exponent", "event_loops: 1e3", "expected a whole number"},
      {"Hexadecimal", "event_loops: 0x10", "expected a whole number"},
      {"Plus", "event_loops: +1", "expected a whole number"},
      {"Unit", "event_loops: 1k", "expected a whole number"},
      {"TooLargeANumber", "event_loops: 2147483648", "expected a whole number"},
      {"TooLargeALongNumber", "limits: {batch_bytes: 9223372036854775808}",
       "f:1:23: limits.batch_bytes: expected a whole number from "
       "-9223372036854775808 to 9223372036854775807"},
      {"UnknownEnumeration", "log: {level: loud}",
       "f:1:14: log.level: expected one of debug, error, info, warn"},
      {"CapitalEnumeration", "log: {level: INFO}", "expected one of"},
      {"WholeNameOfAnEnumeration", "log: {level: LOG_LEVEL_INFO}",
       "expected one of"},
      {"UnspecifiedEnumeration", "log: {level: unspecified}",
       "expected one of"},
      {"NumberForAnEnumeration", "log: {level: 1}", "expected one of"},
      {"DurationWithoutUnit", "limits: {stall_end: 5}",
       "f:1:21: limits.stall_end: expected a duration with its unit"},
      {"DurationInDays", "limits: {stall_end: 1d}", "expected a duration"},
      {"InfiniteDuration", "limits: {stall_end: inf}", "expected a duration"},
      {"OverflowingDuration", "limits: {stall_end: 99999999999999999999h}",
       "expected a duration"},
      {"MappingForADuration", "limits: {stall_end: {seconds: 5}}",
       "f:1:21: limits.stall_end: expected a duration"},
      {"TwoOfAOneof", "resume_tokens: {secrets: [{env: A, file: b}]}",
       "f:1:36: resume_tokens.secrets[0].file: cannot stand beside `env`; "
       "remove one"},
      {"TwoMessagesOfAOneof",
       "accounts: [{credentials: {basic: {}, api_key: {}}}]",
       "accounts[0].credentials.api_key: cannot stand beside `basic`"},
  };
  for (const BadCase& each : cases) {
    const std::string problems = Read(each.yaml).problems;
    EXPECT_NE(problems.find(each.problem), std::string::npos)
        << each.what << ": " << problems;
  }
}

TEST(YamlReaderTest, CollectsAllProblems) {
  const Result result =
      Read("lissten: a\nevent_loops: x\nlog: {level: x}\nreflection: true\n");
  EXPECT_EQ(result.problems,
            "f:1:1: unknown key `lissten`; did you mean `listen`?\n"
            "f:2:14: event_loops: expected a whole number from -2147483648 to "
            "2147483647, without quotes\n"
            "f:3:14: log.level: expected one of debug, error, info, warn");
  EXPECT_TRUE(result.message.reflection());
}

TEST(YamlReaderTest, EscapesTheKeyThatItQuotes) {
  EXPECT_NE(Read("\"liste\\en\": a").problems.find("`liste\\x1bn`"),
            std::string::npos);
}

TEST(YamlReaderTest, NotesWhereKeysStand) {
  v1::Config message;
  ProblemReport report;
  ReadYaml(*ParseYaml("log:\n  level: info\naccounts:\n  - name: a\n", report),
           message, report);
  for (const char* key :
       {"log", "log.level", "accounts[0]", "accounts[0].name"}) {
    report.Add(key, "x");
  }
  EXPECT_EQ(std::string(report.ToStatus("f").message()),
            "f:1:1: log: x\nf:2:3: log.level: x\nf:4:5: accounts[0]: x\n"
            "f:4:5: accounts[0].name: x");
}

}  // namespace
}  // namespace klarna::config
