// SPDX-License-Identifier: Apache-2.0
#include "service/cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "service/config/settings.h"

namespace klarna::cli {
namespace {

using ::testing::HasSubstr;

TEST(HelpTest, ShowsEverySetting) {
  const std::string help = SettingsHelp();
  for (const config::Setting& setting : config::AllSettings()) {
    EXPECT_THAT(help, HasSubstr("\n  " + setting.flag));
  }
  EXPECT_THAT(help, HasSubstr("\n  --log.level  (debug|error|info|warn; "
                              "default info)\n      Lines below this level "
                              "are left out.\n"));
}

TEST(HelpTest, FitsATerminal) {
  std::istringstream lines(SettingsHelp());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

}  // namespace
}  // namespace klarna::cli
