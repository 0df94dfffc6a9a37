// SPDX-License-Identifier: Apache-2.0
#include "tests/lossless/fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "simdjson.h"

namespace klarna::lossless {
namespace {

namespace ondemand = simdjson::ondemand;
namespace fs = std::filesystem;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string Text(ondemand::object& object, std::string_view member) {
  std::string_view text;
  return object[member].get(text) ? std::string() : std::string(text);
}

Pairs Members(ondemand::object& object, std::string_view member) {
  Pairs pairs;
  ondemand::object members;
  if (object[member].get(members)) return pairs;
  for (auto field : members) {
    std::string_view key;
    std::string_view value;
    EXPECT_FALSE(field.unescaped_key().get(key));
    std::string name(key);
    EXPECT_FALSE(field.value().get(value)) << name << " is not a string";
    pairs.emplace_back(std::move(name), value);
  }
  return pairs;
}

Body BodyOf(ondemand::object& object) {
  ondemand::value value;
  if (object["body"].get(value)) return {};
  std::string_view text;
  if (!value.get_string().get(text)) {
    return {text.empty() ? Body::Kind::kEmpty : Body::Kind::kText,
            std::string(text)};
  }
  EXPECT_FALSE(simdjson::to_json_string(value).get(text));
  return {Body::Kind::kJson, std::string(text)};
}

Fixture ReadFixture(const fs::path& file, const fs::path& folder) {
  Fixture fixture;
  fixture.name = fs::relative(file, folder).replace_extension().string();
  fixture.domain = fixture.name.substr(0, fixture.name.find('/'));
  simdjson::padded_string json;
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object request;
  if (simdjson::padded_string::load(file.string()).get(json) ||
      parser.iterate(json).get(document) || document["request"].get(request)) {
    ADD_FAILURE() << file << " is not a fixture";
    return fixture;
  }
  fixture.method = Text(request, "method");
  fixture.path = Text(request, "path");
  fixture.query = Members(request, "query");
  fixture.request_headers = Members(request, "headers");
  fixture.request_body = BodyOf(request);
  ondemand::object response;
  if (document["response"].get(response)) return fixture;
  int64_t status = 0;
  EXPECT_FALSE(response["status"].get(status)) << file;
  fixture.status = static_cast<int>(status);
  fixture.response_headers = Members(response, "headers");
  fixture.response_body = BodyOf(response);
  return fixture;
}

}  // namespace

std::optional<fs::path> FixturesFolder() {
  const char* facts = std::getenv("KLARNA_FACTS");
  const fs::path folder =
      (facts != nullptr
           ? fs::path(facts)
           : fs::path(KLARNA_CHECKOUT).parent_path() / "shared/klarna") /
      "fixtures";
  if (!fs::is_directory(folder)) return std::nullopt;
  return folder;
}

std::vector<Fixture> LoadFixtures(const fs::path& folder) {
  std::vector<Fixture> fixtures;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") {
      fixtures.push_back(ReadFixture(entry.path(), folder));
    }
  }
  std::sort(fixtures.begin(), fixtures.end(),
            [](const Fixture& a, const Fixture& b) { return a.name < b.name; });
  return fixtures;
}

}  // namespace klarna::lossless
