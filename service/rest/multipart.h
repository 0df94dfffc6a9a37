// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace klarna::rest {

// One part of a multipart/form-data body (RFC 7578).
struct Part {
  std::string name;
  std::string data = {};
  // Of a file only.
  std::string filename = {};
  std::string content_type = {};
};

struct MultipartBody {
  std::string content_type;  // With the boundary.
  std::string body;
};

// The parts as one body. The boundary is made of a hash of the parts, so the
// same parts always give the same bytes. INVALID_ARGUMENT, naming the part, for
// a file without a name, and for a file name or media type that could break out
// of its header line.
absl::StatusOr<MultipartBody> EncodeMultipart(const std::vector<Part>& parts);

}  // namespace klarna::rest
