// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "service/sandbox/call.h"

namespace klarna::sandbox {

// The part of a list that a call gets, and what the answer says about it: the
// same unless a page fault is in force.
//
//   PageWindow window = PageOf(call, /*total=*/42, /*page_cap=*/0);
//   for (uint64_t i = window.begin; i < window.end; ++i) ...
//   AppendPagination(call, window, &body);   // ,"pagination":{...}
struct PageWindow {
  uint64_t begin = 0;  // The elements that are sent.
  uint64_t end = 0;
  uint64_t offset = 0;  // What the answer claims.
  uint64_t size = 0;
  uint64_t count = 0;
  uint64_t total = 0;
  bool has_next = false;
  uint64_t next_offset = 0;
};

inline constexpr uint64_t kDefaultPageSize = 20;

// `offset` and `size` are the query's, which must have been checked.
PageWindow PageOf(const Call& call, uint64_t total, int page_cap);

// The settlements' form. `next` and `prev` are absolute, on Klarna's host, keep
// the query's filters and are absent at the ends.
void AppendPagination(const Call& call, const PageWindow& window,
                      std::string* out);

}  // namespace klarna::sandbox
