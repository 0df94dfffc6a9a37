// SPDX-License-Identifier: Apache-2.0
#include "service/transform/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace klarna::transform {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::string RunText(const std::string& program, const std::string& input) {
  auto compiled = Program::Compile(program);
  if (!compiled.ok()) return compiled.status().ToString();
  const absl::StatusOr<std::string> result = compiled->Run(input);
  return result.ok() ? *result : result.status().ToString();
}

struct ProgramCase {
  const char* name;
  const char* program;
  const char* input;
  const char* result;
};

class ProgramTest : public ::testing::TestWithParam<ProgramCase> {};

TEST_P(ProgramTest, GivesItsResultOrSaysWhyNot) {
  const ProgramCase& tested = GetParam();
  EXPECT_THAT(RunText(tested.program, tested.input), HasSubstr(tested.result));
}

INSTANTIATE_TEST_SUITE_P(
    Programs, ProgramTest,
    ::testing::ValuesIn(std::vector<ProgramCase>{
        {"Identity", ".", R"({"a":[1,"x",null]})", R"({"a":[1,"x",null]})"},
        {"Change", ".payload.n |= . + 1", R"({"payload":{"n":1}})",
         R"({"payload":{"n":2}})"},
        {"Definitions", "def twice: . * 2; .n | twice", R"({"n":2})", "4"},
        {"Comment", "# what it does\n.n", R"({"n":2})", "2"},
        {"Braces", ".", R"({"a":"{checkout.order.id}"})",
         R"({"a":"{checkout.order.id}"})"},
        {"ZeroByte", ".", R"({"a":"x\u0000y"})", R"({"a":"x\u0000y"})"},
        {"TimeOfAText", ".t | fromdate | todate",
         R"({"t":"2026-03-01T09:30:00Z"})", R"("2026-03-01T09:30:00Z")"},
        {"NoResult", "empty", "{}", "gave no result"},
        {"TwoResults", "1, 2", "{}", "gave more than one result"},
        {"ErrorAfterAResult", "1, error(\"late\")", "{}", "late"},
        {"OwnError", "error(\"no order lines\")", "{}", "no order lines"},
        {"ErrorThatIsNoText", "error({\"a\":1})", "{}", R"({"a":1})"},
        {"WrongType", ".a.b", R"({"a":1})",
         "Cannot index number with string \"b\""},
        {"Infinite", "{a:[infinite]}", "{}", "infinite or none"},
        {"NotANumber", "{a:nan}", "{}", "infinite or none"},
        {"RoundedResult", ".n * 3", R"({"n":9007199254740991})",
         "the result cannot be taken: : jq would change this number"},
        {"NumberOfItsOwn", "{a:9007199254740993}", "{}",
         "the result cannot be taken: /a: jq would change this number"},
        {"BrokenInput", ".", "{", "it ends early"},
    }),
    [](const auto& tested) { return tested.param.name; });

struct RefusalCase {
  const char* name;
  const char* program;
  const char* message;
};

class RefusalTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(RefusalTest, WhatIsNoFunctionOfTheInputDoesNotCompile) {
  const auto compiled = Program::Compile(GetParam().program);
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(compiled.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Programs, RefusalTest,
    ::testing::ValuesIn(std::vector<RefusalCase>{
        {"Env", ".a = env.HOME", "a transformer has no env"},
        {"DollarEnv", ".a = $ENV.HOME", "a transformer has no $ENV"},
        {"Input", "[., input]", "a transformer has no input"},
        {"Inputs", "[inputs]", "a transformer has no inputs"},
        {"InputFilename", "input_filename",
         "a transformer has no input_filename"},
        {"InputLineNumber", "input_line_number",
         "a transformer has no input_line_number"},
        {"Debug", "debug", "a transformer has no debug"},
        {"DebugMessage", "debug(\"a\")", "a transformer has no debug"},
        {"Stderr", "stderr", "a transformer has no stderr"},
        {"Halt", "halt", "a transformer has no halt"},
        {"HaltError", "halt_error", "a transformer has no halt_error"},
        {"HaltErrorCode", "halt_error(1)", "a transformer has no halt_error"},
        {"Now", ".a = now", "a transformer has no now"},
        {"LocalTime", "0 | localtime", "a transformer has no localtime"},
        {"LocalTimeText", "0 | strflocaltime(\"%Y\")",
         "a transformer has no strflocaltime"},
        {"ModuleMeta", "\"a\" | modulemeta", "a transformer has no modulemeta"},
        {"SearchList", "get_search_list",
         "a transformer has no get_search_list"},
        {"InADefinition", "def f: env; .a = f", "a transformer has no env"},
        {"Import", "import \"a\" as a; .", "unexpected import"},
        {"ImportData", "import \"/etc/passwd\" as $a; .", "unexpected import"},
        {"Include", "include \"a\"; .", "unexpected include"},
        {"Module", "module {}; .", "unexpected module"},
        {"NamedArguments", "$__prog_args", "$__prog_args is not defined"},
        {"Unknown", ".a = foo",
         "foo/0 is not defined at <top-level>, line 1:\n.a = foo"},
        {"UnknownInTheThirdLine", "# a\n.b = 1\n| foo(1)",
         "foo/1 is not defined at <top-level>, line 3:\n| foo(1)"},
        {"Syntax", ".a = ", "syntax error, unexpected $end at <top-level>"},
        {"Empty", "", "syntax error"},
    }),
    [](const auto& tested) { return tested.param.name; });

TEST(ProgramLimitsTest, TheEnvironmentIsEmptyHoweverItIsAskedFor) {
  setenv("KLARNA_CANARY", "canary-3141", 1);
  EXPECT_EQ(RunText("$ ENV", "{}"), "{}");
  EXPECT_THAT(RunText("$ # a comment\nENV", "{}"), Not(HasSubstr("canary")));
}

TEST(ProgramLimitsTest, AZeroByteDoesNotEndAProgramEarly) {
  EXPECT_FALSE(Program::Compile(std::string(".a\0 = 1", 7)).ok());
}

TEST(ProgramLimitsTest, AMessageIsCutBetweenCharacters) {
  auto program = Program::Compile("error(\"a\" + \"é\" * 1000)");
  ASSERT_TRUE(program.ok()) << program.status();
  const absl::Status status = program->Run("{}").status();
  EXPECT_THAT(std::string(status.message()), SizeIs(299));
}

TEST(ProgramLimitsTest, AProgramRunsAgainAfterAnError) {
  auto program = Program::Compile("if .bad then error(\"bad\") else .n end");
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_FALSE(program->Run(R"({"bad":true})").ok());
  EXPECT_EQ(program->Run(R"({"n":7})").value_or(""), "7");
}

}  // namespace
}  // namespace klarna::transform
