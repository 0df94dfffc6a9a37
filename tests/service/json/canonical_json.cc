// SPDX-License-Identifier: Apache-2.0
#include "tests/service/json/canonical_json.h"

#include <map>
#include <utility>

#include "simdjson.h"

namespace klarna::json {
namespace {

namespace ondemand = simdjson::ondemand;

std::string Trimmed(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
}

// Strings are compared by value; a length in front keeps them apart from what
// follows.
std::string Quoted(std::string_view value) {
  return std::to_string(value.size()) + '"' + std::string(value) + '"';
}

bool Append(ondemand::value value, std::string& out);

bool AppendObject(ondemand::object object, std::string& out) {
  std::map<std::string, std::string> members;
  for (auto field : object) {
    ondemand::field member;
    std::string_view key;
    if (std::move(field).get(member) || member.unescaped_key().get(key))
      return false;
    // The key's buffer is the parser's.
    const std::string name = Quoted(key);
    if (!Append(member.value(), members[name])) return false;
  }
  out += '{';
  for (const auto& [name, text] : members) out += name + ':' + text + ',';
  out += '}';
  return true;
}

bool AppendArray(ondemand::array array, std::string& out) {
  out += '[';
  for (auto element : array) {
    ondemand::value value;
    if (element.get(value) || !Append(value, out)) return false;
    out += ',';
  }
  out += ']';
  return true;
}

bool AppendString(ondemand::value value, std::string& out) {
  const std::string raw = Trimmed(value.raw_json_token());
  std::string_view text;
  out += value.get_string().get(text) ? "raw" + raw : Quoted(text);
  return true;
}

bool Append(ondemand::value value, std::string& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      return !value.get_object().get(object) && AppendObject(object, out);
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      return !value.get_array().get(array) && AppendArray(array, out);
    }
    case ondemand::json_type::string:
      return AppendString(value, out);
    default:
      out += Trimmed(value.raw_json_token());
      return true;
  }
}

}  // namespace

std::optional<std::string> CanonicalJson(std::string_view json) {
  ondemand::parser parser;
  // Below a root, scalars are values like any other.
  const simdjson::padded_string padded("[" + std::string(json) + "]");
  ondemand::document document;
  std::string out;
  ondemand::array root;
  if (parser.iterate(padded).get(document) || document.get_array().get(root)) {
    return std::nullopt;
  }
  if (!AppendArray(root, out)) return std::nullopt;
  return out;
}

}  // namespace klarna::json
