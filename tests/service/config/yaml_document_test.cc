// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_document.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace klarna::config {
namespace {

// A tree as text: kinds, values and places.
std::string Dump(const YamlNode& node) {
  const std::string place =
      absl::StrCat("@", node.position.line, ":", node.position.column);
  std::string out;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "null" + place;
    case YamlNode::Kind::kScalar:
      return absl::StrCat(node.quoted ? "'" : "", node.text,
                          node.quoted ? "'" : "", place);
    case YamlNode::Kind::kSequence:
      for (const YamlNode& item : node.items) out += Dump(item) + " ";
      return absl::StrCat("[ ", out, "]", place);
    case YamlNode::Kind::kMapping:
      for (size_t i = 0; i < node.keys.size(); ++i) {
        out += Dump(node.keys[i]) + "=" + Dump(node.items[i]) + " ";
      }
      return absl::StrCat("{ ", out, "}", place);
  }
  return out;
}

std::string Parse(std::string_view text) {
  ProblemReport report;
  const std::optional<YamlNode> root = ParseYaml(text, report);
  EXPECT_EQ(root.has_value(), report.empty());
  return root.has_value() ? Dump(*root)
                          : std::string(report.ToStatus("f").message());
}

TEST(YamlDocumentTest, ReadsValuesAndTheirPlaces) {
  EXPECT_EQ(Parse("a: 1\nb:\n  - x\n  - {c: 'true'}\nd: ~\n"),
            "{ a@1:1=1@1:4 b@2:1=[ x@3:5 { c@4:6='true'@4:9 }@4:5 ]@3:3 "
            "d@5:1=null@5:4 }@1:1");
}

TEST(YamlDocumentTest, KeepsRepeatedKeys) {
  EXPECT_EQ(Parse("{a: 1, a: 2}"), "{ a@1:2=1@1:5 a@1:8=2@1:11 }@1:1");
}

TEST(YamlDocumentTest, KeepsTheTextOfAScalar) {
  EXPECT_EQ(Parse("0123"), "0123@1:1");
  EXPECT_EQ(Parse("\"no\""), "'no'@1:1");
}

TEST(YamlDocumentTest, TakesCommentsAndTabsInsideOfLines) {
  EXPECT_EQ(Parse("# comment\na: b\t# more\n"), "{ a@2:1=b@2:4 }@2:1");
}

TEST(YamlDocumentTest, NothingIsNull) {
  EXPECT_EQ(Parse("").substr(0, 4), "null");
  EXPECT_EQ(Parse("# only a comment\n").substr(0, 4), "null");
}

struct Case {
  const char* what;
  std::string text;
  std::string problem;
};

TEST(YamlDocumentTest, RefusesWhatAConfigurationDoesNotNeed) {
  const Case cases[] = {
      {"Anchor", "a: &x 1\n", "f:1:4: anchors and aliases"},
      {"AnchorOfMapping", "a: &x {b: 1}\n", "f:1:4: anchors and aliases"},
      {"AnchorOfNull", "a: &x\nb: 1\n", "f:1:4: anchors and aliases"},
      {"AnchorOfKey", "&x a: 1\n", "anchors and aliases"},
      {"Alias", "a: &x 1\nb: *x\n", "anchors and aliases"},
      {"UnknownAlias", "a: *x\n", "f:1:4: not valid YAML"},
      {"Tag", "a: !!str 1\n", "f:1:4: tags are not taken"},
      {"OwnTag", "a: !secret 1\n", "f:1:4: tags are not taken"},
      {"TagOfMapping", "a: !x {}\n", "f:1:4: tags are not taken"},
      {"TwoDocuments", "a: 1\n---\nb: 2\n", "more than one YAML document"},
      {"ComplexKey", "? [a]\n: 1\n", "f:1:3: a key has to be a name"},
      {"NullKey", "~: 1\n", "f:1:1: a key has to be a name"},
      {"TabIndentation", "a:\n\tb: 1\n", "f:2:1: a tab in the indentation"},
      {"TabBehindSpaces", "a:\n  \tb: 1\n", "f:2:3: a tab in the indentation"},
      {"ByteOrderMark",
       "\xEF\xBB\xBF"
       "a: 1\n",
       "f:1:1: begins with a byte order"},
      {"Utf16",
       "\xFF\xFE"
       "a",
       "f:1:1: begins with a byte order"},
      {"Nul", std::string("a: \0", 4), "f: holds a NUL byte"},
      {"NoUtf8", "a: \xFF\n", "f:1:4: not UTF-8"},
      {"TooLarge", std::string(kMaxYamlBytes + 1, ' '), "f: larger than"},
      {"TooDeep", std::string(33, '[') + std::string(33, ']'),
       "f:1:33: nested too deep"},
      {"FarTooDeep", std::string(500000, '['), "nested too deep"},
      {"DeepMappings", std::string(200000, '{'), "nested too deep"},
      {"Unclosed", "a: [1, 2\n", "not valid YAML"},
      {"BadIndentation", "a:\n  b: 1\n c: 2\n", "not valid YAML"},
      {"TwoValues", "a: \"x\" y\n", "not valid YAML"},
  };
  for (const Case& each : cases) {
    EXPECT_NE(Parse(each.text).find(each.problem), std::string::npos)
        << each.what << ": " << Parse(each.text);
  }
}

TEST(YamlDocumentTest, TakesTheDeepestDocumentAllowed) {
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  EXPECT_EQ(Parse(deep).front(), '[');
}

TEST(YamlDocumentTest, DoesNotExpandAliases) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = absl::StrCat("*a", i - 1);
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [", last);
    for (int j = 1; j < 8; ++j) absl::StrAppend(&bomb, ",", last);
    bomb += "]\n";
  }
  EXPECT_NE(Parse(bomb).find("anchors and aliases"), std::string::npos);
}

TEST(YamlDocumentTest, SurvivesACutAnywhere) {
  const std::string text =
      "accounts:\n  - name: \"shop\"\n    x: {file: '/a', b: [1, 2]}\nc: |\n  "
      "d\n";
  for (size_t size = 0; size <= text.size(); ++size) {
    Parse(text.substr(0, size));
  }
}

}  // namespace
}  // namespace klarna::config
