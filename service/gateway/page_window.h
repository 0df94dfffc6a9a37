// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "service/gateway/page_budget.h"
#include "service/gateway/resume_token.h"
#include "service/json/json_to_wire.h"
#include "service/runtime/task.h"

namespace klarna::gateway {

struct FetchedPage {
  json::DecodedPage page;
  PageBudget::Lease lease;
};

// The pages of one stream that are fetched ahead of their turn: a bounded
// number, and none while the process is out of budget.
class PageWindow {
 public:
  using Fetch =
      std::function<runtime::Task<absl::StatusOr<FetchedPage>>(Position)>;

  PageWindow(Fetch fetch, int size, PageBudget& budget)
      : fetch_(std::move(fetch)), size_(size), budget_(budget) {}

  // Begins to fetch the page, unless it is being fetched or there is no room.
  void Prefetch(const Position& position);

  // The page at `position`, fetched now if it was not before. Pages that were
  // fetched for other places are given up.
  runtime::Task<absl::StatusOr<FetchedPage>> Take(Position position);

  // Gives up what was fetched ahead.
  void Clear() { ahead_.clear(); }

 private:
  struct Ahead {
    Position position;
    PageBudget::Lease lease;  // For what is on its way.
    runtime::Task<absl::StatusOr<FetchedPage>> page;
  };

  const Fetch fetch_;
  const int size_;
  PageBudget& budget_;
  std::deque<Ahead> ahead_;
};

}  // namespace klarna::gateway
