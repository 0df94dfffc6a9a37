// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace klarna::config {

// Where a setting was given: a place in the file, both from 1 and 0 where
// unknown, or else a flag or an environment variable.
struct Position {
  int line = 0;
  int column = 0;
  std::string source = {};  // "flag --listen"; empty: the file.
};

// Collects what is wrong with a configuration, so that its author sees
// everything at once.
//
//   report.Locate("accounts[0].region", {4, 13});
//   report.Add("accounts[0].region", "expected one of eu, na, oc");
//   report.ToStatus("gateway.yaml")
//       = INVALID_ARGUMENT: gateway.yaml:4:13: accounts[0].region: expected one
//         of eu, na, oc
//
// Texts never hold a value of the file: it may be a secret at the wrong place.
// Not thread-safe.
class ProblemReport {
 public:
  // After this many, further problems are only counted.
  static constexpr size_t kMaxShown = 20;

  // Says where the value of `key` stands; the last one counts.
  void Locate(std::string_view key, Position position);
  // Null where nothing was said.
  const Position* Find(std::string_view key) const;
  const std::map<std::string, Position, std::less<>>& positions() const {
    return positions_;
  }

  // A problem with the value of `key`, or with what is missing there. It is
  // placed where the key stands, or else the innermost key around it.
  void Add(std::string_view key, std::string text);
  void AddAt(Position position, std::string_view key, std::string text);

  bool empty() const { return count_ == 0; }

  // OK if there is no problem; else INVALID_ARGUMENT with one a line. `file` is
  // the configuration file, empty if there is none.
  absl::Status ToStatus(std::string_view file) const;

 private:
  struct Problem {
    Position position;
    std::string key;
    std::string text;
  };

  std::map<std::string, Position, std::less<>> positions_;
  std::vector<Problem> problems_;
  size_t count_ = 0;
};

}  // namespace klarna::config
