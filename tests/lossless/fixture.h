// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/http/transport.h"

namespace klarna::lossless {

// A body as a fixture shows it.
struct Body {
  enum class Kind { kNotShown, kEmpty, kJson, kText };

  Kind kind = Kind::kNotShown;
  std::string text;  // Of kJson the JSON itself, its numbers untouched.
};

// One published exchange between a client and Klarna. A path may hold a
// placeholder such as {order_id}, a doubled or a trailing slash.
struct Fixture {
  std::string name;    // "payments/create_order/dotnet_sdk_create"
  std::string domain;  // "payments"

  std::string method;
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  http::Headers request_headers;
  Body request_body;

  int status = 0;  // 0: the answer is not shown.
  http::Headers response_headers;
  Body response_body;
};

// The folder of the fixtures: fixtures/ in $KLARNA_FACTS, by default in
// ../shared/klarna beside the checkout. Nullopt when it does not exist.
std::optional<std::filesystem::path> FixturesFolder();

// Every fixture below `folder`, by name. A file that is not a fixture fails the
// test that runs.
std::vector<Fixture> LoadFixtures(const std::filesystem::path& folder);

}  // namespace klarna::lossless
