// SPDX-License-Identifier: Apache-2.0
#include "service/json/string_literal.h"

#include <cstdint>
#include <cstring>

#include "service/json/wide.h"

namespace klarna::json {
namespace {

uint32_t HexValue(char c) {
  if (c <= '9') return static_cast<uint32_t>(c - '0');
  return static_cast<uint32_t>((c | 0x20) - 'a' + 10);
}

uint32_t ReadHex4(const char* p) {
  return HexValue(p[0]) << 12 | HexValue(p[1]) << 8 | HexValue(p[2]) << 4 |
         HexValue(p[3]);
}

bool IsHighSurrogate(uint32_t c) { return c >= 0xd800 && c < 0xdc00; }
bool IsLowSurrogate(uint32_t c) { return c >= 0xdc00 && c < 0xe000; }

char* WriteUtf8(uint32_t c, char* out) {
  const auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
  return out;
}

char ShortEscape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

// Reads the hex digits at `p`, and those of the other half of a pair. Returns
// the end, nullptr for half a pair.
const char* ReadUnicodeEscape(const char* p, const char* end, uint32_t& c) {
  c = ReadHex4(p);
  p += 4;
  if (IsLowSurrogate(c)) return nullptr;
  if (!IsHighSurrogate(c)) return p;
  if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return nullptr;
  const uint32_t low = ReadHex4(p + 2);
  if (!IsLowSurrogate(low)) return nullptr;
  c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  return p + 6;
}

}  // namespace

char* Unescape(std::string_view body, char* out) {
  const char* p = body.data();
  const char* const end = p + body.size();
  while (p < end) {
    const void* found = std::memchr(p, '\\', static_cast<size_t>(end - p));
    const char* stop = found == nullptr ? end : static_cast<const char*>(found);
    std::memcpy(out, p, static_cast<size_t>(stop - p));
    out += stop - p;
    if (stop == end) break;
    if (stop[1] != 'u') {
      *out++ = ShortEscape(stop[1]);
      p = stop + 2;
      continue;
    }
    uint32_t c = 0;
    p = ReadUnicodeEscape(stop + 2, end, c);
    if (p == nullptr) return nullptr;
    out = WriteUtf8(c, out);
  }
  return out;
}

void AppendEscaped(std::string_view value, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const char* p = value.data();
  const char* const end = p + value.size();
  while (p < end) {
    const char* special = FindSpecial(p, end);
    out.append(p, special);
    if (special == end) return;
    out.push_back('\\');
    switch (*special) {
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '"':
      case '\\':
        out.push_back(*special);
        break;
      default:
        out.append("u00");
        out.push_back(kHex[*special >> 4]);
        out.push_back(kHex[*special & 15]);
    }
    p = special + 1;
  }
}

}  // namespace klarna::json
