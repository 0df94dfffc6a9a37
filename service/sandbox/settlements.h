// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/options.h"
#include "service/sandbox/payout_history.h"

namespace klarna::sandbox {

// The settlements API: payouts, their transactions and the reports, which are
// written while they are sent. Not thread-safe.
class Settlements {
 public:
  Settlements(const SandboxOptions& options, const PayoutHistory& history,
              const Identifiers& ids)
      : options_(options), history_(history), ids_(ids) {}

  Answer Handle(const Call& call) const;

 private:
  Answer ListPayouts(const Call& call) const;
  Answer Summarize(const Call& call) const;
  Answer ListTransactions(const Call& call) const;
  Answer Csv(std::vector<const Payout*> payouts) const;
  Answer OnePayout(const Call& call) const;
  Answer PeriodReport(const Call& call) const;

  // The rows that a transaction list's filters leave, over all payouts.
  struct Rows {
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  Rows Filter(const Call& call) const;

  // The payouts within the query's dates and of its currency.
  std::vector<const Payout*> Select(const Call& call) const;

  const SandboxOptions& options_;
  const PayoutHistory& history_;
  const Identifiers& ids_;
};

}  // namespace klarna::sandbox
