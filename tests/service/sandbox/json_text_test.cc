// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace klarna::sandbox {
namespace {

using nlohmann::json;

TEST(JsonTextTest, SpreadsAsThePaymentsApiDoes) {
  const json value = {{"a", 1},
                      {"b", json::array({{{"c", "x\"y"}}, 2})},
                      {"d", json::object()},
                      {"e", json::array()}};
  EXPECT_EQ(SpreadJson(value),
            "{\n"
            "  \"a\" : 1,\n"
            "  \"b\" : [ {\n"
            "    \"c\" : \"x\\\"y\"\n"
            "  }, 2 ],\n"
            "  \"d\" : { },\n"
            "  \"e\" : [ ]\n"
            "}");
  EXPECT_EQ(json::parse(SpreadJson(value)), value);
}

TEST(JsonTextTest, BoundsTheDepth) {
  EXPECT_TRUE(ParseJson(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(ParseJson(std::string(65, '[') + std::string(65, ']')));
  EXPECT_TRUE(ParseJson("\"" + std::string(100, '[') + "\""));
  EXPECT_TRUE(ParseJson("\"\\\"" + std::string(100, '[') + "\""));
}

TEST(JsonTextTest, RefusesWhatIsNoJson) {
  for (const char* text :
       {"", "{", "{\"a\":1,}", "nope", "{\"a\":\"\xff\"}", "1e999", "[1]]"}) {
    EXPECT_FALSE(ParseJson(text)) << text;
  }
}

TEST(JsonTextTest, ReadsMembersLeniently) {
  const json object = json::parse(
      R"({"text":"a","number":12,"null":null,"list":[],"yes":true})");
  EXPECT_EQ(TextOf(object, "text"), "a");
  EXPECT_EQ(TextOf(object, "number"), "12");
  EXPECT_EQ(TextOf(object, "yes"), "true");
  for (const char* name : {"null", "list", "absent"}) {
    EXPECT_EQ(TextOf(object, name), "") << name;
    EXPECT_EQ(IntegerOf(object, name), 0) << name;
    EXPECT_FALSE(BooleanOf(object, name)) << name;
  }
  EXPECT_EQ(IntegerOf(object, "number"), 12);
  EXPECT_FALSE(Has(object, "null"));
  EXPECT_TRUE(Has(object, "list"));
}

}  // namespace
}  // namespace klarna::sandbox
