// SPDX-License-Identifier: Apache-2.0
#include "service/cli/proto_comments.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "klarna/gateway/config/v1/config.pb.h"

namespace klarna::cli {
namespace {

namespace v1 = gateway::config::v1;
using google::protobuf::Descriptor;

TEST(ProtoCommentsTest, AreThoseAboveMessagesFieldsAndValues) {
  EXPECT_EQ(CommentOf(*v1::Log::descriptor()),
            "The log: JSON lines on the standard error.");
  EXPECT_EQ(CommentOf(*v1::Log::descriptor()->FindFieldByName("level")),
            "Lines below this level are left out.");
  EXPECT_EQ(
      CommentOf(*v1::LogLevel_descriptor()->FindValueByName("LOG_LEVEL_ERROR")),
      "What is broken.");
}

TEST(ProtoCommentsTest, EveryMessageFieldAndValueHasOne) {
  const auto& file = *v1::Config::descriptor()->file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    const Descriptor& message = *file.message_type(i);
    EXPECT_NE(CommentOf(message), "") << message.name();
    for (int j = 0; j < message.field_count(); ++j) {
      EXPECT_NE(CommentOf(*message.field(j)), "")
          << message.field(j)->full_name();
    }
  }
  for (int i = 0; i < file.enum_type_count(); ++i) {
    for (int j = 0; j < file.enum_type(i)->value_count(); ++j) {
      EXPECT_NE(CommentOf(*file.enum_type(i)->value(j)), "");
    }
  }
}

}  // namespace
}  // namespace klarna::cli
