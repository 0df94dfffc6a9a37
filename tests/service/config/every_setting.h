// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "klarna/gateway/config/v1/config.pb.h"
#include "service/config/settings.h"

namespace klarna::config {

// A configuration that holds one setting and nothing else.
struct OneSetting {
  const Setting* setting;
  std::string text;  // Of its value, which is not the default.
  gateway::config::v1::Config config;
};

// One for each setting of AllSettings, made from the descriptors, so that a new
// setting is among them.
std::vector<OneSetting> EverySetting();

// Configurations that together hold every key there is, domains and all members
// of every oneof included, with values that are hard to write.
std::vector<gateway::config::v1::Config> EveryKey();

}  // namespace klarna::config
