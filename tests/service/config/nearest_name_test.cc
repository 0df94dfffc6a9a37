// SPDX-License-Identifier: Apache-2.0
#include "service/config/nearest_name.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::config {
namespace {

const std::vector<std::string> kNames = {"name", "merchant_key", "base_uri",
                                         "region", "env"};

TEST(NearestNameTest, FindsWhatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"regoin", "region"},
      {"regions", "region"},
      {"merchantKey", "merchant_key"},
      {"merchant-key", "merchant_key"},
      {"BASE_URI", "base_uri"},
      {"base_url", "base_uri"},
      {"nam", "name"},

      {"evn", "env"},
      {"nmae", "name"},
  };
  for (const auto& [word, name] : cases) {
    EXPECT_EQ(NearestName(word, kNames), name) << word;
  }
}

TEST(NearestNameTest, FindsNothingForWhatIsNotNear) {
  const std::string words[] = {"", "xy", "hunter2", "klarna_live_api_0123",
                               std::string(100000, 'n')};
  for (const std::string& word : words) {
    EXPECT_EQ(NearestName(word, kNames), "");
  }
}

TEST(NearestNameTest, TakesTheNearestOfSeveral) {
  EXPECT_EQ(NearestName("secrets", {"secret", "secrets"}), "secrets");
  EXPECT_EQ(NearestName("secretss", {"secret", "secrets"}), "secrets");
}

TEST(NearestNameTest, FindsNothingAmongNothing) {
  EXPECT_EQ(NearestName("name", {}), "");
}

}  // namespace
}  // namespace klarna::config
