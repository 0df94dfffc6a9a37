// SPDX-License-Identifier: Apache-2.0
#include "service/config/settings.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "klarna/gateway/config/v1/config.pb.h"

namespace klarna::config {
namespace {

const Setting* Find(const std::string& key) {
  const auto& all = AllSettings();
  const auto found =
      std::find_if(all.begin(), all.end(),
                   [&](const Setting& each) { return each.key == key; });
  return found == all.end() ? nullptr : &*found;
}

TEST(SettingsTest, AreNamedAfterTheirKeys) {
  const Setting* batch = Find("limits.batch_bytes");
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->flag, "--limits.batch-bytes");
  EXPECT_EQ(batch->variable, "KLARNA_GATEWAY_LIMITS_BATCH_BYTES");
  EXPECT_EQ(batch->field().name(), "batch_bytes");
  EXPECT_EQ(batch->path.size(), 2u);
}

TEST(SettingsTest, OfAListTheFirstElementIsMeant) {
  const Setting* password = Find("accounts[0].credentials.basic.password.file");
  ASSERT_NE(password, nullptr);
  EXPECT_EQ(password->flag, "--accounts.0.credentials.basic.password.file");
  EXPECT_EQ(password->variable,
            "KLARNA_GATEWAY_ACCOUNTS_0_CREDENTIALS_BASIC_PASSWORD_FILE");
}

TEST(SettingsTest, WhatIsForFilesOnlyIsNotAmongThem) {
  EXPECT_EQ(Find("accounts[0].domains.checkout.base_uri"), nullptr);
}

TEST(SettingsTest, NoTwoHaveTheSameName) {
  std::set<std::string> names;
  for (const Setting& setting : AllSettings()) {
    EXPECT_TRUE(names.insert(setting.flag).second) << setting.flag;
    EXPECT_TRUE(names.insert(setting.variable).second) << setting.variable;
  }
}

TEST(SettingsTest, EverySingleValueOfTheFileIsAmongThem) {
  const auto& config = *gateway::config::v1::Config::descriptor();
  for (const char* key :
       {"listen", "event_loops", "default_account", "resume_tokens.lifetime",
        "ca_file", "log.level", "reflection", "limits.read_backoff_max"}) {
    EXPECT_NE(Find(key), nullptr) << key;
  }
  EXPECT_EQ(FactsOf(*config.FindFieldByName("listen")).default_value(),
            "0.0.0.0:50051");
}

}  // namespace
}  // namespace klarna::config
