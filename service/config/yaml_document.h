// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/problem_report.h"

namespace klarna::config {

inline constexpr size_t kMaxYamlBytes = size_t{1} << 20;
inline constexpr int kMaxYamlDepth = 32;

// A value of a YAML document and where it stands.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  Position position = {};
  std::string text = {};  // Of a scalar.
  bool quoted = false;    // Of a scalar: it can only be a text.
  // Of a sequence its elements, of a mapping its values; these in the order of
  // `keys`, which are scalars and may repeat.
  std::vector<YamlNode> items = {};
  std::vector<YamlNode> keys = {};
};

// Reads the part of YAML that a configuration needs, and only that:
//
//   ParseYaml("region: eu\n", report)
//       = mapping {scalar "region": scalar "eu" at 1:9}
//
// Refused, with a problem in `report` and no document: what is not YAML, more
// than one document, anchors and aliases (a small file could mean a huge one),
// tags, keys that are not scalars, tabs as indentation, a byte order mark, NUL
// bytes, more than kMaxYamlBytes or kMaxYamlDepth. Thread-safe.
std::optional<YamlNode> ParseYaml(std::string_view text, ProblemReport& report);

}  // namespace klarna::config
