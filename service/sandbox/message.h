// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace klarna::sandbox {

struct Header {
  std::string name;
  std::string value;
};

// What a client sent, as it was on the wire.
struct Request {
  std::string method;
  std::string path;   // Percent-encoded, without the query.
  std::string query;  // Percent-encoded, without the question mark.
  std::vector<Header> headers;
  std::string body;

  // The first header of that name in any letter case, or null.
  const std::string* Find(absl::string_view name) const {
    for (const Header& header : headers) {
      if (absl::EqualsIgnoreCase(header.name, name)) return &header.value;
    }
    return nullptr;
  }
};

// How much of an answer reaches the client.
enum class Delivery {
  kWhole,
  kTruncated,  // The head announces the whole body, half of it comes, then FIN.
  kUnfinished,  // Chunked, half of the body comes, no last chunk, then FIN.
  kUnframed,    // Neither length nor chunks: half of the body, then FIN.
  kNone,        // FIN without a byte of an answer.
  kReset,       // RST without a byte of an answer.
};

// What the client gets back.
struct Answer {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  // Set instead of `body` where the body is too large to hold: replaces `piece`
  // by the next part of it, false when there is none. Such a body is chunked.
  std::function<bool(std::string* piece)> more;
  absl::Duration delay;  // To wait before the first byte.
  Delivery delivery = Delivery::kWhole;
};

}  // namespace klarna::sandbox
