// SPDX-License-Identifier: Apache-2.0
#include "service/rest/multipart.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

// Control characters end the header line; a quote or backslash ends the quoted
// string, each in its own way by implementation.
bool FitsQuotedString(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f && c != '"' && c != '\\';
  });
}

// type/subtype, perhaps with parameters: "text/plain; charset=utf-8".
bool IsMediaType(const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool after_semicolon = i > 0 && text[i - 1] == ';';
    if (c == ' ' ? !after_semicolon
                 : c < 0x20 || c >= 0x7f || c == '"' || c == ',') {
      return false;
    }
  }
  return text.find('/') != std::string::npos;
}

absl::Status CheckPart(const Part& part) {
  if (part.content_type.empty()) return absl::OkStatus();
  if (part.filename.empty()) {
    return InvalidField(part.name, "a file needs a filename");
  }
  if (part.filename.size() > 255 || !FitsQuotedString(part.filename)) {
    return InvalidField(part.name,
                        "the filename must have at most 255 bytes and no "
                        "control character, quote or backslash");
  }
  if (part.content_type.size() > 128 || !IsMediaType(part.content_type)) {
    return InvalidField(part.name, "the content_type is not a media type");
  }
  return absl::OkStatus();
}

std::string BoundaryOf(const std::vector<Part>& parts) {
  std::string all;
  for (const Part& part : parts) {
    for (const std::string* text :
         {&part.name, &part.filename, &part.content_type, &part.data}) {
      absl::StrAppend(&all, text->size(), ":");
      all += auth::Sha256(*text);
    }
  }
  return "klarna-gateway-" + auth::HexLower(auth::Sha256(all)).substr(0, 40);
}

}  // namespace

absl::StatusOr<MultipartBody> EncodeMultipart(const std::vector<Part>& parts) {
  const std::string boundary = BoundaryOf(parts);
  MultipartBody out;
  out.content_type = absl::StrCat("multipart/form-data; boundary=", boundary);
  for (const Part& part : parts) {
    if (absl::Status status = CheckPart(part); !status.ok()) return status;
    absl::StrAppend(&out.body, "--", boundary,
                    "\r\nContent-Disposition: form-data; name=\"", part.name,
                    "\"");
    if (!part.content_type.empty()) {
      absl::StrAppend(&out.body, "; filename=\"", part.filename,
                      "\"\r\nContent-Type: ", part.content_type);
    }
    absl::StrAppend(&out.body, "\r\n\r\n", part.data, "\r\n");
  }
  absl::StrAppend(&out.body, "--", boundary, "--\r\n");
  return out;
}

}  // namespace klarna::rest
