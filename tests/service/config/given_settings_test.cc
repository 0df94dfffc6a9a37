// SPDX-License-Identifier: Apache-2.0
#include "service/config/given_settings.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/service/config/every_setting.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;
using google::protobuf::util::MessageDifferencer;

std::string Flags(const std::vector<GivenSetting>& given, v1::Config& config) {
  ProblemReport report;
  ReadFlags(given, config, report);
  return std::string(report.ToStatus("f").message());
}

std::string Environment(const std::vector<GivenSetting>& given,
                        v1::Config& config) {
  ProblemReport report;
  ReadEnvironment(given, config, report);
  return std::string(report.ToStatus("f").message());
}

TEST(GivenSettingsTest, EverySettingIsAFlagAndAVariable) {
  for (const OneSetting& each : EverySetting()) {
    v1::Config by_flag;
    EXPECT_EQ(Flags({{each.setting->flag, each.text}}, by_flag), "");
    EXPECT_TRUE(MessageDifferencer::Equals(by_flag, each.config))
        << each.setting->flag;
    v1::Config by_variable;
    EXPECT_EQ(Environment({{each.setting->variable, each.text}}, by_variable),
              "");
    EXPECT_TRUE(MessageDifferencer::Equals(by_variable, each.config))
        << each.setting->variable;
  }
}

TEST(GivenSettingsTest, AWrongValueNamesItsSource) {
  const struct {
    GivenSetting given;
    const char* problem;
  } cases[] = {
      {{"--log.level", "CANARY"},
       "flag --log.level: expected one of debug, error, info, warn"},
      {{"--limits.stall-end", "5"},
       "flag --limits.stall-end: expected a duration with its unit, such as "
       "500ms, 5s, 30m or 24h"},
      {{"--lissen", "CANARY"},
       "flag --lissen: no such setting; did you mean `--listen`?"},
      {{"--limits.batch_bytes", "1"},
       "flag --limits.batch_bytes: no such setting; did you mean "
       "`--limits.batch-bytes`?"},
      {{"--what", "1"},
       "flag --what: no such setting; see `klarna-gateway --help`"},
      {{"--accounts.0.domains.checkout.base-uri", "CANARY"},
       "flag --accounts.0.domains.checkout.base-uri: no such setting; see "
       "`klarna-gateway --help`"},
  };
  for (const auto& each : cases) {
    v1::Config config;
    EXPECT_EQ(Flags({each.given}, config), each.problem);
  }
}

TEST(GivenSettingsTest, AVariableOfAWrongNameIsNamedWithTheRightOne) {
  v1::Config config;
  EXPECT_EQ(Environment({{"KLARNA_GATEWAY_LOGLEVEL", "info"}}, config),
            "variable KLARNA_GATEWAY_LOGLEVEL: no such setting; did you mean "
            "`KLARNA_GATEWAY_LOG_LEVEL`?");
  EXPECT_EQ(Environment({{"KLARNA_GATEWAY_REFLECTION", "1"}}, config),
            "variable KLARNA_GATEWAY_REFLECTION: expected true or false, "
            "without quotes");
}

TEST(GivenSettingsTest, VariablesThatKubernetesMakesOfServicesAreOverlooked) {
  for (const char* name :
       {"KLARNA_GATEWAY_SERVICE_HOST", "KLARNA_GATEWAY_SERVICE_PORT",
        "KLARNA_GATEWAY_SERVICE_PORT_GRPC", "KLARNA_GATEWAY_PORT",
        "KLARNA_GATEWAY_PORT_50051_TCP", "KLARNA_GATEWAY_PORT_50051_TCP_ADDR",
        "KLARNA_GATEWAY_PORT_50051_TCP_PROTO",
        "KLARNA_GATEWAY_SANDBOX_PORT_8080_TCP_PORT",
        "KLARNA_GATEWAY_SANDBOX_SERVICE_HOST"}) {
    v1::Config config;
    EXPECT_EQ(Environment({{name, "tcp://10.0.0.1:50051"}}, config), "");
    EXPECT_EQ(config.ByteSizeLong(), 0u);
  }
}

TEST(GivenSettingsTest, MembersThatExcludeEachOtherDoSoWithinOneSource) {
  v1::Config config;
  EXPECT_EQ(
      Flags({{"--accounts.0.credentials.basic.user", "user"},
             {"--accounts.0.credentials.api-key.key.env", "KEY"}},
            config),
      "flag --accounts.0.credentials.api-key.key.env: cannot stand beside a "
      "flag of `basic`; remove one");
}

TEST(GivenSettingsTest, AMemberReplacesTheOneOfAWeakerSource) {
  v1::Config config;
  config.mutable_resume_tokens()->add_secrets()->set_file("of the file");
  EXPECT_EQ(Environment({{"KLARNA_GATEWAY_RESUME_TOKENS_SECRETS_0_ENV", "X"}},
                        config),
            "");
  EXPECT_EQ(config.resume_tokens().secrets(0).env(), "X");
  EXPECT_EQ(config.resume_tokens().secrets_size(), 1);
}

TEST(GivenSettingsTest, AFlagGivenTwiceIsAProblem) {
  v1::Config config;
  EXPECT_EQ(Flags({{"--listen", "h:1"}, {"--listen", "h:2"}}, config),
            "flag --listen: given twice; remove one");
}

}  // namespace
}  // namespace klarna::config
