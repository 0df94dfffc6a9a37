// SPDX-License-Identifier: Apache-2.0
#include "service/cli/config_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace klarna::cli {
namespace {

using ::testing::HasSubstr;

TEST(ConfigPageTest, SaysWhatIsKnownOfAKey) {
  const std::string page = ConfigPage();
  EXPECT_THAT(page, HasSubstr("| `batch_bytes` | number, 1024 to 1048576 | "
                              "`32768` | Size that a message of a list is "
                              "filled to, in bytes; one entity may be larger. "
                              "|\n"));
  EXPECT_THAT(page, HasSubstr("| `accounts` | list of [Account](#account) | "
                              "required |"));
  EXPECT_THAT(page, HasSubstr("`warn`: What somebody should look at."));
  EXPECT_THAT(page, HasSubstr("| `listen` | text | `0.0.0.0:50051` |"));
  EXPECT_THAT(page, HasSubstr("A change needs a restart. |"));
}

TEST(ConfigPageTest, NamesTheFlagAndTheVariableOfEachSetting) {
  EXPECT_THAT(ConfigPage(), HasSubstr("| `log.level` | `--log.level` | "
                                      "`KLARNA_GATEWAY_LOG_LEVEL` |\n"));
}

}  // namespace
}  // namespace klarna::cli
