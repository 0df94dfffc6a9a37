// SPDX-License-Identifier: Apache-2.0
#include "service/json/json_to_wire.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "klarna/settlements/v1/payout.pb.h"
#include "klarna/settlements/v1/transaction.pb.h"
#include "tests/service/json/document_generator.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs PointersAndTexts(const std::vector<Unmapped>& unmapped) {
  Pairs pairs;
  for (const Unmapped& entry : unmapped) {
    pairs.emplace_back(entry.pointer, entry.json);
  }
  return pairs;
}

// The typed part in text format on one line, and the unmapped part.
struct Decoded {
  std::string message;
  Pairs unmapped;
};

Decoded Decode(const std::string& json) {
  DecodedMessage out;
  const absl::Status status =
      DecodeMessage(json, TableOf<samples::Everything>(), out);
  if (!status.ok()) return {status.ToString(), {}};
  samples::Everything message;
  if (!message.ParseFromString(out.wire)) return {"malformed wire", {}};
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  Decoded decoded;
  printer.PrintToString(message, &decoded.message);
  if (!decoded.message.empty()) decoded.message.pop_back();
  decoded.unmapped = PointersAndTexts(out.unmapped);
  return decoded;
}

TEST(JsonToWireTest, PutsWhatFitsIntoTheMessage) {
  struct Case {
    const char* json;
    const char* message;
  };
  const Case cases[] = {
      {"{}", ""},
      {" { } ", ""},
      {R"({"text":"a"})", R"(text: "a")"},
      {R"({"text":""})", R"(text: "")"},
      {R"({"text":"\u0041\n\ud83d\ude00"})", R"(text: "A\n\360\237\230\200")"},
      {R"({"\u0074ext":"a"})", R"(text: "a")"},
      {R"( { "number" : 12 , "text" : "a" } )", R"(text: "a" number: 12)"},
      {R"({"text":"a","number":1,"small":2,"flag":true})",
       R"(text: "a" number: 1 small: 2 flag: true)"},
      {R"({"flag":false,"small":0,"number":0})",
       "number: 0 small: 0 flag: false"},
      {R"({"number":9223372036854775807})", "number: 9223372036854775807"},
      {R"({"number":-9223372036854775808})", "number: -9223372036854775808"},
      {R"({"small":2147483647})", "small: 2147483647"},
      {R"({"small":-2147483648})", "small: -2147483648"},
      {R"({"decimal":59.32930})", R"(decimal: "59.32930")"},
      {R"({"decimal":-0.0E-5})", R"(decimal: "-0.0E-5")"},
      {R"({"decimal":7})", R"(decimal: "7")"},
      {R"({"child":{}})", "child { }"},
      {R"({"child":{"child":{"number":1}},"far":3})",
       "child { child { number: 1 } } far: 3"},
      {R"({"texts":["a","","b"]})", R"(texts: "a" texts: "" texts: "b")"},
      {R"({"numbers":[1,-1,300]})", "numbers: 1 numbers: -1 numbers: 300"},
      {R"({"flags":[true,false]})", "flags: true flags: false"},
      {R"({"decimals":[1.0,2]})", R"(decimals: "1.0" decimals: "2")"},
      {R"({"children":[{},{"number":1}]})",
       "children { } children { number: 1 }"},
      {R"({"descriptor":"d"})", R"(session_descriptor: "d")"},
      {R"({"a/b~c d":"d"})", R"(odd_name: "d")"},
      {R"({"empty":{}})", "empty { }"},
      {R"({"a_name_that_needs_more_than_thirty_two_bytes":5})",
       "a_name_that_needs_more_than_thirty_two_bytes: 5"},
  };
  for (const Case& c : cases) {
    const Decoded decoded = Decode(c.json);
    EXPECT_EQ(decoded.message, c.message) << c.json;
    EXPECT_THAT(decoded.unmapped, IsEmpty()) << c.json;
  }
}

TEST(JsonToWireTest, KeepsWhatDoesNotFitWithItsText) {
  struct Case {
    const char* json;
    const char* message;
    Pairs unmapped;
  };
  const Case cases[] = {
      {R"({"new":[1, 2]})", "", {{"/new", "[1, 2]"}}},
      {R"({"session_descriptor":"d"})", "", {{"/session_descriptor", "\"d\""}}},
      {R"({"":1,"a/b":2,"~":3})",
       "",
       {{"/", "1"}, {"/a~1b", "2"}, {"/~0", "3"}}},
      {R"({"t\u0065xt2":1})", "", {{"/text2", "1"}}},
      {R"({"text":null,"number":null,"child":null,"texts":null})",
       "",
       {{"/text", "null"},
        {"/number", "null"},
        {"/child", "null"},
        {"/texts", "null"}}},
      {R"({"text":1,"flag":"true","child":[],"empty":"","texts":"a"})",
       "",
       {{"/text", "1"},
        {"/flag", "\"true\""},
        {"/child", "[]"},
        {"/empty", "\"\""},
        {"/texts", "\"a\""}}},
      {R"({"flag":0,"decimal":"1.0","number":"12","small":true})",
       "",
       {{"/flag", "0"},
        {"/decimal", "\"1.0\""},
        {"/number", "\"12\""},
        {"/small", "true"}}},
      {R"({"number":-0})", "", {{"/number", "-0"}}},
      {R"({"number":1.0})", "", {{"/number", "1.0"}}},
      {R"({"number":1e2})", "", {{"/number", "1e2"}}},
      {R"({"number":1E2})", "", {{"/number", "1E2"}}},
      {R"({"number":9223372036854775808})",
       "",
       {{"/number", "9223372036854775808"}}},
      {R"({"number":-9223372036854775809})",
       "",
       {{"/number", "-9223372036854775809"}}},
      {R"({"number":18446744073709551617})",
       "",
       {{"/number", "18446744073709551617"}}},
      {R"({"small":2147483648,"smalls":[-2147483649]})",
       "",
       {{"/small", "2147483648"}, {"/smalls", "[-2147483649]"}}},
      {R"({"text":"a\ud800"})", "", {{"/text", R"("a\ud800")"}}},
      {R"({"texts":[ ]})", "", {{"/texts", "[ ]"}}},
      {R"({"texts":[null, 1]})", "", {{"/texts", "[null, 1]"}}},
      {R"({"children":[]})", "", {{"/children", "[]"}}},
      {R"({"texts":[null,"a",1,"b",["c"]]})",
       R"(texts: "a" texts: "b")",
       {{"/texts/0", "null"}, {"/texts/2", "1"}, {"/texts/4", "[\"c\"]"}}},
      {R"({"numbers":[1,-0,2.5,3]})",
       "numbers: 1 numbers: 3",
       {{"/numbers/1", "-0"}, {"/numbers/2", "2.5"}}},
      {R"({"children":[{"x":1},null,{"number":1,"y":2}]})",
       "children { } children { number: 1 }",
       {{"/children/0/x", "1"},
        {"/children/1", "null"},
        {"/children/2/y", "2"}}},
      {R"({"child":{"children":[{"a":{"b":1}}],"z":0},"q":1})",
       "child { children { } }",
       {{"/child/children/0/a", R"({"b":1})"}, {"/child/z", "0"}, {"/q", "1"}}},
      {R"({"empty":{"x":1}})", "empty { }", {{"/empty/x", "1"}}},
      {R"([1,2])", "", {{"", "[1,2]"}}},
      {" null ", "", {{"", "null"}}},
      {R"("a")", "", {{"", "\"a\""}}},
  };
  for (const Case& c : cases) {
    const Decoded decoded = Decode(c.json);
    EXPECT_EQ(decoded.message, c.message) << c.json;
    EXPECT_THAT(decoded.unmapped, ElementsAreArray(c.unmapped)) << c.json;
  }
}

TEST(JsonToWireTest, RefusesBrokenJsonWithItsOffset) {
  struct Case {
    const char* json;
    int offset;
  };
  const Case cases[] = {
      {"", 0},
      {"{", 1},
      {R"({"text":)", 8},
      {R"({"text":"a)", 10},
      {R"({"text":"a")", 11},
      {R"({"text":"a",})", 12},
      {R"({"text":"a"}x)", 12},
      {R"({"number":01})", 10},
      {R"({"number":1x})", 11},
      {R"({"number":-})", 11},
      {R"({"number":.5})", 10},
      {R"({"flag":tru})", 11},
      {R"({"flag":truex})", 12},
      {R"({"decimal":1.})", 13},
      {R"({"texts":["a",]})", 14},
      {R"({"texts":["a")", 13},
      {R"({"texts":)", 9},
      {R"({"children":[{]})", 14},
      {R"({"unknown":[1,]})", 14},
      {R"({"text":"a\q"})", 11},
      {"{\"text\":\"a\tb\"}", 10},
      {"{\"text\":\"\xff\"}", 9},
  };
  for (const Case& c : cases) {
    DecodedMessage out;
    const absl::Status status =
        DecodeMessage(c.json, TableOf<samples::Everything>(), out);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.json;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("byte " + std::to_string(c.offset) + ":"))
        << c.json;
  }
}

TEST(JsonToWireTest, RefusesDuplicateKeysTypedOrNot) {
  for (const char* json : {
           R"({"text":"a","text":"a"})",
           R"({"text":"a","te\u0078t":null})",
           R"({"new":1,"new":2})",
           R"({"new":1,"text":"a","n\u0065w":2})",
           R"({"child":{"number":1},"child":{"far":2}})",
           R"({"children":[{"number":1,"number":1}]})",
           R"({"child":{"new":1,"far":2,"new":2}})",
           R"({"new":{"a":{"b":1,"b":1}}})",
           R"({"text":{"b":1,"b":1}})",
           R"({"texts":[{"b":1,"b":1}]})",
       }) {
    EXPECT_THAT(Decode(json).message, HasSubstr("twice")) << json;
  }
}

TEST(JsonToWireTest, AllowsTheSameKeyInDifferentObjects) {
  const Decoded decoded =
      Decode(R"({"new":{"new":1},"child":{"new":2,"number":1},"number":2})");
  EXPECT_EQ(decoded.message, "number: 2 child { number: 1 }");
  EXPECT_THAT(decoded.unmapped, ElementsAre(std::pair("/new", R"({"new":1})"),
                                            std::pair("/child/new", "2")));
}

TEST(JsonToWireTest, CountsDepthThroughTypedAndUntypedParts) {
  const auto nested = [](int n, const std::string& inner) {
    std::string json = inner;
    for (int i = 0; i < n; ++i) json = R"({"child":)" + json + "}";
    return json;
  };
  EXPECT_THAT(Decode(nested(31, "{}")).message, HasSubstr("child { }"));
  EXPECT_THAT(Decode(nested(32, "{}")).message, HasSubstr("too deep"));
  EXPECT_THAT(Decode(nested(31, R"({"x":1})")).unmapped, ::testing::SizeIs(1));
  EXPECT_THAT(Decode(nested(31, R"({"x":[]})")).message, HasSubstr("too deep"));
  EXPECT_THAT(Decode(nested(31, R"({"texts":["a"]})")).message,
              HasSubstr("too deep"));
  EXPECT_THAT(Decode(nested(30, R"({"texts":["a"]})")).message,
              HasSubstr("texts"));
}

TEST(JsonToWireTest, WritesLengthsInTheirShortestForm) {
  for (const size_t size : {0, 1, 15, 16, 17, 125, 126, 127, 128, 129, 200,
                            16382, 16383, 16384, 3'000'000}) {
    // Padding after the string keeps the short-string path open.
    for (const size_t padding : {0, 300}) {
      samples::Everything message;
      message.mutable_child()->mutable_child()->set_text(
          std::string(size, 'x'));
      const std::string json = R"({"child":{"child":{"text":")" +
                               std::string(size, 'x') + "\"}}}" +
                               std::string(padding, ' ');
      DecodedMessage out;
      ASSERT_EQ(DecodeMessage(json, TableOf<samples::Everything>(), out),
                absl::OkStatus());
      ASSERT_EQ(out.wire, message.SerializeAsString()) << size;
    }
  }
}

TEST(JsonToWireTest, FindsTheEndOfAStringAtEveryPosition) {
  for (size_t size = 0; size < 150; ++size) {
    for (const char* end : {"", "\\n", "\\\"", "\\u0041"}) {
      const std::string json = R"({"text":")" + std::string(size, 'x') + end +
                               R"(","far":1})" + std::string(200, ' ');
      samples::Everything message;
      DecodedMessage out;
      ASSERT_EQ(DecodeMessage(json, TableOf<samples::Everything>(), out),
                absl::OkStatus());
      ASSERT_TRUE(message.ParseFromString(out.wire));
      const std::string tail = std::string(end) == "\\n"    ? "\n"
                               : std::string(end) == "\\\"" ? "\""
                               : *end != '\0'               ? "A"
                                                            : "";
      ASSERT_EQ(message.text(), std::string(size, 'x') + tail);
      ASSERT_EQ(message.far(), 1);
    }
  }
}

TEST(JsonToWireTest, WritesMoreWireThanItExpected) {
  static const std::string text(127, 'x');
  using samples::Everything;
  struct Case {
    const char* field;
    std::string element;
    void (*add)(Everything&);
  };
  const Case cases[] = {
      {"texts", "\"" + text + "\"", [](Everything& m) { m.add_texts(text); }},
      {"texts", "\"\"", [](Everything& m) { m.add_texts(""); }},
      {"numbers", "-1", [](Everything& m) { m.add_numbers(-1); }},
      {"children", R"({"far":-1})",
       [](Everything& m) { m.add_children()->set_far(-1); }},
      {"decimals", "0", [](Everything& m) { m.add_decimals("0"); }},
  };
  for (const Case& c : cases) {
    Everything expected;
    std::string json = std::string("{\"") + c.field + "\":[" + c.element;
    c.add(expected);
    for (int i = 1; i < 5000; ++i) {
      json += "," + c.element;
      c.add(expected);
    }
    DecodedMessage out;
    ASSERT_EQ(DecodeMessage(json + "]}", TableOf<Everything>(), out),
              absl::OkStatus());
    EXPECT_TRUE(out.wire == expected.SerializeAsString()) << c.element;
  }
}

// Sizes differ, so that the output comes to its end in the middle of some.
TEST(JsonToWireTest, FindsRoomForStringsOfEverySize) {
  for (size_t size = 80; size < 140; ++size) {
    const std::string text(size, 'x');
    samples::Everything expected;
    std::string json = "{\"texts\":[\"" + text + "\"";
    expected.add_texts(text);
    for (int i = 1; i < 100; ++i) {
      json += ",\"" + text + "\"";
      expected.add_texts(text);
    }
    DecodedMessage out;
    ASSERT_EQ(DecodeMessage(json + "]}", TableOf<samples::Everything>(), out),
              absl::OkStatus());
    EXPECT_TRUE(out.wire == expected.SerializeAsString()) << size;
  }
}

TEST(JsonToWireTest, EveryCutOfADocumentIsRefused) {
  const std::string json =
      R"({"text":"a\u00e9","number":-12,"new":{"a":[1,{"b":null}]},)"
      R"("children":[{"flag":true},null],"decimals":[1.5,"x"],"flag":false})" +
      std::string(200, ' ');
  ASSERT_THAT(Decode(json).message, HasSubstr("text"));
  const size_t last = json.find_last_of('}');
  for (size_t size = 0; size <= last; ++size) {
    DecodedMessage out;
    // A copy of exactly this size lets a sanitizer see reads past its end.
    const std::string cut = json.substr(0, size);
    EXPECT_EQ(DecodeMessage(cut, TableOf<samples::Everything>(), out).code(),
              absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST(JsonToWireTest, RefusesMoreUnmappedValuesThanItsBound) {
  const auto document = [](size_t n) {
    std::string json = R"({"texts":["a")";
    for (size_t i = 0; i < n; ++i) json += ",0";
    return json + "]}";
  };
  EXPECT_THAT(Decode(document(kMaxUnmapped)).unmapped,
              ::testing::SizeIs(kMaxUnmapped));
  EXPECT_THAT(Decode(document(kMaxUnmapped + 1)).message,
              HasSubstr("no place"));
}

// The name of a long member is repeated in the pointer of each value.
TEST(JsonToWireTest, RefusesLongerPointersThanItsBound) {
  const auto document = [](size_t keys) {
    std::string json = "{\"x\":0";
    for (size_t i = 0; i < keys; ++i) {
      json += ",\"" + std::to_string(i) + std::string(60'000, '~') + "\":0";
    }
    return json + "}";
  };
  // A tilde is two characters of a pointer.
  EXPECT_THAT(Decode(document(kMaxPointerBytes / 120'100)).unmapped,
              ::testing::SizeIs(kMaxPointerBytes / 120'100 + 1));
  EXPECT_THAT(Decode(document(kMaxPointerBytes / 120'000 + 1)).message,
              HasSubstr("no place"));
}

TEST(JsonToWireTest, RefusesMessagesWithoutJsonForm) {
  DecodedMessage out;
  const absl::Status status =
      DecodeMessage("{}", TableOf<samples::Outer>(), out);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("WireOnly.data"));
}

// Where both define the result, it is that of protobuf's own JSON parser.
template <typename Message>
void CompareWithProtobuf(int documents) {
  DocumentGenerator generate(23, DocumentGenerator::Style::kFitting);
  for (int i = 0; i < documents; ++i) {
    const std::string json = generate.Document(*Message::descriptor());
    DecodedMessage out;
    ASSERT_EQ(DecodeMessage(json, TableOf<Message>(), out), absl::OkStatus());
    ASSERT_THAT(out.unmapped, IsEmpty()) << json;
    Message ours;
    Message theirs;
    ASSERT_TRUE(ours.ParseFromString(out.wire)) << json;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &theirs).ok())
        << json;
    ASSERT_TRUE(MessageDifferencer::Equals(ours, theirs)) << json;
  }
}

TEST(JsonToWireTest, AgreesWithProtobufOnTransactions) {
  CompareWithProtobuf<settlements::v1::TransactionCollection>(300);
}

TEST(JsonToWireTest, AgreesWithProtobufOnPayouts) {
  CompareWithProtobuf<settlements::v1::PayoutCollection>(300);
}

TEST(JsonToWireTest, AgreesWithProtobufOnPayoutSummaries) {
  CompareWithProtobuf<settlements::v1::PayoutSummary>(3000);
}

}  // namespace
}  // namespace klarna::json
