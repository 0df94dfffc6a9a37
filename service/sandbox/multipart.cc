// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/multipart.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace klarna::sandbox {
namespace {

constexpr size_t kMostFields = 100;

// The value of `name` in a header value such as `form-data; name="file"`.
std::string ParameterOf(absl::string_view header, absl::string_view name) {
  for (absl::string_view part : absl::StrSplit(header, ';')) {
    part = absl::StripAsciiWhitespace(part);
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos ||
        !absl::EqualsIgnoreCase(part.substr(0, equals), name)) {
      continue;
    }
    absl::string_view value = part.substr(equals + 1);
    if (absl::ConsumePrefix(&value, "\"")) absl::ConsumeSuffix(&value, "\"");
    return std::string(value);
  }
  return "";
}

// One part, without the boundaries around it.
std::optional<MultipartField> ReadField(absl::string_view part) {
  const size_t blank = part.find("\r\n\r\n");
  if (blank == absl::string_view::npos) return std::nullopt;
  MultipartField field;
  field.bytes = part.substr(blank + 4);
  for (absl::string_view line : absl::StrSplit(part.substr(0, blank), "\r\n")) {
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) continue;
    const absl::string_view name = line.substr(0, colon);
    const absl::string_view value =
        absl::StripAsciiWhitespace(line.substr(colon + 1));
    if (absl::EqualsIgnoreCase(name, "Content-Disposition")) {
      field.name = ParameterOf(value, "name");
      field.file_name = ParameterOf(value, "filename");
    } else if (absl::EqualsIgnoreCase(name, "Content-Type")) {
      field.content_type = std::string(value);
    }
  }
  if (field.name.empty()) return std::nullopt;
  return field;
}

}  // namespace

std::optional<std::vector<MultipartField>> ParseMultipart(
    absl::string_view content_type, absl::string_view body) {
  const std::string boundary = ParameterOf(content_type, "boundary");
  if (boundary.empty()) return std::nullopt;
  const std::string opening = absl::StrCat("--", boundary, "\r\n");
  const std::string between = absl::StrCat("\r\n--", boundary);
  const size_t first = body.find(opening);
  if (first == absl::string_view::npos) return std::nullopt;
  body.remove_prefix(first + opening.size());

  std::vector<MultipartField> fields;
  while (fields.size() < kMostFields) {
    const size_t end = body.find(between);
    if (end == absl::string_view::npos) return std::nullopt;
    const auto field = ReadField(body.substr(0, end));
    if (!field) return std::nullopt;
    fields.push_back(*field);
    body.remove_prefix(end + between.size());
    if (absl::StartsWith(body, "--")) return fields;
    if (!absl::ConsumePrefix(&body, "\r\n")) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace klarna::sandbox
