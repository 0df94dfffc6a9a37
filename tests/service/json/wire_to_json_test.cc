// SPDX-License-Identifier: Apache-2.0
#include "service/json/wire_to_json.h"

#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "service/json/wire.h"
#include "tests/service/json/document_generator.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

using ::testing::HasSubstr;

std::string Wire(const std::string& text) {
  samples::Everything message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message.SerializeAsString();
}

// The JSON, or the error.
std::string EncodeWire(const std::string& wire,
                       const std::vector<Unmapped>& unmapped = {}) {
  std::string json = "prefix ";
  const absl::Status status =
      Encode(wire, TableOf<samples::Everything>(), unmapped, json);
  if (!status.ok()) {
    EXPECT_EQ(json, "prefix ");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }
  EXPECT_EQ(json.substr(0, 7), "prefix ");
  return json.substr(7);
}

std::string EncodeText(const std::string& text,
                       const std::vector<Unmapped>& unmapped = {}) {
  return EncodeWire(Wire(text), unmapped);
}

TEST(WireToJsonTest, WritesPresentFields) {
  struct Case {
    const char* message;
    const char* json;
  };
  const Case cases[] = {
      {"", "{}"},
      {R"(text: "a")", R"({"text":"a"})"},
      {R"(text: "")", R"({"text":""})"},
      {R"(text: "\"\\\n\001\303\245/")", R"({"text":"\"\\\n\u0001å/"})"},
      {"number: 0 small: 0 flag: false",
       R"({"number":0,"small":0,"flag":false})"},
      {"number: 9223372036854775807", R"({"number":9223372036854775807})"},
      {"number: -9223372036854775808", R"({"number":-9223372036854775808})"},
      {"small: -2147483648 flag: true", R"({"small":-2147483648,"flag":true})"},
      {R"(decimal: "1.50")", R"({"decimal":1.50})"},
      {"child { }", R"({"child":{}})"},
      {"child { child { number: 1 } } far: 2",
       R"({"child":{"child":{"number":1}},"far":2})"},
      {R"(texts: "a" texts: "" )", R"({"texts":["a",""]})"},
      {"numbers: 1 numbers: -2 flags: true flags: false",
       R"({"numbers":[1,-2],"flags":[true,false]})"},
      {R"(decimals: "1e5" decimals: "-0")", R"({"decimals":[1e5,-0]})"},
      {"children { } children { number: 1 } far: 1",
       R"({"children":[{},{"number":1}],"far":1})"},
      {R"(session_descriptor: "d" odd_name: "o" empty { })",
       R"({"descriptor":"d","a/b~c d":"o","empty":{}})"},
      {"a_name_that_needs_more_than_thirty_two_bytes: 1",
       R"({"a_name_that_needs_more_than_thirty_two_bytes":1})"},
  };
  for (const Case& c : cases) EXPECT_EQ(EncodeText(c.message), c.json);
}

TEST(WireToJsonTest, WritesStringsOfEveryLengthWithAnEscapeAnywhere) {
  for (size_t size = 0; size < 50; ++size) {
    samples::Everything message;
    message.set_text(std::string(size, 'x'));
    EXPECT_EQ(EncodeWire(message.SerializeAsString()),
              R"({"text":")" + std::string(size, 'x') + "\"}");
    for (size_t i = 0; i < size; ++i) {
      std::string text(size, 'x');
      text[i] = '"';
      message.set_text(text);
      EXPECT_EQ(EncodeWire(message.SerializeAsString()),
                R"({"text":")" + std::string(i, 'x') + "\\\"" +
                    std::string(size - i - 1, 'x') + "\"}");
    }
  }
}

TEST(WireToJsonTest, GathersListsThatAreScatteredOnTheWire) {
  const std::string one = Wire("numbers: 1 numbers: 2");
  const std::string text = Wire(R"(text: "a")");
  std::string unpacked;
  AppendVarintField(8, 3, unpacked);
  EXPECT_EQ(EncodeWire(one + unpacked + text),
            R"({"numbers":[1,2,3],"text":"a"})");
  EXPECT_EQ(EncodeWire(one + text + unpacked),
            R"({"numbers":[1,2,3],"text":"a"})");
  std::string inner;
  AppendLengthDelimited(6, unpacked + text + one, inner);
  EXPECT_EQ(EncodeWire(inner), R"({"child":{"numbers":[3,1,2],"text":"a"}})");
  EXPECT_EQ(EncodeWire(Wire("children { number: 1 }") + text +
                       Wire("children { number: 2 }")),
            R"({"children":[{"number":1},{"number":2}],"text":"a"})");
}

TEST(WireToJsonTest, LeavesOutEmptyPackedRuns) {
  std::string empty;
  AppendLengthDelimited(8, "", empty);
  EXPECT_EQ(EncodeWire(empty), "{}");
  const std::string run = Wire("numbers: 1");
  EXPECT_EQ(EncodeWire(empty + run + empty + run + empty),
            R"({"numbers":[1,1]})");
  EXPECT_EQ(EncodeWire(empty, {{-1, "/numbers", "[]"}}), R"({"numbers":[]})");
}

TEST(WireToJsonTest, RefusesWireThatDoesNotFit) {
  struct Case {
    const char* what;
    std::string wire;
  };
  const auto bytes = [](uint32_t number, std::string_view value) {
    std::string wire;
    AppendLengthDelimited(number, value, wire);
    return wire;
  };
  std::string deep;
  for (int i = 0; i < kMaxDepth; ++i) deep = bytes(6, deep);
  const Case cases[] = {
      {"unknown field", bytes(999, "")},
      {"wrong type", bytes(2, "")},
      {"varint for a string", "\x08\x01"},
      {"set twice", Wire("number: 1") + Wire("number: 1")},
      {"message in two parts", Wire("child { }") + Wire("child { }")},
      {"cut", "\x0a\x05"},
      {"run cut", bytes(8, "\x80")},
      {"no number", bytes(5, "x")},
      {"empty number", bytes(5, "")},
      {"number and more", bytes(5, "1,2")},
      {"number with space", bytes(5, "1 ")},
      {"too deep", deep},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(EncodeWire(c.wire), ::testing::Not(HasSubstr("{"))) << c.what;
    // The way through the tree refuses the same.
    EXPECT_THAT(EncodeWire(c.wire, {{-1, "/x", "1"}}),
                ::testing::Not(HasSubstr("{")))
        << c.what;
  }
}

TEST(WireToJsonTest, MergesUnmappedValuesInOrder) {
  struct Case {
    const char* message;
    std::vector<Unmapped> unmapped;
    const char* json;
  };
  const Case cases[] = {
      {"", {{-1, "/new", " [1, 2]"}}, R"({"new": [1, 2]})"},
      {"number: 1",
       {{-1, "/text", "null"}, {-1, "/small", "1.0"}},
       R"({"number":1,"text":null,"small":1.0})"},
      {"number: 1",
       {{-1, "/", "0"}, {-1, "/a~1~0", "0"}},
       R"({"number":1,"":0,"a/~":0})"},
      {"", {{-1, "/\"\n", "0"}}, R"({"\"\n":0})"},
      {"child { far: 1 } number: 2",
       {{-1, "/child/x", "{}"}},
       R"({"number":2,"child":{"far":1,"x":{}}})"},
      {R"(texts: "b" texts: "d")",
       {{-1, "/texts/0", "1"}, {-1, "/texts/2", "2"}, {-1, "/texts/4", "3"}},
       R"({"texts":[1,"b",2,"d",3]})"},
      {R"(texts: "a")", {{-1, "/texts/-", "1"}}, R"({"texts":["a",1]})"},
      {"numbers: 1 numbers: 2",
       {{-1, "/numbers/2", "null"}, {-1, "/numbers/0", "-0"}},
       R"({"numbers":[-0,1,2,null]})"},
      {"children { } children { number: 1 }",
       {{-1, "/children/0/x", "1"},
        {-1, "/children/1", "null"},
        {-1, "/children/2/y", "2"}},
       R"({"children":[{"x":1},null,{"number":1,"y":2}]})"},
      {"child { children { child { } } }",
       {{-1, "/child/children/0/child/z", "\"\\ud800\""}},
       R"({"child":{"children":[{"child":{"z":"\ud800"}}]}})"},
      {"", {{-1, "", "[1]"}}, "[1]"},
      {"empty { }", {{-1, "/empty/x", "1"}}, R"({"empty":{"x":1}})"},
      {R"(odd_name: "o" session_descriptor: "d")",
       {{-1, "/x", "1"}},
       R"({"descriptor":"d","a/b~c d":"o","x":1})"},
      {R"(decimal: "1.0" decimals: "2.0")",
       {{-1, "/decimals/0", "\"1\""}},
       R"({"decimal":1.0,"decimals":["1",2.0]})"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(EncodeText(c.message, c.unmapped), c.json);
  }
}

TEST(WireToJsonTest, RefusesUnmappedValuesThatCannotBeMerged) {
  struct Case {
    const char* what;
    const char* message;
    Unmapped unmapped;
    const char* why;
  };
  const Case cases[] = {
      {"member set",
       "number: 1",
       {-1, "/number", "2"},
       "\"/number\": that member is set"},
      {"list set", R"(texts: "a")", {-1, "/texts", "[]"}, "is set already"},
      {"message set", "child { }", {-1, "/child", "{}"}, "is set already"},
      {"no parent", "", {-1, "/child/x", "1"}, "parent is not there"},
      {"no list", "", {-1, "/texts/0", "1"}, "parent is not there"},
      {"no element",
       "children { }",
       {-1, "/children/1/x", "1"},
       "parent is not there"},
      {"below -",
       "children { }",
       {-1, "/children/-/x", "1"},
       "parent is not there"},
      {"parent is a string", R"(text: "a")", {-1, "/text/x", "1"}, "neither"},
      {"parent is a number",
       "numbers: 1",
       {-1, "/numbers/0/0", "1"},
       "neither"},
      {"index past the end",
       R"(texts: "a")",
       {-1, "/texts/2", "1"},
       "from 0 to 1"},
      {"index no number",
       R"(texts: "a")",
       {-1, "/texts/x", "1"},
       "from 0 to 1"},
      {"index 01", R"(texts: "a")", {-1, "/texts/01", "1"}, "from 0 to 1"},
      {"no slash", "", {-1, "x", "1"}, "not a JSON Pointer"},
      {"bad escape", "", {-1, "/x~2", "1"}, "not a JSON Pointer"},
      {"pointer not UTF-8", "", {-1, "/\xff", "1"}, "not UTF-8"},
      {"whole document", "number: 1", {-1, "", "{}"}, "not empty"},
      {"no text", "", {-1, "/x", ""}, "invalid JSON at byte 0"},
      {"two texts", "", {-1, "/x", "1,\"y\":2"}, "invalid JSON at byte 1"},
      {"text closes the object", "", {-1, "/x", "1}"}, "invalid JSON"},
      {"duplicate in the text", "", {-1, "/x", R"({"a":1,"a":2})"}, "twice"},
      {"text not UTF-8", "", {-1, "/x", "\"\xff\""}, "not UTF-8"},
      {"text is NaN", "", {-1, "/x", "NaN"}, "invalid JSON"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(EncodeText(c.message, {c.unmapped}), HasSubstr(c.why))
        << c.what;
  }
}

TEST(WireToJsonTest, RefusesAnEntryThatNeedsAnEarlierOnesValue) {
  EXPECT_THAT(EncodeText("", {{-1, "/x", "{}"}, {-1, "/x/y", "1"}}),
              HasSubstr("put it into that one's json"));
  EXPECT_THAT(EncodeText("", {{-1, "/x", "1"}, {-1, "/x", "1"}}),
              HasSubstr("is set already"));
  EXPECT_THAT(EncodeText("", {{-1, "/x", "1"}, {-1, "", "1"}}),
              HasSubstr("not empty"));
  EXPECT_THAT(EncodeText("", {{-1, "", "{}"}, {-1, "/x", "1"}}),
              HasSubstr("put it into"));
}

TEST(WireToJsonTest, ShowsOnlyTheBeginningOfALongPointer) {
  const std::string error =
      EncodeText("", {{-1, "/" + std::string(100'000, 'x') + "/y", "1"}});
  EXPECT_LT(error.size(), 400u);
  EXPECT_THAT(error, HasSubstr("...\": its parent"));
}

TEST(WireToJsonTest, ManyInsertionsAreFastInOrderAndRefusedAllOver) {
  constexpr int kCount = 50'000;
  samples::Everything message;
  for (int i = 0; i < kCount; ++i) message.add_numbers(i);
  std::vector<Unmapped> ascending;
  std::vector<Unmapped> all_over;
  for (int i = 0; i < kCount; ++i) {
    ascending.push_back({-1, "/numbers/" + std::to_string(2 * i), "-0"});
    all_over.push_back({-1, i % 2 == 0 ? "/numbers/0" : "/numbers/-", "-0"});
  }
  const std::string wire = message.SerializeAsString();
  EXPECT_EQ(EncodeWire(wire, ascending).substr(0, 24),
            R"({"numbers":[-0,0,-0,1,-0)");
  EXPECT_THAT(EncodeWire(wire, all_over), HasSubstr("ascending order"));
}

TEST(WireToJsonTest, RefusesMessagesWithoutJsonForm) {
  std::string json;
  EXPECT_EQ(Encode("", TableOf<samples::WireOnly>(), {}, json).code(),
            absl::StatusCode::kFailedPrecondition);
}

// Whatever the bytes, the answer is a document or a refusal.
TEST(WireToJsonTest, SurvivesDamagedWire) {
  std::mt19937 random(5);
  DocumentGenerator generate(5);
  int encoded = 0;
  for (int i = 0; i < 20'000; ++i) {
    DecodedMessage decoded;
    const std::string document =
        generate.Document(*samples::Everything::descriptor());
    ASSERT_EQ(DecodeMessage(document, TableOf<samples::Everything>(), decoded),
              absl::OkStatus());
    std::string wire = decoded.wire;
    for (size_t n = 1 + random() % 3; n > 0 && !wire.empty(); --n) {
      wire[random() % wire.size()] = static_cast<char>(random());
    }
    std::string json;
    encoded +=
        Encode(wire, TableOf<samples::Everything>(), decoded.unmapped, json)
            .ok();
  }
  EXPECT_GT(encoded, 1000);
}

}  // namespace
}  // namespace klarna::json
