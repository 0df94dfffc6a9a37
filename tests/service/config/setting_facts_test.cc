// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_facts.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "klarna/gateway/config/v1/config.pb.h"
#include "service/config/setting_value.h"
#include "service/config/settings.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

v1::Config Parse(const std::string& text) {
  v1::Config config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

std::string Problems(const std::string& text) {
  ProblemReport report;
  CheckBounds(Parse(text), report);
  return std::string(report.ToStatus("f").message());
}

TEST(SettingFactsTest, BothBoundsAreTaken) {
  EXPECT_EQ(Problems("event_loops: 0"), "");
  EXPECT_EQ(Problems("event_loops: 64"), "");
  EXPECT_EQ(Problems("limits { stall_give_up { nanos: 100000000 } }"), "");
  EXPECT_EQ(Problems("limits { stall_give_up { seconds: 3600 } }"), "");
}

TEST(SettingFactsTest, TheBoundsOfWhatIsOutsideAreNamed) {
  EXPECT_EQ(Problems("event_loops: -1"), "f: event_loops: expected 0 to 64");
  EXPECT_EQ(Problems("event_loops: 65"), "f: event_loops: expected 0 to 64");
  EXPECT_EQ(Problems("limits { page_budget_bytes: 9223372036854775807 }"),
            "f: limits.page_budget_bytes: expected 1048576 to 68719476736");
  EXPECT_EQ(Problems("limits { stall_give_up { nanos: 99999999 } }"),
            "f: limits.stall_give_up: expected 100ms to 1h");
  EXPECT_EQ(Problems("limits { stall_give_up { seconds: -1 } }"),
            "f: limits.stall_give_up: expected 100ms to 1h");
  EXPECT_EQ(Problems("limits { stall_give_up { seconds: 3600 nanos: 1 } }"),
            "f: limits.stall_give_up: expected 100ms to 1h");
  EXPECT_EQ(Problems("accounts {} accounts { timeouts { idle {} } }"),
            "f: accounts[1].timeouts.idle: expected 1s to 10m");
}

TEST(SettingFactsTest, WhatIsNotGivenGetsItsDefault) {
  v1::Config config = Parse("accounts {} limits { batch_bytes: 2048 }");
  FillDefaults(config);
  EXPECT_EQ(config.listen(), "0.0.0.0:50051");
  EXPECT_TRUE(config.reflection());
  EXPECT_EQ(config.log().level(), v1::LOG_LEVEL_INFO);
  EXPECT_EQ(config.limits().batch_bytes(), 2048);
  EXPECT_EQ(config.limits().prefetch_pages(), 2);
  EXPECT_EQ(config.accounts(0).timeouts().total().seconds(), 65);
  EXPECT_EQ(config.resume_tokens().lifetime().seconds(), 86400);
}

TEST(SettingFactsTest, WhatHasNoDefaultStaysAway) {
  v1::Config config = Parse("accounts {}");
  FillDefaults(config);
  EXPECT_FALSE(config.has_ca_file());
  EXPECT_FALSE(config.accounts(0).has_domains());
  EXPECT_FALSE(config.accounts(0).has_credentials());
}

// Calls `check` for each single value of the type and of those in it.
template <typename Check>
void ForEachField(const Descriptor& type, const Check& check) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsSingleValue(field)) {
      check(field);
    } else {
      ForEachField(*field.message_type(), check);
    }
  }
}

TEST(SettingFactsTest, EveryTextInTheOptionsCanBeRead) {
  ForEachField(*v1::Config::descriptor(), [](const FieldDescriptor& field) {
    const auto& facts = FactsOf(field);
    for (const std::string& text :
         {facts.default_value(), facts.min(), facts.max()}) {
      if (text.empty()) continue;
      const std::unique_ptr<Message> message(
          google::protobuf::MessageFactory::generated_factory()
              ->GetPrototype(field.containing_type())
              ->New());
      ProblemReport report;
      ReadValue({.kind = YamlNode::Kind::kScalar, .text = text},
                field.full_name(), field, *message, report);
      EXPECT_TRUE(report.empty()) << report.ToStatus("");
    }
    EXPECT_EQ(facts.min().empty(), facts.max().empty()) << field.full_name();
  });
}

TEST(SettingFactsTest, EveryDefaultIsWithinItsBounds) {
  v1::Config config = Parse("accounts {}");
  FillDefaults(config);
  ProblemReport report;
  CheckBounds(config, report);
  EXPECT_TRUE(report.empty()) << report.ToStatus("");
}

}  // namespace
}  // namespace klarna::config
