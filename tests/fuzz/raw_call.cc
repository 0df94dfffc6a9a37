// SPDX-License-Identifier: Apache-2.0
//
// "Subscribe" or "Publish", an operation's label, which stands for its service,
// and the bytes of a RawCall. What is bound is one call of a method of that RPC
// below a root of that service, whose segments are those that the caller wrote.
#include "service/rest/raw_call.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "klarna/gateway/v1/raw.pb.h"
#include "service/json/check_wire.h"
#include "tests/fuzz/bound_call.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"

namespace klarna::fuzz {
namespace {

bool Holds(const std::vector<std::string>& texts, const std::string& text) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& each) {
    return absl::EqualsIgnoreCase(each, text);
  });
}

void CheckBound(const rest::RawRules& rules, std::string_view wire,
                const rest::BoundRequest& bound) {
  gateway::v1::RawCall call;
  Require(call.ParseFromArray(wire.data(), static_cast<int>(wire.size())),
          "protobuf refuses what CheckWire takes");
  CheckCall(bound);
  Require(Holds(rules.methods, bound.method), bound.method);
  const std::vector<std::string> segments = SegmentsOf(bound.path);
  Require("/" + absl::StrJoin(segments, "/") == call.path(), bound.path);
  Require(Holds(rules.path_roots, segments.front()), bound.path);
  Require(bound.body == call.payload(), "the payload is another");
  Require(bound.body.empty() || nlohmann::json::accept(bound.body), bound.body);
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const rest::Route& neighbour = *fuzz::OperationNamed(input[1]).route;
  const rest::Method& method = *fuzz::Routes().Find(
      neighbour.service, input[0] == "Publish" ? "Publish" : "Subscribe");
  const json::MessageTable& table =
      *fuzz::Routes().schema().Find(gateway::v1::RawCall::descriptor());
  if (!json::CheckWire(input[2], table).ok()) return 0;
  const auto bound = rest::BindRaw(method, input[2]);
  if (bound.ok()) {
    fuzz::CheckBound(method.raw_rules, input[2], *bound);
  } else {
    fuzz::Require(bound.status().code() == absl::StatusCode::kInvalidArgument,
                  bound.status().ToString());
  }
  return 0;
}
