// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/pages.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"

namespace klarna::sandbox {
namespace {

uint64_t NumberOr(const std::string* text, uint64_t fallback) {
  uint64_t number;
  return text != nullptr && absl::SimpleAtoi(*text, &number) ? number
                                                             : fallback;
}

std::string Link(const Call& call, uint64_t offset, uint64_t size) {
  std::string link = absl::StrCat(kHost, call.operation.path,
                                  "?offset=", offset, "&size=", size);
  for (absl::string_view filter :
       absl::StrSplit(call.request.query, '&', absl::SkipEmpty())) {
    if (!absl::StartsWith(filter, "offset=") &&
        !absl::StartsWith(filter, "size=")) {
      absl::StrAppend(&link, "&", filter);
    }
  }
  return link;
}

void AppendLink(absl::string_view name, const std::string& link,
                std::string* out) {
  absl::StrAppend(out, ",\"", name, "\":");
  AppendQuoted(out, link);
}

void ApplyFault(PageFault fault, PageWindow* window) {
  const uint64_t length = window->end - window->begin;
  switch (fault) {
    case PageFault::kRepeat:
      window->begin -= std::min(window->begin, window->size);
      window->end = window->begin + length;
      break;
    case PageFault::kFirstAgain:
      window->begin = 0;
      window->end = length;
      break;
    case PageFault::kCountLies:
      window->count += 5;
      window->total += 5;
      break;
    case PageFault::kTotalShrinks:
      window->total = window->offset + length / 2;
      break;
    case PageFault::kEmptyPage:
      window->end = window->begin;
      window->count = 0;
      window->has_next = true;
      break;
    case PageFault::kNextSkips:
      ++window->next_offset;
      break;
    case PageFault::kNone:
    case PageFault::kSizeIgnored:
      break;
  }
}

}  // namespace

PageWindow PageOf(const Call& call, uint64_t total, int page_cap) {
  PageWindow window;
  window.size = NumberOr(call.Query("size"), kDefaultPageSize);
  if (call.page_fault == PageFault::kSizeIgnored) {
    window.size = kDefaultPageSize;
  }
  if (page_cap > 0) {
    window.size = std::min(window.size, static_cast<uint64_t>(page_cap));
  }
  window.offset = NumberOr(call.Query("offset"), 0);
  window.total = total;
  window.begin = std::min(window.offset, total);
  window.end = std::min(window.begin + window.size, total);
  window.count = window.end - window.begin;
  window.has_next = window.end < total;
  window.next_offset = window.end;
  ApplyFault(call.page_fault, &window);
  return window;
}

void AppendPagination(const Call& call, const PageWindow& window,
                      std::string* out) {
  absl::StrAppend(out, ",\"pagination\":{\"count\":", window.count,
                  ",\"total\":", window.total, ",\"offset\":", window.offset);
  if (window.has_next) {
    AppendLink("next", Link(call, window.next_offset, window.size), out);
  }
  if (window.offset > 0) {
    const uint64_t before =
        window.offset - std::min(window.offset, window.size);
    AppendLink("prev", Link(call, before, window.size), out);
  }
  out->push_back('}');
}

}  // namespace klarna::sandbox
