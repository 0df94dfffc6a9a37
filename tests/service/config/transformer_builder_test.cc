// SPDX-License-Identifier: Apache-2.0
#include "service/config/transformer_builder.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/service/auth/fake_files.h"

namespace klarna::config {
namespace {

using ::testing::HasSubstr;

class TransformerBuilderTest : public ::testing::Test {
 protected:
  // The problems of a configuration in text format; empty if there is none.
  std::string Build(const std::string& text) {
    gateway::config::v1::Config settings;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &settings));
    const auth::FakeFiles files({{"/etc/gateway/a.jq", ".a = 1\n"},
                                 {"/run/b.jq", ".b"},
                                 {"/run/empty.jq", " \n"}});
    config_ = {};
    config_.accounts.resize(static_cast<size_t>(settings.accounts_size()));
    ProblemReport report;
    BuildTransformers(settings, "/etc/gateway", files, report, config_);
    return std::string(report.ToStatus("f").message());
  }

  Config config_;
};

TEST_F(TransformerBuilderTest, ProgramsStandInTheFileOrBesideIt) {
  EXPECT_EQ(Build("transformers { name: 'here' program: '.payload.a = 1' }"
                  "transformers { name: 'beside' file: 'a.jq' }"
                  "transformers { name: 'elsewhere' file: '/run/b.jq' }"),
            "");
  EXPECT_EQ(config_.FindTransformer("here")->program, ".payload.a = 1");
  EXPECT_EQ(config_.FindTransformer("beside")->program, ".a = 1\n");
  EXPECT_EQ(config_.FindTransformer("elsewhere")->program, ".b");
  EXPECT_EQ(config_.FindTransformer("nowhere"), nullptr);
}

TEST_F(TransformerBuilderTest, AnAccountHasDefaults) {
  EXPECT_EQ(Build("transformers { name: 'a' program: '.' }"
                  "transformers { name: 'b' program: '.' }"
                  "accounts { transformer: 'a' operation_transformers {"
                  "  operation: 'order_management.create_capture'"
                  "  transformer: 'b' } operation_transformers {"
                  "  operation: 'order_management.cancel_order' } }"
                  "accounts {}"),
            "");
  const Account& account = config_.accounts[0];
  EXPECT_EQ(account.TransformerFor("order_management.create_capture"), "b");
  EXPECT_EQ(account.TransformerFor("order_management.cancel_order"), "");
  EXPECT_EQ(account.TransformerFor("order_management.create_refund"), "a");
  EXPECT_EQ(
      config_.accounts[1].TransformerFor("order_management.create_capture"),
      "");
}

TEST_F(TransformerBuilderTest, AtMost64) {
  std::string text;
  for (int i = 0; i < 64; ++i) {
    absl::StrAppend(&text, "transformers { name: 't", i, "' program: '.' }");
  }
  EXPECT_EQ(Build(text), "");
  EXPECT_THAT(Build(text + "transformers { name: 'x' program: '.' }"),
              HasSubstr("transformers: more than 64"));
}

struct ProblemCase {
  const char* name;
  const char* text;
  const char* problem;
};

class TransformerProblemTest
    : public TransformerBuilderTest,
      public ::testing::WithParamInterface<ProblemCase> {};

TEST_P(TransformerProblemTest, IsReportedAtItsKey) {
  EXPECT_THAT(Build(GetParam().text), HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    Problems, TransformerProblemTest,
    ::testing::ValuesIn(std::vector<ProblemCase>{
        {"NoName", "transformers { program: '.' }",
         "transformers[0].name: needs 1 to 64 letters"},
        {"TwiceTheName",
         "transformers { name: 'a' program: '.' }"
         "transformers { name: 'a' program: '.a' }",
         "transformers[1].name: is the name of another one, too"},
        {"NoProgram", "transformers { name: 'a' }",
         "transformers[0]: needs `program` or `file`"},
        {"EmptyProgram", "transformers { name: 'a' program: ' ' }",
         "transformers[0].program: is empty"},
        {"EmptyFile", "transformers { name: 'a' file: '/run/empty.jq' }",
         "transformers[0].file: is empty"},
        {"NoFile", "transformers { name: 'a' file: 'missing.jq' }",
         "transformers[0].file: "},
        {"DefaultWithoutTransformers", "accounts { transformer: 'a' }",
         "accounts[0].transformer: names a transformer, and there is none"},
        {"UnknownDefault",
         "transformers { name: 'a' program: '.' }"
         "transformers { name: 'b' program: '.' }"
         "accounts {} accounts { transformer: 'c' }",
         "accounts[1].transformer: expected the name of a transformer, one of "
         "a, b"},
        {"UnknownOperation",
         "accounts { operation_transformers {"
         "  operation: 'order_management.create_captures' } }",
         "accounts[0].operation_transformers[0].operation: no such operation; "
         "did you mean `order_management.create_capture`?"},
        {"NoOperation", "accounts { operation_transformers {} }",
         "accounts[0].operation_transformers[0].operation: expected an "
         "operation"},
        {"TwiceTheOperation",
         "accounts { operation_transformers {"
         "  operation: 'order_management.create_capture' }"
         "  operation_transformers {"
         "  operation: 'order_management.create_capture' } }",
         "accounts[0].operation_transformers[1].operation: has an entry"},
        {"UnknownTransformerOfAnOperation",
         "accounts { operation_transformers {"
         "  operation: 'order_management.create_capture' transformer: 'x' } }",
         "accounts[0].operation_transformers[0].transformer: names a"},
    }),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace klarna::config
