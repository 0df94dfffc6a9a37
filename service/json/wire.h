// SPDX-License-Identifier: Apache-2.0
//
// The bytes of Protobuf's wire format: functions that append them and a reader
// that takes them apart.
//
//   std::string batch;
//   AppendTag(2, WireType::kVarint, batch);     // 10
//   AppendVarint(300, batch);                   // ac 02
//   AppendLengthDelimited(1, "abc", batch);     // 0a 03 61 62 63
//
//   WireReader reader(batch);
//   for (WireField field; reader.Next(field);) Use(field.number, field.value);
//   if (!reader.ok()) return Malformed();
//
// The reader is safe on any input and copies nothing: what it yields points
// into the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace klarna::json {

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLengthDelimited = 2,
  kFixed32 = 5,
};

// Bytes that a varint of `value` takes, 1 to 10.
inline size_t VarintSize(uint64_t value) {
  const int bits = 64 - __builtin_clzll(value | 1);
  return static_cast<size_t>(bits * 9 + 64) / 64;
}

// Writes a varint of at most 10 bytes at `out` and returns its end.
inline char* WriteVarint(uint64_t value, char* out) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline void AppendVarint(uint64_t value, std::string& out) {
  char buffer[10];
  out.append(buffer, static_cast<size_t>(WriteVarint(value, buffer) - buffer));
}

inline void AppendTag(uint32_t number, WireType type, std::string& out) {
  AppendVarint(uint64_t{number} << 3 | static_cast<uint64_t>(type), out);
}

// Appends tag, length and bytes: a string, bytes or a message.
inline void AppendLengthDelimited(uint32_t number, std::string_view bytes,
                                  std::string& out) {
  AppendTag(number, WireType::kLengthDelimited, out);
  AppendVarint(bytes.size(), out);
  out.append(bytes);
}

// Appends an int32, int64, bool or enum field.
inline void AppendVarintField(uint32_t number, int64_t value,
                              std::string& out) {
  AppendTag(number, WireType::kVarint, out);
  AppendVarint(static_cast<uint64_t>(value), out);
}

// Reads a varint at `p`. Returns its end, nullptr when it does not end before
// `end` or has more than 64 bits.
const char* ReadVarintSlow(const char* p, const char* end, uint64_t& value);
inline const char* ReadVarint(const char* p, const char* end, uint64_t& value) {
  const auto at = [p](int i) { return static_cast<unsigned char>(p[i]); };
  if (end - p >= 2) {
    if (at(0) < 0x80) {
      value = at(0);
      return p + 1;
    }
    if (at(1) < 0x80) {
      value = (at(0) & 0x7fu) | static_cast<uint64_t>(at(1)) << 7;
      return p + 2;
    }
  }
  return ReadVarintSlow(p, end, value);
}

// One field as it stands on the wire.
struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;      // of kVarint, kFixed64, kFixed32
  std::string_view bytes;  // of kLengthDelimited
  std::string_view raw;    // all of it, tag included
};

// Walks the fields of one message, one level deep.
class WireReader {
 public:
  explicit WireReader(std::string_view wire)
      : p_(wire.data()), end_(wire.data() + wire.size()) {}

  // False at the end, and at a tag or value that is malformed or truncated, or
  // a group; ok() tells which.
  bool Next(WireField& field) {
    if (p_ == end_) return false;
    const char* const start = p_;
    uint64_t tag = 0;
    p_ = ReadVarint(start, end_, tag);
    if (p_ == nullptr || tag < 8 || tag > kMaxTag) return Stop();
    field.number = static_cast<uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    if (field.type == WireType::kLengthDelimited) {
      uint64_t size = 0;
      p_ = ReadVarint(p_, end_, size);
      if (p_ == nullptr || size > static_cast<uint64_t>(end_ - p_)) {
        return Stop();
      }
      field.bytes = std::string_view(p_, static_cast<size_t>(size));
      p_ += size;
    } else if (!ReadNumber(field)) {
      return Stop();
    }
    field.raw = std::string_view(start, static_cast<size_t>(p_ - start));
    return true;
  }

  bool ok() const { return ok_; }

 private:
  static constexpr uint64_t kMaxTag = 0xffffffff;

  // Varint, fixed64 or fixed32; false for a group.
  bool ReadNumber(WireField& field);
  bool Stop() {
    p_ = end_;
    ok_ = false;
    return false;
  }

  const char* p_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace klarna::json
