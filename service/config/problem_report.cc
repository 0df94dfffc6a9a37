// SPDX-License-Identifier: Apache-2.0
#include "service/config/problem_report.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace klarna::config {
namespace {

// "accounts[0].name" is inside "accounts[0]", and that inside "accounts".
std::string_view Enclosing(std::string_view key) {
  const size_t end = key.find_last_of(".[");
  return end == std::string_view::npos ? std::string_view()
                                       : key.substr(0, end);
}

// What a line of the report begins with.
std::string Place(const Position& position, std::string_view file) {
  if (!position.source.empty()) return position.source + ": ";
  if (file.empty()) return "";
  std::string place(file);
  if (position.line > 0) {
    absl::StrAppend(&place, ":", position.line, ":", position.column);
  }
  return place + ": ";
}

}  // namespace

void ProblemReport::Locate(std::string_view key, Position position) {
  positions_.insert_or_assign(std::string(key), std::move(position));
}

const Position* ProblemReport::Find(std::string_view key) const {
  const auto found = positions_.find(key);
  return found == positions_.end() ? nullptr : &found->second;
}

void ProblemReport::Add(std::string_view key, std::string text) {
  std::string_view located = key;
  auto found = positions_.find(located);
  while (found == positions_.end() && !located.empty()) {
    located = Enclosing(located);
    found = positions_.find(located);
  }
  AddAt(found == positions_.end() ? Position{} : found->second, key,
        std::move(text));
}

void ProblemReport::AddAt(Position position, std::string_view key,
                          std::string text) {
  ++count_;
  if (problems_.size() == kMaxShown) return;
  problems_.push_back({std::move(position), std::string(key), std::move(text)});
}

absl::Status ProblemReport::ToStatus(std::string_view file) const {
  if (empty()) return absl::OkStatus();
  std::string text;
  for (const Problem& problem : problems_) {
    if (!text.empty()) text += '\n';
    text += Place(problem.position, file);
    // A flag or a variable says itself which setting it is.
    if (problem.position.source.empty() && !problem.key.empty()) {
      absl::StrAppend(&text, problem.key, ": ");
    }
    text += problem.text;
  }
  if (count_ > problems_.size()) {
    absl::StrAppend(&text, "\nand ", count_ - problems_.size(), " more");
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace klarna::config
