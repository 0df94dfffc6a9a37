// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace klarna::sandbox {

// One effect that a request had.
struct LedgerEntry {
  uint64_t number = 0;  // From 1.
  absl::Time at;
  std::string operation;  // "order_management.captureOrder".
  std::string path;
  std::string key;        // Klarna-Idempotency-Key; "" without one.
  std::string body_hash;  // SHA-256 in hex.
  int64_t amount = 0;     // Minor units; 0 where no money moves.
  std::string resource;   // The id of what was made or changed.
};

// Every effect in the order in which they happened; nothing is ever changed or
// taken away. A replay under an idempotency key has no effect, so no entry.
class Ledger {
 public:
  // Gives the entry its number.
  void Add(LedgerEntry entry) {
    entry.number = entries_.size() + 1;
    entries_.push_back(std::move(entry));
  }

  const std::vector<LedgerEntry>& entries() const { return entries_; }

 private:
  std::vector<LedgerEntry> entries_;
};

std::string Sha256Hex(absl::string_view bytes);

}  // namespace klarna::sandbox
