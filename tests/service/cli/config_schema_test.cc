// SPDX-License-Identifier: Apache-2.0
#include "service/cli/config_schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace klarna::cli {
namespace {

using nlohmann::json;

TEST(ConfigSchemaTest, KnowsTypesBoundsAndDefaults) {
  const json schema = json::parse(ConfigSchema());
  const json& limits = schema["$defs"]["Limits"]["properties"];
  EXPECT_EQ(limits["batch_bytes"]["type"], "integer");
  EXPECT_EQ(limits["batch_bytes"]["minimum"], 1024);
  EXPECT_EQ(limits["batch_bytes"]["maximum"], 1048576);
  EXPECT_EQ(limits["batch_bytes"]["default"], 32768);
  EXPECT_EQ(limits["stall_end"]["default"], "30m");
  EXPECT_EQ(schema["properties"]["reflection"]["default"], true);
  EXPECT_EQ(schema["$defs"]["Log"]["properties"]["level"]["enum"],
            json({"debug", "error", "info", "warn"}));
}

TEST(ConfigSchemaTest, RefusesUnknownKeysAndWantsTheRequiredOnes) {
  const json schema = json::parse(ConfigSchema());
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["required"], json({"accounts", "resume_tokens"}));
  EXPECT_EQ(schema["properties"]["accounts"]["items"]["$ref"],
            "#/$defs/Account");
  for (const auto& [name, definition] : schema["$defs"].items()) {
    EXPECT_EQ(definition["additionalProperties"], false) << name;
    EXPECT_NE(definition["description"], "") << name;
  }
}

TEST(ConfigSchemaTest, OfMembersThatExcludeEachOtherOneIsWanted) {
  const json schema = json::parse(ConfigSchema());
  EXPECT_EQ(schema["$defs"]["SecretSource"]["oneOf"],
            json::parse(R"([{"required":["file"]},{"required":["env"]}])"));
}

}  // namespace
}  // namespace klarna::cli
