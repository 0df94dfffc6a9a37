// SPDX-License-Identifier: Apache-2.0
#include "service/config/secret_loader.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/service/auth/fake_files.h"

namespace klarna::config {
namespace {

using gateway::config::v1::SecretSource;

class SecretLoaderTest : public testing::Test {
 protected:
  std::string Load(const SecretSource& source) {
    return std::string(loader_.Load(source, "key").Reveal());
  }
  std::string Problems() const {
    return std::string(report_.ToStatus("f").message());
  }

  auth::FakeFiles files_{{{"/etc/gateway/relative/a", "from relative\n"},
                          {"/absolute", "from absolute\n"},
                          {"/empty", ""}}};
  auth::EnvironmentLookup environment_ =
      [](const std::string& name) -> std::optional<std::string> {
    if (name == "NAME") return "from environment";
    return std::nullopt;
  };
  ProblemReport report_;
  SecretLoader loader_{"/etc/gateway", files_, environment_, report_};
};

TEST_F(SecretLoaderTest, ReadsFilesAndTheEnvironment) {
  SecretSource source;
  source.set_file("relative/a");
  EXPECT_EQ(Load(source), "from relative");
  source.set_file("/absolute");
  EXPECT_EQ(Load(source), "from absolute");
  source.set_env("NAME");
  EXPECT_EQ(Load(source), "from environment");
  EXPECT_TRUE(report_.empty());
}

TEST_F(SecretLoaderTest, ReportsWhatCannotBeReadWithoutItsName) {
  SecretSource source;
  EXPECT_EQ(Load(source), "");
  source.set_file("/CANARY");
  EXPECT_EQ(Load(source), "");
  source.set_file("/empty");
  EXPECT_EQ(Load(source), "");
  source.set_env("CANARY");
  EXPECT_EQ(Load(source), "");
  EXPECT_EQ(Problems(),
            "f: key: needs `file` or `env`: where the secret stands\n"
            "f: key.file: no such file\n"
            "f: key.file: the secret is empty\n"
            "f: key.env: the environment variable is not set");
}

}  // namespace
}  // namespace klarna::config
