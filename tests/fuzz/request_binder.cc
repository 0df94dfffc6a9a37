// SPDX-License-Identifier: Apache-2.0
//
// An operation's label, the bytes of its message, and unmapped values, each a
// line with its pointer and its JSON below. A message that is bound makes one
// call: every id is the one segment of the path that the template has for it,
// and the JSON of the body is JSON.
#include "service/rest/request_binder.h"

#include <google/protobuf/message.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/json/check_wire.h"
#include "tests/fuzz/bound_call.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/service/json/canonical_json.h"

namespace klarna::fuzz {
namespace {

using google::protobuf::Message;

// The operation as protobuf reads it, which shares nothing with the binder.
std::unique_ptr<Message> Parse(const lossless::Operation& operation,
                               std::string_view wire) {
  std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(operation.message)
          ->New());
  Require(message->ParseFromArray(wire.data(), static_cast<int>(wire.size())),
          "protobuf refuses what CheckWire takes");
  return message;
}

std::string TextOf(const Message& message, std::string_view field) {
  return message.GetReflection()->GetString(
      message, message.GetDescriptor()->FindFieldByName(std::string(field)));
}

void CheckPath(const lossless::Operation& operation, std::string_view wire,
               std::string_view path) {
  const std::unique_ptr<Message> message = Parse(operation, wire);
  const std::vector<std::string> parts =
      lossless::Segments(operation.route->path.text());
  const std::vector<std::string> segments = SegmentsOf(path);
  Require(segments.size() == parts.size(), path);
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool variable = parts[i].front() == '{';
    Require(segments[i] ==
                (variable
                     ? TextOf(*message, parts[i].substr(1, parts[i].size() - 2))
                     : parts[i]),
            path);
  }
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const lossless::Operation& operation = fuzz::OperationNamed(input[0]);
  const rest::Route& route = *operation.route;
  std::vector<json::Unmapped> unmapped;
  for (size_t i = 2; i < input.size(); ++i) {
    std::string_view part = input[i];
    const std::string pointer(fuzz::TakeLine(part));
    unmapped.push_back({.pointer = pointer, .json = std::string(part)});
  }
  if (!json::CheckWire(input[1], *route.table).ok()) return 0;
  const auto bound = rest::Bind(route, input[1], unmapped);
  if (!bound.ok()) {
    fuzz::Require(bound.status().code() == absl::StatusCode::kInvalidArgument,
                  bound.status().ToString());
    return 0;
  }
  fuzz::CheckCall(*bound);
  fuzz::CheckPath(operation, input[1], bound->path);
  if (operation.Body() != nullptr && !bound->body.empty()) {
    fuzz::Require(json::CanonicalJson(bound->body).has_value(), bound->body);
  }
  return 0;
}
