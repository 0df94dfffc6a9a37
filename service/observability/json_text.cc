// SPDX-License-Identifier: Apache-2.0
#include "service/observability/json_text.h"

#include "absl/strings/str_format.h"

namespace klarna::observability {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t character;
  size_t size;  // Bytes used, at least 1.
};

// The first character of a text that begins with a byte above 0x7F.
Decoded DecodeMultibyte(std::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const size_t size = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < size) {
    return {kReplacement, 1};
  }
  char32_t character = byte(0) & (0xFF >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kReplacement, 1};
    character = character << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < kSmallest[size] || character > 0x10FFFF || surrogate) {
    return {kReplacement, 1};
  }
  return {character, size};
}

void AppendEscaped(char32_t character, std::string& out) {
  if (character > 0xFFFF) {
    const char32_t rest = character - 0x10000;
    absl::StrAppendFormat(&out, "\\u%04x\\u%04x",
                          static_cast<unsigned>(0xD800 + (rest >> 10)),
                          static_cast<unsigned>(0xDC00 + (rest & 0x3FF)));
  } else if (character == '\n') {
    out += "\\n";
  } else {
    absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(character));
  }
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) {
  out += '"';
  for (size_t count = 0; !text.empty(); ++count) {
    if (count == kMaxLogText) {
      out += "...";
      break;
    }
    const auto first = static_cast<unsigned char>(text[0]);
    size_t size = 1;
    if (first == '"' || first == '\\') {
      out += '\\';
      out += text[0];
    } else if (first >= 0x20 && first < 0x7F) {
      out += text[0];
    } else if (first < 0x80) {
      AppendEscaped(first, out);
    } else {
      const Decoded decoded = DecodeMultibyte(text);
      AppendEscaped(decoded.character, out);
      size = decoded.size;
    }
    text.remove_prefix(size);
  }
  out += '"';
}

}  // namespace klarna::observability
