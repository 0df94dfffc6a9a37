// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/shape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klarna::sandbox {
namespace {

const ShapeBook& Book() {
  static const ShapeBook book(
      {{"line", "name*:s5 total*:i..100"},
       {"order",
        "amount*:i0..500 lines:[{line}]2 flag:b intent:e=buy|tokenize at:t "
        "extra:o tags:[s]"}});
  return book;
}

// The paths of what is wrong, each with its kind.
std::string Wrong(const std::string& body) {
  std::vector<Problem> problems;
  CheckObject(*Book().Find("order"), nlohmann::json::parse(body), "",
              &problems);
  constexpr const char* kKinds[] = {"missing", "kind", "range", "long", "many"};
  std::string text;
  for (const Problem& problem : problems) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", problem.path, " ",
                    kKinds[static_cast<int>(problem.kind)]);
  }
  return text;
}

TEST(ShapeTest, FindsWhatIsWrong) {
  struct Case {
    std::string body;
    std::string wrong;
  };
  for (const Case& c : {
           Case{R"({"amount":1})", ""},
           Case{R"({"amount":0,"unknown":{"deep":[1]},"extra":[1]})", ""},
           Case{R"({})", "amount missing"},
           Case{R"({"amount":null})", "amount missing"},
           Case{R"({"amount":1,"flag":null,"lines":null})", ""},
           Case{R"({"amount":501})", "amount range"},
           Case{R"({"amount":-1})", "amount range"},
           Case{R"({"amount":18446744073709551615})", "amount range"},
           Case{R"({"amount":"1"})", "amount kind"},
           Case{R"({"amount":1.0})", "amount kind"},
           Case{R"({"amount":1,"flag":"true"})", "flag kind"},
           Case{R"({"amount":1,"intent":"BUY"})", ""},
           Case{R"({"amount":1,"intent":"sell"})", "intent kind"},
           Case{R"({"amount":1,"at":"2025-01-01"})", ""},
           Case{R"({"amount":1,"at":"now"})", "at kind"},
           Case{R"({"amount":1,"tags":["a",7,true]})", ""},
           Case{R"({"amount":1,"tags":[{}]})", "tags[0] kind"},
           Case{R"({"amount":1,"tags":"a"})", "tags kind"},
           Case{R"({"amount":1,"lines":[{"name":"a","total":100}]})", ""},
           Case{R"({"amount":1,"lines":[{"name":"abcdef","total":101}]})",
                "lines[0].name long, lines[0].total range"},
           Case{R"({"amount":1,"lines":[{"name":"a","total":1},{}]})",
                "lines[1].name missing, lines[1].total missing"},
           Case{R"({"amount":1,"lines":[1]})", "lines[0] kind"},
           Case{R"({"amount":1,"lines":[{},{},{}]})", "lines many"},
       }) {
    EXPECT_EQ(Wrong(c.body), c.wrong) << c.body;
  }
}

TEST(ShapeTest, ChecksTextOfAQuery) {
  const Member integer{
      .name = "size", .kind = Member::Kind::kInteger, .least = 1, .most = 500};
  struct Case {
    const char* text;
    bool fits;
    Problem::Kind wrong;
  };
  for (const Case& c :
       {Case{"1", true, {}}, Case{"500", true, {}},
        Case{"501", false, Problem::Kind::kOutOfRange},
        Case{"0", false, Problem::Kind::kOutOfRange},
        Case{"-1", false, Problem::Kind::kOutOfRange},
        Case{"", false, Problem::Kind::kWrongKind},
        Case{" 5", false, Problem::Kind::kWrongKind},
        Case{"5x", false, Problem::Kind::kWrongKind},
        Case{"99999999999999999999", false, Problem::Kind::kWrongKind}}) {
    Problem::Kind wrong = {};
    EXPECT_EQ(TextFits(integer, c.text, &wrong), c.fits) << c.text;
    if (!c.fits) {
      EXPECT_EQ(wrong, c.wrong) << c.text;
    }
  }
}

TEST(ShapeDeathTest, AbortsOnTextThatIsNoShape) {
  for (const char* text : {"name", "name:", "name:x", "name:i5", "name:[s",
                           "name:{unknown}", "name:s1x"}) {
    const std::vector<ShapeBook::Entry> entries = {{"bad", text}};
    EXPECT_DEATH(ShapeBook{entries}, "not a member of a shape") << text;
  }
}

}  // namespace
}  // namespace klarna::sandbox
