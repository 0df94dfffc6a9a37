// SPDX-License-Identifier: Apache-2.0
#include "service/transform/fidelity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/transform/program.h"

namespace klarna::transform {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct NumberCase {
  const char* text;
  const char* from_jq;  // What jq makes of it; empty: it is refused.
};

class NumberTest : public ::testing::TestWithParam<NumberCase> {};

TEST_P(NumberTest, PassesWhenJqGivesItsValueBack) {
  const auto& [text, from_jq] = GetParam();
  EXPECT_EQ(SurvivesJq(text), *from_jq != '\0');
  auto same = Program::Compile(".");
  ASSERT_TRUE(same.ok()) << same.status();
  const absl::StatusOr<std::string> result = same->Run(text);
  if (*from_jq != '\0') {
    EXPECT_EQ(result.value_or(result.status().ToString()), from_jq);
  } else {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, NumberTest,
    ::testing::ValuesIn(std::vector<NumberCase>{
        {"0", "0"},
        {"-0", "-0"},
        {"0.0", "0"},
        {"0e99999", "0"},
        {"1", "1"},
        {"-1", "-1"},
        {"100000000", "100000000"},
        {"9007199254740991", "9007199254740991"},
        {"-9007199254740991", "-9007199254740991"},
        // A double holds it, and its odd neighbour becomes it.
        {"9007199254740992", ""},
        {"9007199254740993", ""},
        {"9007199254740994", ""},
        {"-9007199254740993", ""},
        {"9223372036854775807", ""},
        {"90071992547409930e-1", ""},
        {"1e15", "1000000000000000"},
        {"1e16", ""},
        {"1E2", "100"},
        {"1e+2", "100"},
        {"120e-1", "12"},
        {"1.10", "1.1"},
        {"0.1", "0.1"},
        {"59.3293235", "59.3293235"},
        {"-18.0685808", "-18.0685808"},
        {"0.00001", "1e-05"},
        {"0.3333333333333333", "0.3333333333333333"},
        {"0.33333333333333333333", ""},
        {"0.1000000000000000055511151231257827", ""},
        {"1.00000000000000000001", ""},
        {"4503599627370495.5", "4503599627370495.5"},
        {"4503599627370496.5", ""},
        {"1e400", ""},
        {"1e-400", ""},
        {"1e99999999999999999999", ""},
    }));

struct DocumentCase {
  const char* json;
  const char* problem;  // Empty: there is none.
};

class DocumentTest : public ::testing::TestWithParam<DocumentCase> {};

TEST_P(DocumentTest, NamesThePlaceOfTheFirstValueThatJqWouldChange) {
  const auto& [json, problem] = GetParam();
  const absl::Status status = CheckFidelity(json);
  if (*problem == '\0') {
    EXPECT_TRUE(status.ok()) << status;
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("9007199254740993")))
      << "the value itself is not quoted";
}

INSTANTIATE_TEST_SUITE_P(
    Documents, DocumentTest,
    ::testing::ValuesIn(std::vector<DocumentCase>{
        {R"({})", ""},
        {R"({"a":[],"b":[1,2.5,"9007199254740993",null,true],"c":{}})", ""},
        {R"({"payload":{"lines":[{"a":1},{"a":9007199254740993}]}})",
         "/payload/lines/1/a: jq would change this number"},
        {R"({"a/b":{"~":[9007199254740993]}})", "/a~1b/~0/0: "},
        {R"(9007199254740993)", ": jq would change this number"},
        {R"({"a":"\ud83d\ude00"})", ""},
        {R"({"a":"\ud83d"})", "/a: holds half a surrogate pair"},
        {R"({"a":["\udc00"]})", "/a/0: holds half a surrogate pair"},
        {R"({"\udc00":1})", "lone surrogate in a key"},
        {R"({"a":1,"a":2})", "a key occurs twice"},
        {R"({"a":1)", "it ends early"},
        {R"({"a":NaN})", "not a JSON value"},
        {R"({} {})", "more text after the value"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         "nested too deep"},
    }));

}  // namespace
}  // namespace klarna::transform
