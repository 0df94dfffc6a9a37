// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace klarna::rest {

// The path of a rule, compiled: literal text and variables of one segment each.
//
//   auto path = PathTemplate::Compile("/orders/{order_id}/captures");
//   path->Expand({"a/b"});  // "/orders/a%2Fb/captures"
//
// Immutable, so thread-safe.
class PathTemplate {
 public:
  // INVALID_ARGUMENT, saying what is wrong, unless `text` is a sequence of
  // "/literal" and "/{variable}" segments: literals of unreserved characters,
  // variables of [a-z0-9_], each named once.
  static absl::StatusOr<PathTemplate> Compile(absl::string_view text);

  // In the order in which Expand takes their values.
  const std::vector<std::string>& variables() const { return variables_; }

  const std::string& text() const { return text_; }

  // The path with each variable replaced by its percent-encoded value, so that
  // the number of segments never changes. INVALID_ARGUMENT, naming the
  // variable, for a value that is empty, longer than 256 bytes, "." or "..".
  absl::StatusOr<std::string> Expand(
      absl::Span<const absl::string_view> values) const;

 private:
  std::string text_;
  std::vector<std::string> literals_;  // literals_[i] stands before variable i.
  std::vector<std::string> variables_;
};

}  // namespace klarna::rest
