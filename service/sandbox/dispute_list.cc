// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/dispute_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

// Whether one of the query's values of that name is `value`, or there is none.
bool Wanted(const Call& call, absl::string_view name, absl::string_view value) {
  bool asked = false;
  for (const auto& [key, wanted] : call.query) {
    if (key != name) continue;
    if (absl::EqualsIgnoreCase(wanted, value)) return true;
    asked = true;
  }
  return !asked;
}

// Starts are inclusive, ends exclusive.
bool Within(const Call& call, absl::string_view name, absl::Time time) {
  const std::string* start = call.Query(absl::StrCat(name, "_start"));
  const std::string* end = call.Query(absl::StrCat(name, "_end"));
  return (start == nullptr || time >= *ParseTimestamp(*start)) &&
         (end == nullptr || time < *ParseTimestamp(*end));
}

bool Matches(const Call& call, const Dispute& dispute) {
  const bool asks_closing = call.Query("closed_at_start") != nullptr ||
                            call.Query("closed_at_end") != nullptr;
  if (asks_closing && dispute.state != DisputeState::kClosed) return false;
  return Wanted(call, "order_ids", dispute.order_id) &&
         Wanted(call, "payment_transaction_ids",
                absl::StrCat("krn:payment:eu1:authorization:",
                             dispute.order_id)) &&
         Wanted(call, "state", StateName(dispute.state)) &&
         Wanted(call, "reason", dispute.reason) &&
         Wanted(call, "purchase_references", dispute.purchase_reference) &&
         Within(call, "created_at", dispute.created_at) &&
         Within(call, "updated_at", dispute.updated_at) &&
         (!asks_closing || Within(call, "closed_at", dispute.closed_at));
}

}  // namespace

std::vector<const Dispute*> SelectDisputes(
    const Call& call, const std::vector<std::unique_ptr<Dispute>>& disputes) {
  std::vector<const Dispute*> selected;
  for (const auto& dispute : disputes) {
    if (Matches(call, *dispute)) selected.push_back(dispute.get());
  }
  const std::string* sort = call.Query("sort_by");
  if (sort == nullptr) return selected;
  absl::string_view member = *sort;
  const bool descending = absl::ConsumePrefix(&member, "-");
  const bool by_closing = member == "closed_at";
  std::stable_sort(
      selected.begin(), selected.end(),
      [&](const Dispute* a, const Dispute* b) {
        const absl::Time left = by_closing ? a->closed_at : a->created_at;
        const absl::Time right = by_closing ? b->closed_at : b->created_at;
        return descending ? right < left : left < right;
      });
  return selected;
}

std::string CursorOf(const Dispute& dispute) {
  return absl::WebSafeBase64Escape(absl::StrCat("d", dispute.number));
}

std::optional<uint64_t> NumberInCursor(absl::string_view cursor) {
  std::string text;
  uint64_t number;
  if (!absl::WebSafeBase64Unescape(cursor, &text)) return std::nullopt;
  absl::string_view digits = text;
  if (!absl::ConsumePrefix(&digits, "d") ||
      !absl::SimpleAtoi(digits, &number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace klarna::sandbox
