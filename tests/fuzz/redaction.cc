// SPDX-License-Identifier: Apache-2.0
//
// An operation's label, a body, a target, and headers. What is logged of them
// is printable, bounded JSON, and no member whose name is that of a secret
// shows its value.
#include "service/upstream/redaction.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/upstream/redacted_json.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scripted_answer.h"
#include "tests/service/json/canonical_json.h"

namespace klarna::fuzz {
namespace {

constexpr char kBase[] = "https://api.klarna.example";
// A body's bound, its escapes, and what stands for what is left out.
constexpr size_t kMaxText = 8 * upstream::kMaxLoggedBody;

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f; });
}

void CheckSecrets(const nlohmann::json& value) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      Require(!upstream::NamesSecret(name) || member == "[redacted]" ||
                  member == "[unknown]",
              name);
    }
  }
  if (!value.is_structured()) return;
  for (const auto& part : value) CheckSecrets(part);
}

void CheckText(const std::string& text) {
  Require(IsPrintable(text) && text.size() <= kMaxText, text);
  Require(json::CanonicalJson(text).has_value(), text);
  // Discarded, and so without members, where a number exceeds a double.
  CheckSecrets(nlohmann::json::parse(text, nullptr, false));
}

void CheckBody(std::string_view body, const upstream::BodyShape& shape) {
  for (const bool whole : {true, false}) {
    std::string text;
    const upstream::Redaction redaction =
        upstream::AppendRedactedJson(body, whole, shape, text);
    if (redaction == upstream::Redaction::kNotUnderstood) {
      Require(text.empty(), text);
    } else {
      CheckText(text);
    }
  }
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const lossless::Operation& operation = fuzz::OperationNamed(input[0]);
  if (operation.Body() != nullptr) {
    fuzz::CheckBody(input[1], {.table = operation.Body()->table});
  }
  for (const rest::ResultField& result : fuzz::JsonResults(*operation.route)) {
    fuzz::CheckBody(input[1],
                    {.table = result.table,
                     .array = operation.route->paging.top_level_array});
  }
  fuzz::CheckBody(input[1], {});
  const std::string url = upstream::RedactedUrl(
      operation.route, fuzz::kBase,
      absl::StrCat(fuzz::kBase, "/", std::string(input[2])));
  fuzz::Require(url.size() <= 16 * size + 200, url);
  std::string headers;
  upstream::AppendRedactedHeaders(fuzz::ParseAnswer(input[3]).head.headers,
                                  operation.route, headers);
  fuzz::CheckText(headers);
  return 0;
}
