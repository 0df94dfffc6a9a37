// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace klarna::sandbox {

struct Shape;

// One member of a JSON object, or one query parameter.
struct Member {
  enum class Kind { kText, kInteger, kBoolean, kAny, kTime, kChoice, kObject };

  std::string name;
  bool required = false;
  bool list = false;
  size_t most_items = std::numeric_limits<size_t>::max();
  Kind kind = Kind::kAny;
  int64_t least = std::numeric_limits<int64_t>::min();
  int64_t most = std::numeric_limits<int64_t>::max();
  size_t longest = std::numeric_limits<size_t>::max();
  std::vector<std::string> choices = {};
  const Shape* object = nullptr;
};

// The members of a JSON object that Klarna looks at; others pass unseen.
struct Shape {
  std::vector<Member> members;
};

// What is wrong with one value.
struct Problem {
  enum class Kind { kMissing, kWrongKind, kOutOfRange, kTooLong, kTooMany };

  std::string path;  // "order_lines[0].total_amount".
  Kind kind = Kind::kMissing;
  Member member;
};

// Shapes by name, written in a line of text each. A member is its name, `*` if
// it is required, and its kind: `s` text (`s255`: at most so many bytes), `i`
// integer (`i0..500`, either end may be left out), `b` boolean, `t` time, `o`
// anything, `e=A|B` one of these in any letter case, `{x}` an object of shape
// x,
// `[...]` a list (`[...]100`: at most so many).
//
//   ShapeBook book({{"line", "name*:s255 total_amount*:i..200000000"},
//                   {"order", "order_lines*:[{line}]1000 locale:s"}});
//   book.Find("order");
//
// A shape may name only shapes before it, so none contains itself. Immutable.
class ShapeBook {
 public:
  struct Entry {
    absl::string_view name;
    absl::string_view text;
  };

  // Aborts on text that is not of the form above: it is part of the program.
  explicit ShapeBook(const std::vector<Entry>& entries);
  ShapeBook(const ShapeBook&) = delete;
  ShapeBook& operator=(const ShapeBook&) = delete;

  const Shape* Find(absl::string_view name) const;

 private:
  std::map<std::string, Shape, std::less<>> shapes_;
};

// Adds what is wrong with `object` to `problems`. A null counts as absent, and
// a number or boolean where text is wanted passes: both as Klarna has it.
void CheckObject(const Shape& shape, const nlohmann::json& object,
                 const std::string& prefix, std::vector<Problem>* problems);

// The same for one value of text, such as a query parameter's.
bool TextFits(const Member& member, absl::string_view text,
              Problem::Kind* wrong);

}  // namespace klarna::sandbox
