// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/gateway/resume_token.h"
#include "service/json/json_to_wire.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"

namespace klarna::gateway {

// What a page says about itself and its list, besides its entities.
struct PageFacts {
  int64_t entities = 0;
  std::optional<int64_t> total;
  std::optional<int64_t> echoed_offset;
  bool has_next_link = false;
  std::string next_cursor;
  size_t content_hash = 0;  // Of the entities' bytes.
  // Whether all entities are equal: such a page can rightly come again, since
  // entities may be equal (two fees of the same amount).
  bool uniform = true;
};

PageFacts ReadPageFacts(const rest::ListPaging& paging,
                        const json::DecodedPage& page);

// Walks a list: says which page to ask for, and after each page whether the
// list goes on. Pure bookkeeping, no I/O. One for each stream.
//
// Advances by the entities received and never follows a link. A list ends only
// when neither a link to a next page nor a larger total contradicts it; pages
// that contradict each other are an error, since going on could lose or repeat
// an entity.
class Pager {
 public:
  // `start` is where a resume token points, or the beginning.
  Pager(const rest::ListPaging& paging, int page_size, Position start);

  // Checks page_size and the like against the list. INVALID_ARGUMENT naming the
  // option.
  static absl::Status CheckOptions(const rest::ListPaging& paging,
                                   const v1::PageOptions& options);

  // Where the current page begins; `skip` entities of it are left out.
  const Position& position() const { return position_; }

  // Where the page `pages_ahead` behind `next` begins, as far as that can be
  // foretold: in a list by offset whose pages have `page_entities` each, up to
  // its known end.
  std::optional<Position> Foretell(const Position& next, int64_t pages_ahead,
                                   int64_t page_entities) const;

  // Adds the query parameters that fetch the page at `position`.
  void AddQuery(const Position& position, rest::BoundRequest& request) const;

  // Takes note of the page at position(). DATA_LOSS, reason
  // PAGINATION_INCONSISTENT, when it contradicts what came before.
  absl::Status Accept(const PageFacts& page);

  // Whether the list goes on after the accepted page.
  bool has_more() const { return has_more_; }
  // Goes on to the next page.
  void Advance();
  // Goes to a place inside or behind the accepted page, to fetch from there
  // again.
  void GoTo(Position position);

  // The position right behind `entities` of the accepted page.
  Position After(int64_t entities) const;

  // Entities of the accepted page.
  int64_t entities() const { return page_.entities; }
  std::optional<int64_t> total() const { return total_; }
  bool drifted() const { return drifted_; }
  // Whether the total proves that nothing is missing, once all is delivered.
  bool complete() const;

 private:
  absl::Status Contradiction(absl::string_view what) const;
  absl::Status CheckAgainstBefore(const PageFacts& page);
  void NoteTotal(int64_t total);
  absl::Status CheckNextCursor(const std::string& cursor) const;
  bool DecideWhetherMore(const PageFacts& page) const;
  void NoteCursor();

  const rest::ListPaging& paging_;
  const int page_size_;
  Position position_;
  // Hashes of the cursors that were asked for, to see a list that runs in a
  // circle: 8 bytes a page.
  absl::flat_hash_set<size_t> cursors_;
  PageFacts page_;
  bool has_page_before_ = false;
  size_t hash_before_ = 0;
  // Hashes of the pages before, as far as a bound allows.
  absl::flat_hash_set<size_t> seen_;
  std::optional<int64_t> total_;
  bool has_more_ = false;
  bool drifted_ = false;
};

}  // namespace klarna::gateway
