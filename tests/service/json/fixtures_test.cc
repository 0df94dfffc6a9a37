// SPDX-License-Identifier: Apache-2.0
//
// Every body in the collection of exchanges, taken as every message of its
// API, comes back the same: what a codec loses does not depend on whether the
// message is the right one. KLARNA_FACTS names the folder of the collection,
// by default ../shared/klarna beside the checkout.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"
#include "service/json/wire_to_json.h"
#include "simdjson.h"
#include "tests/service/json/canonical_json.h"

namespace klarna::json {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptor;

std::filesystem::path Fixtures() {
  const char* const facts = std::getenv("KLARNA_FACTS");
  const std::filesystem::path folder =
      facts != nullptr ? facts : KLARNA_SOURCE_DIR "/../shared/klarna";
  return folder / "fixtures";
}

// The messages of a file and of those it imports, of the domains' packages.
void Collect(const FileDescriptor* file, std::set<const FileDescriptor*>& seen,
             std::vector<const Descriptor*>& messages) {
  if (!seen.insert(file).second) return;
  for (int i = 0; i < file->message_type_count(); ++i) {
    messages.push_back(file->message_type(i));
  }
  for (int i = 0; i < file->dependency_count(); ++i) {
    const FileDescriptor* import = file->dependency(i);
    if (import->package() == file->package()) Collect(import, seen, messages);
  }
}

std::vector<const Descriptor*> MessagesOf(const std::string& domain) {
  std::vector<const Descriptor*> messages;
  std::set<const FileDescriptor*> seen;
  for (const char* version : {"v1", "v3", "v4"}) {
    const FileDescriptor* file =
        DescriptorPool::generated_pool()->FindFileByName(
            "klarna/" + domain + "/" + version + "/" + domain +
            "_service.proto");
    if (file != nullptr) Collect(file, seen, messages);
  }
  return messages;
}

// The text of the JSON bodies of an exchange.
std::vector<std::string> BodiesOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  std::vector<std::string> bodies;
  for (const char* side : {"request", "response"}) {
    simdjson::ondemand::document document;
    simdjson::ondemand::object body;
    std::string_view raw;
    if (!parser.iterate(padded).get(document) &&
        !document[side]["body"].get_object().get(body) &&
        !body.raw_json().get(raw)) {
      bodies.emplace_back(raw);
    }
  }
  return bodies;
}

TEST(FixturesTest, EveryBodyComesBackWhateverTheMessage) {
  if (!std::filesystem::exists(Fixtures())) {
    GTEST_SKIP() << "no folder " << Fixtures() << "; set KLARNA_FACTS";
  }
  size_t bodies = 0;
  size_t round_trips = 0;
  for (const auto& domain : std::filesystem::directory_iterator(Fixtures())) {
    const auto messages = MessagesOf(domain.path().filename());
    EXPECT_FALSE(messages.empty()) << domain.path();
    auto schema = Schema::Compile(messages);
    ASSERT_TRUE(schema.ok()) << schema.status();
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(domain)) {
      if (file.path().extension() != ".json") continue;
      for (const std::string& body : BodiesOf(file.path())) {
        ++bodies;
        const auto expected = CanonicalJson(body);
        for (const Descriptor* message : messages) {
          const MessageTable& table = *(*schema)->Find(message);
          if (!table.json_obstacle().empty()) continue;
          DecodedMessage decoded;
          std::string rebuilt;
          ASSERT_EQ(DecodeMessage(body, table, decoded), absl::OkStatus())
              << file.path() << message->full_name();
          ASSERT_EQ(Encode(decoded.wire, table, decoded.unmapped, rebuilt),
                    absl::OkStatus())
              << file.path() << message->full_name();
          ASSERT_EQ(CanonicalJson(rebuilt), expected)
              << file.path() << message->full_name();
          ++round_trips;
        }
      }
    }
  }
  std::cout << bodies << " bodies, " << round_trips
            << " round trips, 0 differences\n";
  EXPECT_GT(bodies, 0u);
}

}  // namespace
}  // namespace klarna::json
