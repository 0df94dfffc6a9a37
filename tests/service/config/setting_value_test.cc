// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_value.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "klarna/gateway/config/v1/config.pb.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

// What `text` becomes when it is read and written again; a problem otherwise.
std::string Reread(google::protobuf::Message& message, const std::string& field,
                   const std::string& text) {
  const auto* descriptor = message.GetDescriptor()->FindFieldByName(field);
  ProblemReport report;
  ReadValue({.kind = YamlNode::Kind::kScalar, .text = text}, "key", *descriptor,
            message, report);
  if (!report.empty()) return std::string(report.ToStatus("").message());
  return ValueText(message, *descriptor);
}

TEST(SettingValueTest, EveryKindOfValueIsWrittenAsItIsRead) {
  v1::Config config;
  v1::Limits limits;
  v1::Log log;
  EXPECT_EQ(Reread(config, "listen", "[::1]:7000"), "[::1]:7000");
  EXPECT_EQ(Reread(config, "event_loops", "3"), "3");
  EXPECT_EQ(Reread(config, "reflection", "false"), "false");
  EXPECT_EQ(Reread(limits, "page_budget_bytes", "68719476736"), "68719476736");
  EXPECT_EQ(Reread(limits, "stall_end", "90m"), "1h30m");
  EXPECT_EQ(Reread(limits, "read_backoff", "1.5s"), "1.5s");
  EXPECT_EQ(Reread(log, "level", "warn"), "warn");
}

TEST(SettingValueTest, AWrongTypeIsAProblemThatDoesNotQuoteTheText) {
  v1::Config config;
  v1::Limits limits;
  v1::Log log;
  EXPECT_EQ(Reread(config, "event_loops", "many"),
            "key: expected a whole number from -2147483648 to 2147483647, "
            "without quotes");
  EXPECT_EQ(Reread(config, "reflection", "yes"),
            "key: expected true or false, without quotes");
  EXPECT_EQ(Reread(limits, "stall_end", "5"),
            "key: expected a duration with its unit, such as 500ms, 5s, 30m or "
            "24h");
  EXPECT_EQ(Reread(log, "level", "loud"),
            "key: expected one of debug, error, info, warn");
}

TEST(SettingValueTest, OnlyMessagesAndListsAreNoSingleValues) {
  const auto& config = *v1::Config::descriptor();
  EXPECT_TRUE(IsSingleValue(*config.FindFieldByName("listen")));
  EXPECT_FALSE(IsSingleValue(*config.FindFieldByName("accounts")));
  EXPECT_FALSE(IsSingleValue(*config.FindFieldByName("log")));
  EXPECT_TRUE(
      IsSingleValue(*v1::Limits::descriptor()->FindFieldByName("stall_end")));
}

}  // namespace
}  // namespace klarna::config
