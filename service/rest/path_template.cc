// SPDX-License-Identifier: Apache-2.0
#include "service/rest/path_template.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/rest/percent_encoding.h"

namespace klarna::rest {
namespace {

constexpr size_t kMaxValueBytes = 256;

bool IsVariableName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
  });
}

bool IsLiteral(absl::string_view segment) {
  std::string encoded;
  AppendPercentEncoded(segment, encoded);
  return !segment.empty() && encoded == segment && segment != "." &&
         segment != "..";
}

absl::Status CheckValue(absl::string_view variable, absl::string_view value) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(
        variable, " ", why, "; it becomes one segment of the path"));
  };
  if (value.empty()) return refuse("is required and empty or missing");
  if (value.size() > kMaxValueBytes) return refuse("is longer than 256 bytes");
  if (value == "." || value == "..")
    return refuse("must not be \".\" or \"..\"");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PathTemplate> PathTemplate::Compile(absl::string_view text) {
  PathTemplate path;
  path.text_ = std::string(text);
  if (!absl::ConsumePrefix(&text, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("path \"", path.text_, "\" does not begin with \"/\""));
  }
  std::string literal;
  for (absl::string_view segment : absl::StrSplit(text, '/')) {
    literal += '/';
    absl::string_view name = segment;
    if (absl::ConsumePrefix(&name, "{") && absl::ConsumeSuffix(&name, "}") &&
        IsVariableName(name)) {
      if (std::count(path.variables_.begin(), path.variables_.end(), name)) {
        return absl::InvalidArgumentError(
            absl::StrCat("path \"", path.text_, "\" names {", name, "} twice"));
      }
      path.literals_.push_back(std::exchange(literal, {}));
      path.variables_.emplace_back(name);
    } else if (IsLiteral(segment)) {
      absl::StrAppend(&literal, segment);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("path \"", path.text_, "\": segment \"", segment,
                       "\" is neither a literal nor a {variable}"));
    }
  }
  path.literals_.push_back(std::move(literal));
  return path;
}

absl::StatusOr<std::string> PathTemplate::Expand(
    absl::Span<const absl::string_view> values) const {
  if (values.size() != variables_.size()) {
    return absl::InternalError(absl::StrCat("path \"", text_, "\" takes ",
                                            variables_.size(),
                                            " values and got ", values.size()));
  }
  std::string path = literals_[0];
  for (size_t i = 0; i < values.size(); ++i) {
    if (absl::Status status = CheckValue(variables_[i], values[i]);
        !status.ok()) {
      return status;
    }
    AppendPercentEncoded(values[i], path);
    path += literals_[i + 1];
  }
  return path;
}

}  // namespace klarna::rest
