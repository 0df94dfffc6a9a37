// SPDX-License-Identifier: Apache-2.0
//
// JSON Pointers (RFC 6901): how a value is found in a document.
//
//   std::string pointer;
//   AppendPointerToken("order_lines", pointer);
//   AppendPointerToken("a/b", pointer);          // /order_lines/a~1b
//
//   for (PointerReader reader(pointer); reader.Next(token);) ...
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace klarna::json {

// Appends a slash and the name, with ~ and / escaped.
void AppendPointerToken(std::string_view name, std::string& pointer);
void AppendPointerIndex(size_t index, std::string& pointer);

// Takes a pointer apart.
class PointerReader {
 public:
  explicit PointerReader(std::string_view pointer) : rest_(pointer) {}

  // Gives the next token with its escapes resolved. False at the end, and
  // where the pointer is malformed; ok() tells which.
  bool Next(std::string& token);

  bool at_end() const { return rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// The index that a token stands for in a list of `size` elements: digits
// without leading zeros, or "-" for the one after the last. nullopt when it is
// neither or above `size`.
std::optional<size_t> ListIndex(std::string_view token, size_t size);

}  // namespace klarna::json
