// SPDX-License-Identifier: Apache-2.0
//
// An operation's label and a JSON document: as each of its answers and as its
// body. What is strict JSON is taken, is valid on the wire, and left again as
// the same document, as simdjson reads it; nothing else is taken, for a reason
// that nlohmann's parser has, too, or that is the gateway's own.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "service/json/scanner.h"
#include "service/json/wire.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/lossless/replay.h"

namespace klarna::fuzz {
namespace {

void CheckRefusal(const absl::Status& refusal, std::string_view json) {
  Require(refusal.code() == absl::StatusCode::kInvalidArgument &&
              refusal.message().size() < 200,
          refusal.ToString());
  // Where nlohmann's parser is lenient: a byte order mark, and NUL for the end.
  const bool lenient =
      json.substr(0, 3) == "\xEF\xBB\xBF" || json.find('\0') != json.npos;
  bool own = false;
  for (const char* reason : {"a key occurs twice", "nested too deep",
                             "lone surrogate in a key", "too many values"}) {
    own = own || absl::StrContains(refusal.message(), reason);
  }
  Require(own || lenient || !nlohmann::json::accept(json), refusal.ToString());
}

std::string PathFields(const rest::Route& route) {
  std::string fields;
  for (const rest::Binding& binding : route.bindings) {
    if (binding.place == rest::Binding::Place::kPath) {
      json::AppendLengthDelimited(static_cast<uint32_t>(binding.field), "id",
                                  fields);
    }
  }
  return fields;
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const lossless::Operation& operation = fuzz::OperationNamed(input[0]);
  const std::string_view json = input[1];
  const absl::Status strict = json::CheckJson(json);
  if (!strict.ok()) fuzz::CheckRefusal(strict, json);
  for (const rest::ResultField& result : fuzz::JsonResults(*operation.route)) {
    const absl::Status replayed =
        lossless::ReplayAnswer(operation, result, json);
    fuzz::Require(replayed.ok() == strict.ok(), replayed.ToString());
  }
  // A body has to be an object: there is no message for anything else.
  if (operation.Body() != nullptr && strict.ok() && json.front() == '{') {
    const auto sent = lossless::ReplayRequest(
        operation, fuzz::PathFields(*operation.route), json);
    fuzz::Require(sent.ok(), sent.status().ToString());
  }
  return 0;
}
