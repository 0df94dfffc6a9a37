// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace klarna::sandbox {

enum class DisputeState {
  kInitiated,
  kRepresentment,
  kPreArbitration,
  kArbitration,
  kClosed,
};

absl::string_view StateName(DisputeState state);

// A file of a dispute. The bytes of seeded files are made when asked for.
struct DisputeFile {
  std::string id;
  std::string name;
  std::string type;  // "application/pdf".
  std::string bytes;
  uint64_t seeded_size = 0;  // Of a seeded large file; 0: `bytes` is it.
};

struct Dispute {
  uint64_t number = 0;
  std::string id;  // "krn:network:eu1:test:payment:dispute:...".
  DisputeState state = DisputeState::kInitiated;
  DisputeState previous = DisputeState::kInitiated;
  std::string reason;
  std::string order_id;
  std::string capture_id;
  std::string purchase_reference;
  int64_t amount = 0;
  std::string currency;
  absl::Time created_at;
  absl::Time updated_at;
  absl::Time closed_at;
  std::string outcome;                 // "WON", "LOST"; "" while open.
  nlohmann::json evidence;             // What represent sent; null before.
  nlohmann::json arbitration_request;  // What appeal sent; null before.
  std::vector<DisputeFile> files;      // The partner's.
  std::vector<DisputeFile> customer_files;

  const DisputeFile* FindFile(absl::string_view file) const;
  void MoveTo(DisputeState next, absl::Time now);
};

// The dispute as the API writes it: which members it has depends on its state.
nlohmann::json DisputeJson(const Dispute& dispute);

}  // namespace klarna::sandbox
