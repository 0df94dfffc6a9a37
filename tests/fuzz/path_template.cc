// SPDX-License-Identifier: Apache-2.0
//
// A template and the values of its variables. What compiles has as many
// segments expanded as it has written, and each value is one of them.
#include "service/rest/path_template.h"

#include <string>
#include <vector>

#include "tests/fuzz/bound_call.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/lossless/operation.h"

namespace klarna::fuzz {
namespace {

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

void CheckExpanded(const rest::PathTemplate& path, const std::string& expanded,
                   const std::vector<absl::string_view>& values) {
  const std::vector<std::string> parts = lossless::Segments(path.text());
  const std::vector<std::string> segments = SegmentsOf(expanded);
  Require(segments.size() == parts.size(), expanded);
  size_t value = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool variable = parts[i].front() == '{';
    Require(segments[i] == (variable ? values[value++] : parts[i]), expanded);
  }
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const auto path = rest::PathTemplate::Compile(fuzz::View(input[0]));
  if (!path.ok()) return 0;
  std::vector<absl::string_view> values;
  for (size_t i = 0; i < path->variables().size(); ++i) {
    values.push_back(fuzz::View(input[i + 1]));
  }
  const auto expanded = path->Expand(values);
  if (expanded.ok()) {
    fuzz::CheckExpanded(*path, *expanded, values);
  } else {
    fuzz::Require(
        expanded.status().code() == absl::StatusCode::kInvalidArgument,
        expanded.status().ToString());
  }
  return 0;
}
