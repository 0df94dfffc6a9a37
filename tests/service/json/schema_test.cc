// SPDX-License-Identifier: Apache-2.0
#include "service/json/schema.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "klarna/settlements/v1/transaction.pb.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Compiles message M of a file given in text format.
absl::Status CompileM(const std::string& file_text) {
  google::protobuf::FileDescriptorProto file;
  if (!google::protobuf::TextFormat::ParseFromString(file_text, &file)) {
    return absl::InternalError("the test's own file does not parse");
  }
  file.set_name("m.proto");
  file.set_package("p");
  file.set_syntax("proto3");
  google::protobuf::DescriptorPool pool;
  const google::protobuf::FileDescriptor* built = pool.BuildFile(file);
  if (built == nullptr) return absl::InternalError("the file does not build");
  return Schema::Compile({built->FindMessageTypeByName("M")}).status();
}

TEST(SchemaTest, FindsEveryReachableMessage) {
  EXPECT_EQ(TableOf<samples::Everything>().full_name(),
            "klarna.json.samples.Everything");
  EXPECT_EQ(TableOf<samples::Everything>().fields().size(), 17u);
  EXPECT_NE(TestSchema().Find(settlements::v1::Transaction::descriptor()),
            nullptr);
  EXPECT_EQ(
      TestSchema().Find(google::protobuf::FileDescriptorProto::descriptor()),
      nullptr);
}

TEST(SchemaTest, FindsFieldsByNumberAndJsonName) {
  const MessageTable& table = TableOf<samples::Everything>();
  for (const Field& field : table.fields()) {
    EXPECT_EQ(table.FindByNumber(field.number), &field);
    EXPECT_EQ(table.FindByJsonName(field.json_name), &field);
  }
  EXPECT_EQ(table.FindByNumber(0), nullptr);
  EXPECT_EQ(table.FindByNumber(17), nullptr);
  EXPECT_EQ(table.FindByNumber(2001), nullptr);
  EXPECT_EQ(table.FindByNumber(0xffffffff), nullptr);
  EXPECT_EQ(table.FindByJsonName("session_descriptor"), nullptr);
  EXPECT_EQ(table.FindByJsonName(""), nullptr);
}

TEST(SchemaTest, TakesTheExplicitJsonNameAndNeverCamelCase) {
  const MessageTable& table = TableOf<samples::Everything>();
  EXPECT_EQ(table.FindByNumber(13)->json_name, "descriptor");
  EXPECT_EQ(table.FindByNumber(16)->json_name,
            "a_name_that_needs_more_than_thirty_two_bytes");
}

TEST(SchemaTest, KnowsNumberTexts) {
  const MessageTable& table = TableOf<samples::Everything>();
  EXPECT_EQ(table.FindByJsonName("decimal")->kind, Kind::kNumberText);
  EXPECT_EQ(table.FindByJsonName("text")->kind, Kind::kString);
}

TEST(SchemaTest, KnowsWhatMayHoldAReadOnlyField) {
  const MessageTable& table = TableOf<samples::Shared>();
  EXPECT_TRUE(table.FindByJsonName("id")->read_only);
  EXPECT_FALSE(table.FindByJsonName("amount")->read_only);
  EXPECT_TRUE(table.has_read_only());
  EXPECT_TRUE(TableOf<samples::Wrapper>().has_read_only());
  EXPECT_FALSE(TableOf<samples::Info>().has_read_only());
}

TEST(SchemaTest, NamesWhatKeepsAMessageFromHavingJson) {
  EXPECT_THAT(TableOf<samples::Everything>().json_obstacle(), IsEmpty());
  EXPECT_THAT(TableOf<samples::Page>().json_obstacle(), IsEmpty());
  EXPECT_EQ(TableOf<samples::Outer>().json_obstacle(),
            "klarna.json.samples.WireOnly.data is bytes");
}

TEST(SchemaTest, RefusesKindsItCannotHandle) {
  for (const char* type :
       {"TYPE_DOUBLE", "TYPE_FLOAT", "TYPE_UINT32", "TYPE_UINT64",
        "TYPE_SINT64", "TYPE_FIXED32", "TYPE_SFIXED64"}) {
    const absl::Status status =
        CompileM(std::string("message_type { name: 'M' field { name: 'amount' "
                             "number: 1 label: LABEL_OPTIONAL type: ") +
                 type + " } }");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << type;
    EXPECT_THAT(std::string(status.message()), HasSubstr("p.M.amount"));
  }
}

TEST(SchemaTest, RefusesMaps) {
  const absl::Status status = CompileM(R"pb(
    message_type {
      name: 'M'
      field {
        name: 'tags'
        number: 1
        label: LABEL_REPEATED
        type: TYPE_MESSAGE
        type_name: '.p.M.TagsEntry'
      }
      nested_type {
        name: 'TagsEntry'
        field { name: 'key' number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
        field {
          name: 'value'
          number: 2
          label: LABEL_OPTIONAL
          type: TYPE_STRING
        }
        options { map_entry: true }
      }
    })pb");
  EXPECT_THAT(std::string(status.message()), HasSubstr("p.M.tags"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("map"));
}

TEST(SchemaTest, RefusesNamesThatJsonWouldEscape) {
  const absl::Status status = CompileM(R"pb(
    message_type {
      name: 'M'
      field {
        name: 'a'
        number: 1
        label: LABEL_OPTIONAL
        type: TYPE_STRING
        json_name: 'a"b'
      }
    })pb");
  EXPECT_THAT(std::string(status.message()), HasSubstr("p.M.a"));
}

TEST(SchemaTest, RefusesHugeFieldNumbers) {
  const absl::Status status = CompileM(R"pb(
    message_type {
      name: 'M'
      field { name: 'a' number: 4096 label: LABEL_OPTIONAL type: TYPE_STRING }
    })pb");
  EXPECT_THAT(std::string(status.message()), HasSubstr("4095"));
}

}  // namespace
}  // namespace klarna::json
