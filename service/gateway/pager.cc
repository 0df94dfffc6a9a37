// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/pager.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "service/json/wire.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

// The page size when the caller names none and Klarna documents no maximum.
constexpr int kDefaultPageSize = 100;
constexpr size_t kMaxCursorBytes = 512;
constexpr size_t kMaxSeenPages = 4096;

std::optional<int64_t> FindInteger(const rest::FieldPath& path,
                                   std::string_view wire) {
  const auto field = rest::FindField(path, wire);
  if (!field) return std::nullopt;
  return static_cast<int64_t>(field->value);
}

// Whether the entities are all equal. Mostly the first two tell.
bool IsUniform(const json::DecodedPage& page) {
  const std::string_view items = page.items;
  std::string_view first;
  uint32_t begin = 0;
  for (uint32_t end : page.item_ends) {
    const std::string_view entity = items.substr(begin, end - begin);
    if (begin == 0) first = entity;
    if (entity != first) return false;
    begin = end;
  }
  return true;
}

}  // namespace

PageFacts ReadPageFacts(const rest::ListPaging& paging,
                        const json::DecodedPage& page) {
  PageFacts facts;
  facts.entities = static_cast<int64_t>(page.item_ends.size());
  facts.total = FindInteger(paging.total, page.rest);
  facts.echoed_offset = FindInteger(paging.echoed_offset, page.rest);
  const auto next = rest::FindField(paging.next, page.rest);
  // `"next": ""` leads nowhere.
  facts.has_next_link = next && !next->bytes.empty();
  if (const auto cursor = rest::FindField(paging.next_cursor, page.rest)) {
    facts.next_cursor = std::string(cursor->bytes);
  }
  facts.content_hash = absl::HashOf(std::string_view(page.items));
  facts.uniform = IsUniform(page);
  return facts;
}

Pager::Pager(const rest::ListPaging& paging, int page_size, Position start)
    : paging_(paging),
      page_size_(page_size > 0         ? page_size
                 : paging.max_size > 0 ? paging.max_size
                                       : kDefaultPageSize),
      position_(std::move(start)) {
  NoteCursor();
}

absl::Status Pager::CheckOptions(const rest::ListPaging& paging,
                                 const v1::PageOptions& options) {
  if (options.page_size() < 0) {
    return rest::InvalidField("paging.page_size", "must not be negative");
  }
  if (options.page_size() > 0 && paging.size_parameter.empty()) {
    return rest::InvalidField("paging.page_size",
                              "this list comes in one piece; leave it out");
  }
  if (paging.max_size > 0 && options.page_size() > paging.max_size) {
    return rest::InvalidField(
        "paging.page_size",
        absl::StrCat("is larger than Klarna's maximum of ", paging.max_size));
  }
  if (options.max_entities() < 0) {
    return rest::InvalidField("paging.max_entities", "must not be negative");
  }
  return absl::OkStatus();
}

std::optional<Position> Pager::Foretell(const Position& next,
                                        int64_t pages_ahead,
                                        int64_t page_entities) const {
  if (paging_.offset_parameter.empty()) return std::nullopt;
  Position ahead = next;
  ahead.offset += pages_ahead * page_entities;
  ahead.delivered += pages_ahead * page_entities;
  // Beyond the known end there is nothing to fetch ahead of time.
  if (!total_ || ahead.offset >= *total_) return std::nullopt;
  return ahead;
}

void Pager::AddQuery(const Position& position,
                     rest::BoundRequest& request) const {
  if (!paging_.size_parameter.empty()) {
    request.AddQuery(paging_.size_parameter, absl::StrCat(page_size_));
  }
  if (!paging_.offset_parameter.empty()) {
    request.AddQuery(paging_.offset_parameter, absl::StrCat(position.offset));
  }
  if (!paging_.cursor_parameter.empty() && !position.cursor.empty()) {
    request.AddQuery(paging_.cursor_parameter, position.cursor);
  }
}

absl::Status Pager::Accept(const PageFacts& page) {
  if (absl::Status status = CheckAgainstBefore(page); !status.ok()) {
    return status;
  }
  if (page.total) NoteTotal(*page.total);
  page_ = page;
  has_more_ = DecideWhetherMore(page);
  if (!has_more_) return absl::OkStatus();
  if (page.entities == 0) {
    return Contradiction("an empty page claims that the list goes on");
  }
  return paging_.cursor_parameter.empty() ? absl::OkStatus()
                                          : CheckNextCursor(page.next_cursor);
}

// Kept in the position, so that a change is seen across a resume, too: the
// sum of what was delivered may then be right, and an entity missing.
void Pager::NoteTotal(int64_t total) {
  // Those of a liar are kept within what a token can hold.
  const int64_t noted =
      std::clamp<int64_t>(total, 0, std::numeric_limits<int64_t>::max() - 1);
  if (position_.first_total < 0) position_.first_total = noted;
  if (noted != position_.first_total) drifted_ = true;
  total_ = total;
}

absl::Status Pager::CheckNextCursor(const std::string& cursor) const {
  if (cursor.empty()) {
    return Contradiction("the list goes on, but the page has no cursor");
  }
  if (cursor.size() > kMaxCursorBytes) {
    return Contradiction(
        "the cursor of the next page is longer than 512 bytes");
  }
  if (cursors_.contains(std::hash<std::string>()(cursor))) {
    return Contradiction("the cursor of the next page leads back");
  }
  return absl::OkStatus();
}

void Pager::NoteCursor() {
  if (!position_.cursor.empty()) {
    cursors_.insert(std::hash<std::string>()(position_.cursor));
  }
}

absl::Status Pager::CheckAgainstBefore(const PageFacts& page) {
  if (total_ && page.total && *page.total < *total_) {
    return Contradiction(
        absl::StrCat("the total went from ", *total_, " to ", *page.total));
  }
  if (page.entities < position_.skip) {
    return Contradiction("the page has fewer entities than were delivered");
  }
  if (page.echoed_offset) {
    if (*page.echoed_offset != position_.offset) {
      return Contradiction(absl::StrCat("asked for offset ", position_.offset,
                                        ", got a page at ",
                                        *page.echoed_offset));
    }
  }
  if (!page.uniform && seen_.contains(page.content_hash)) {
    return Contradiction("a page came again");
  }
  // Without an echo, a server that ignores where it is asked to go on shows
  // only by repeating itself. Two entities may be equal, so pages of one, asked
  // for as such, prove nothing.
  if (!page.echoed_offset && has_page_before_ && page.entities > 0 &&
      (page.entities > 1 || page_size_ > 1) &&
      page.content_hash == hash_before_) {
    return Contradiction("two pages in a row are the same");
  }
  return absl::OkStatus();
}

bool Pager::DecideWhetherMore(const PageFacts& page) const {
  const bool by_offset = !paging_.offset_parameter.empty();
  if (!by_offset && paging_.cursor_parameter.empty()) return false;
  if (page.has_next_link) return true;
  const int64_t end =
      by_offset ? position_.offset + page.entities
                : position_.delivered - position_.skip + page.entities;
  if (total_ && *total_ >= end) return *total_ > end;
  // Nothing credible is said about the rest. A server may give less than the
  // size asked for, so of pages by offset only an empty one ends the list.
  return by_offset && page.entities > 0;
}

void Pager::Advance() {
  position_ = After(page_.entities);
  NoteCursor();
  has_page_before_ = true;
  hash_before_ = page_.content_hash;
  if (seen_.size() < kMaxSeenPages) seen_.insert(page_.content_hash);
}

void Pager::GoTo(Position position) {
  position_ = std::move(position);
  NoteCursor();
  page_ = PageFacts();
  has_page_before_ = false;
  seen_.clear();
  has_more_ = true;
}

Position Pager::After(int64_t entities) const {
  Position after = position_;
  after.delivered += entities - position_.skip;
  const bool whole_page = entities == page_.entities && has_more_;
  if (!paging_.offset_parameter.empty()) {
    after.offset += entities;
    after.skip = 0;
  } else if (whole_page && !paging_.cursor_parameter.empty()) {
    after.cursor = page_.next_cursor;
    after.skip = 0;
  } else {
    after.skip = entities;
  }
  return after;
}

bool Pager::complete() const {
  return !has_more_ && !drifted_ && total_ &&
         *total_ == position_.delivered - position_.skip + page_.entities;
}

absl::Status Pager::Contradiction(absl::string_view what) const {
  return rest::GatewayError(
      absl::StatusCode::kDataLoss, "PAGINATION_INCONSISTENT",
      absl::StrCat("the pages of the list contradict each other: ", what,
                   ". What was delivered is valid up to the last resume_token; "
                   "go on from there, or read the list again"));
}

}  // namespace klarna::gateway
