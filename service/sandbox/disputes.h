// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "service/sandbox/call.h"
#include "service/sandbox/dispute.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/options.h"
#include "service/sandbox/payout_history.h"

namespace klarna::sandbox {

// The disputes API: seeded disputes about settled sales, in every state.
// Evidence, appeals and accepted losses move them; what Klarna decides comes by
// Advance(). Not thread-safe.
class Disputes {
 public:
  Disputes(const SandboxOptions& options, const PayoutHistory& history,
           Identifiers& ids, Ledger& ledger);

  Answer Handle(const Call& call);

  // What Klarna does next with a dispute it has to decide: REPRESENTMENT goes
  // to PRE_ARBITRATION, ARBITRATION is closed. False if it has nothing to do.
  bool Advance(absl::string_view id, absl::Time now);

  std::vector<std::string> Ids(size_t most) const;

 private:
  Answer List(const Call& call) const;
  Answer AcceptLoss(const Call& call, Dispute& dispute);
  Answer Represent(const Call& call, Dispute& dispute);
  Answer Appeal(const Call& call, Dispute& dispute);
  Answer Upload(const Call& call, Dispute& dispute);
  Answer Download(const Call& call, const Dispute& dispute) const;
  Answer Enroll(const Call& call);

  Dispute MakeSeeded(uint64_t number) const;
  Dispute* Find(absl::string_view id);

  const SandboxOptions& options_;
  const PayoutHistory& history_;
  Identifiers& ids_;
  Ledger& ledger_;
  std::vector<std::unique_ptr<Dispute>> disputes_;  // Oldest first.
  absl::flat_hash_map<std::string, Dispute*> by_id_;
};

}  // namespace klarna::sandbox
