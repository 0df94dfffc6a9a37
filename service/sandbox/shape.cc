// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/shape.h"

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

[[noreturn]] void Abort(absl::string_view text) {
  std::cerr << "sandbox: not a member of a shape: " << text << "\n";
  std::abort();
}

// "0..500", "1..", "..0": an end that is not there stays as it is.
bool ReadRange(absl::string_view text, Member* member) {
  if (text.empty()) return true;
  const std::vector<absl::string_view> ends = absl::StrSplit(text, "..");
  if (ends.size() != 2) return false;
  return (ends[0].empty() || absl::SimpleAtoi(ends[0], &member->least)) &&
         (ends[1].empty() || absl::SimpleAtoi(ends[1], &member->most));
}

bool ReadKind(absl::string_view text, const ShapeBook& book, Member* member) {
  using Kind = Member::Kind;
  if (absl::ConsumePrefix(&text, "{") && absl::ConsumeSuffix(&text, "}")) {
    member->kind = Kind::kObject;
    member->object = book.Find(text);
    return member->object != nullptr;
  }
  if (absl::ConsumePrefix(&text, "e=")) {
    member->kind = Kind::kChoice;
    member->choices = absl::StrSplit(text, '|');
    return true;
  }
  if (absl::ConsumePrefix(&text, "s")) {
    member->kind = Kind::kText;
    return text.empty() || absl::SimpleAtoi(text, &member->longest);
  }
  if (absl::ConsumePrefix(&text, "i")) {
    member->kind = Kind::kInteger;
    return ReadRange(text, member);
  }
  member->kind = text == "b"   ? Kind::kBoolean
                 : text == "t" ? Kind::kTime
                               : Kind::kAny;
  return text == "b" || text == "t" || text == "o";
}

Member ReadMember(absl::string_view text, const ShapeBook& book) {
  Member member;
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos) Abort(text);
  absl::string_view name = text.substr(0, colon);
  absl::string_view kind = text.substr(colon + 1);
  member.required = absl::ConsumeSuffix(&name, "*");
  member.name = std::string(name);
  if (absl::ConsumePrefix(&kind, "[")) {
    member.list = true;
    const size_t end = kind.rfind(']');
    if (end == absl::string_view::npos) Abort(text);
    const absl::string_view most = kind.substr(end + 1);
    if (!most.empty() && !absl::SimpleAtoi(most, &member.most_items)) {
      Abort(text);
    }
    kind = kind.substr(0, end);
  }
  if (!ReadKind(kind, book, &member)) Abort(text);
  return member;
}

std::optional<Problem::Kind> WrongInteger(const Member& member,
                                          const json& value) {
  if (!value.is_number_integer()) return Problem::Kind::kWrongKind;
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
    return Problem::Kind::kOutOfRange;
  }
  const auto number = value.get<int64_t>();
  if (number < member.least || number > member.most) {
    return Problem::Kind::kOutOfRange;
  }
  return std::nullopt;
}

std::optional<Problem::Kind> WrongScalar(const Member& member,
                                         const json& value) {
  switch (member.kind) {
    case Member::Kind::kAny:
      return std::nullopt;
    case Member::Kind::kBoolean:
      if (value.is_boolean()) return std::nullopt;
      return Problem::Kind::kWrongKind;
    case Member::Kind::kInteger:
      return WrongInteger(member, value);
    case Member::Kind::kObject:
      if (value.is_object()) return std::nullopt;
      return Problem::Kind::kWrongKind;
    case Member::Kind::kText:
    case Member::Kind::kTime:
    case Member::Kind::kChoice:
      break;
  }
  if (value.is_structured()) return Problem::Kind::kWrongKind;
  if (!value.is_string()) return std::nullopt;
  Problem::Kind wrong;
  if (TextFits(member, value.get_ref<const std::string&>(), &wrong)) {
    return std::nullopt;
  }
  return wrong;
}

void CheckOne(const Member& member, const json& value, const std::string& path,
              std::vector<Problem>* problems) {
  if (const auto wrong = WrongScalar(member, value)) {
    problems->push_back({path, *wrong, member});
  } else if (member.object != nullptr) {
    CheckObject(*member.object, value, path + ".", problems);
  }
}

void CheckList(const Member& member, const json& value, const std::string& path,
               std::vector<Problem>* problems) {
  if (!value.is_array()) {
    problems->push_back({path, Problem::Kind::kWrongKind, member});
    return;
  }
  if (value.size() > member.most_items) {
    problems->push_back({path, Problem::Kind::kTooMany, member});
    return;
  }
  for (size_t i = 0; i < value.size(); ++i) {
    CheckOne(member, value[i], absl::StrCat(path, "[", i, "]"), problems);
  }
}

}  // namespace

ShapeBook::ShapeBook(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    Shape shape;
    for (absl::string_view member : absl::StrSplit(
             entry.text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
      shape.members.push_back(ReadMember(member, *this));
    }
    shapes_.emplace(entry.name, std::move(shape));
  }
}

const Shape* ShapeBook::Find(absl::string_view name) const {
  const auto it = shapes_.find(name);
  return it == shapes_.end() ? nullptr : &it->second;
}

void CheckObject(const Shape& shape, const json& object,
                 const std::string& prefix, std::vector<Problem>* problems) {
  for (const Member& member : shape.members) {
    const auto it = object.find(member.name);
    if (it == object.end() || it->is_null()) {
      if (member.required) {
        problems->push_back(
            {prefix + member.name, Problem::Kind::kMissing, member});
      }
      continue;
    }
    const std::string path = prefix + member.name;
    if (member.list) {
      CheckList(member, *it, path, problems);
    } else {
      CheckOne(member, *it, path, problems);
    }
  }
}

bool TextFits(const Member& member, absl::string_view text,
              Problem::Kind* wrong) {
  *wrong = Problem::Kind::kWrongKind;
  switch (member.kind) {
    case Member::Kind::kText:
      *wrong = Problem::Kind::kTooLong;
      return text.size() <= member.longest;
    case Member::Kind::kTime:
      return ParseTimestamp(text).has_value();
    case Member::Kind::kChoice:
      for (const std::string& choice : member.choices) {
        if (absl::EqualsIgnoreCase(choice, text)) return true;
      }
      return false;
    case Member::Kind::kInteger: {
      int64_t number;
      // SimpleAtoi skips blanks, which no number of a query has.
      if (text.empty() || absl::ascii_isspace(text.front()) ||
          !absl::SimpleAtoi(text, &number)) {
        return false;
      }
      *wrong = Problem::Kind::kOutOfRange;
      return number >= member.least && number <= member.most;
    }
    case Member::Kind::kBoolean:
      return text == "true" || text == "false";
    case Member::Kind::kAny:
    case Member::Kind::kObject:
      return true;
  }
  return false;
}

}  // namespace klarna::sandbox
