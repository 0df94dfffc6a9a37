// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/json_text.h"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr int kDeepest = 64;

// Writing a document walks it by recursion, so its depth is bounded on the way
// in.
bool IsShallow(absl::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

// A path may hold any bytes, and errors repeat it: what is not UTF-8 is
// replaced.
std::string Dump(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false,
                    json::error_handler_t::replace);
}

void AppendSpread(const json& value, size_t indent, std::string* out);

void AppendSpreadObject(const json& object, size_t indent, std::string* out) {
  if (object.empty()) {
    out->append("{ }");
    return;
  }
  out->push_back('{');
  bool first = true;
  for (const auto& [name, value] : object.items()) {
    out->append(first ? "\n" : ",\n").append(indent + 2, ' ');
    out->append(Dump(name)).append(" : ");
    AppendSpread(value, indent + 2, out);
    first = false;
  }
  out->push_back('\n');
  out->append(indent, ' ').push_back('}');
}

void AppendSpread(const json& value, size_t indent, std::string* out) {
  if (value.is_object()) {
    AppendSpreadObject(value, indent, out);
  } else if (value.is_array()) {
    out->push_back('[');
    for (size_t i = 0; i < value.size(); ++i) {
      out->append(i == 0 ? " " : ", ");
      AppendSpread(value[i], indent, out);
    }
    out->append(" ]");
  } else {
    out->append(Dump(value));
  }
}

}  // namespace

std::optional<json> ParseJson(absl::string_view text) {
  if (!IsShallow(text)) return std::nullopt;
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::string CompactJson(const json& value) { return Dump(value); }

std::string SpreadJson(const json& value) {
  std::string text;
  AppendSpread(value, 0, &text);
  return text;
}

std::string TextOf(const json& object, absl::string_view name) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null() || it->is_structured()) return "";
  return it->is_string() ? it->get<std::string>() : Dump(*it);
}

int64_t IntegerOf(const json& object, absl::string_view name) {
  const auto it = object.find(name);
  if (it == object.end() || !it->is_number_integer()) return 0;
  return it->get<int64_t>();
}

bool BooleanOf(const json& object, absl::string_view name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

bool Has(const json& object, absl::string_view name) {
  const auto it = object.find(name);
  return it != object.end() && !it->is_null();
}

void AppendQuoted(std::string* out, absl::string_view text) {
  out->append(Dump(text));
}

}  // namespace klarna::sandbox
