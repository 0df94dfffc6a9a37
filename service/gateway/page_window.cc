// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/page_window.h"

#include <algorithm>

namespace klarna::gateway {
namespace {

// A page of Klarna's largest size while it arrives: its JSON and, once decoded,
// half as much again.
constexpr int64_t kExpectedBytes = 448 << 10;

bool SamePage(const Position& a, const Position& b) {
  return a.offset == b.offset && a.cursor == b.cursor;
}

}  // namespace

void PageWindow::Prefetch(const Position& position) {
  const bool known = std::any_of(
      ahead_.begin(), ahead_.end(),
      [&](const Ahead& ahead) { return SamePage(ahead.position, position); });
  if (known || ahead_.size() >= static_cast<size_t>(size_) ||
      !budget_.HasRoom()) {
    return;
  }
  ahead_.push_back(
      {position, PageBudget::Lease(budget_, kExpectedBytes), fetch_(position)});
  ahead_.back().page.Start();
}

runtime::Task<absl::StatusOr<FetchedPage>> PageWindow::Take(Position position) {
  if (ahead_.empty() || !SamePage(ahead_.front().position, position)) {
    Clear();
    co_return co_await fetch_(std::move(position));
  }
  Ahead ahead = std::move(ahead_.front());
  ahead_.pop_front();
  ahead.lease = PageBudget::Lease();
  co_return co_await ahead.page;
}

}  // namespace klarna::gateway
