// SPDX-License-Identifier: Apache-2.0
//
// An operation's label, wire bytes, and unmapped values, each a line with its
// pointer and its JSON below: as each of its answers and as its body. What
// CheckWire takes, protobuf takes; it becomes JSON that means the same message
// again. Whatever the bytes are, what is written is JSON.
#include <google/protobuf/message.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "service/json/check_wire.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire_to_json.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/service/json/canonical_json.h"

namespace klarna::fuzz {
namespace {

using google::protobuf::Descriptor;

std::vector<json::Unmapped> Patches(const Input& input) {
  std::vector<json::Unmapped> patches;
  for (size_t i = 2; i < input.size(); ++i) {
    std::string_view part = input[i];
    const std::string pointer(TakeLine(part));
    patches.push_back({.pointer = pointer, .json = std::string(part)});
  }
  return patches;
}

std::string ThroughProtobuf(const Descriptor& descriptor,
                            std::string_view wire) {
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(&descriptor)
          ->New());
  Require(message->ParseFromArray(wire.data(), static_cast<int>(wire.size())),
          "protobuf refuses what CheckWire takes");
  return message->SerializeAsString();
}

std::string MustEncode(std::string_view wire, const json::MessageTable& table,
                       const std::vector<json::Unmapped>& unmapped) {
  std::string json;
  const absl::Status status = json::Encode(wire, table, unmapped, json);
  Require(status.ok(), status.ToString());
  return json;
}

// A valid message means the same however it is written.
void CheckMessage(const Descriptor& descriptor, std::string_view wire,
                  const json::MessageTable& table) {
  std::string json;
  const absl::Status encoded = json::Encode(wire, table, {}, json);
  // On the wire, the text of a number may be any text.
  if (absl::StrContains(encoded.message(), "not the text of a number")) return;
  Require(encoded.ok(), encoded.ToString());
  const auto canonical = json::CanonicalJson(json);
  Require(canonical.has_value(), json);
  Require(json::CanonicalJson(MustEncode(ThroughProtobuf(descriptor, wire),
                                         table, {})) == canonical,
          json);
  json::DecodedMessage again;
  const absl::Status decoded = json::DecodeMessage(json, table, again);
  Require(decoded.ok(), decoded.ToString());
  Require(json::CanonicalJson(MustEncode(again.wire, table, again.unmapped)) ==
              canonical,
          json);
}

void CheckTable(const Descriptor& descriptor, const Input& input,
                const json::MessageTable& table) {
  const std::string_view wire = input[1];
  const bool valid = json::CheckWire(wire, table).ok();
  if (valid) CheckMessage(descriptor, wire, table);
  std::string json = "before";
  const absl::Status patched = json::Encode(wire, table, Patches(input), json);
  Require(patched.ok() || json == "before", "a refusal left something behind");
  // Only a message that passed CheckWire is known to hold UTF-8.
  if (patched.ok() && valid) {
    Require(json::CanonicalJson(json.substr(6)).has_value(), json);
  }
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const lossless::Operation& operation = fuzz::OperationNamed(input[0]);
  for (const rest::ResultField& result : fuzz::JsonResults(*operation.route)) {
    fuzz::CheckTable(*operation.ResultMessage(result), input, *result.table);
  }
  if (operation.Body() != nullptr) {
    fuzz::CheckTable(*operation.BodyMessage(), input, *operation.Body()->table);
  }
  return 0;
}
