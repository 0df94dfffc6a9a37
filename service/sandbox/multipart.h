// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace klarna::sandbox {

struct MultipartField {
  std::string name;
  std::string file_name;     // "" where the part has none.
  std::string content_type;  // "" where the part has none.
  absl::string_view bytes;   // Of the body that was read.
};

// Takes a multipart/form-data body apart at the boundary that `content_type`
// names; none if it is not well-formed.
std::optional<std::vector<MultipartField>> ParseMultipart(
    absl::string_view content_type, absl::string_view body);

}  // namespace klarna::sandbox
