// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace klarna::sandbox {

// A pseudo-random permutation of the 64-bit numbers: nearby numbers come out
// far apart, and no two numbers alike.
uint64_t Scatter(uint64_t number);
uint64_t Gather(uint64_t scattered);  // Gather(Scatter(n)) == n.

// A number for a text, the same in every run and on every machine.
uint64_t StableHash(absl::string_view text);

// Makes ids in the form of Klarna's that are the same in every run with the
// same seed, and reads the number back out of them, so that a resource need not
// be stored to be found.
//
//   Identifiers ids(/*seed=*/1);
//   std::string order = ids.Uuid(IdKind::kOrder, 7);
//   ids.NumberOf(IdKind::kOrder, order);    // 7
//   ids.NumberOf(IdKind::kCapture, order);  // none: an id of another kind
//   ids.Next(IdKind::kCapture);             // one never given before
//
// Not thread-safe.
enum class IdKind : uint8_t {
  kOrder,
  kCapture,
  kRefund,
  kPaymentSession,
  kAuthorization,
  kCustomerToken,
  kCheckoutOrder,
  kHostedPage,
  kPromise,
  kCardSettlement,
  kCard,
  kTransaction,
  kCorrelation,
  kShipment,
  kShippingToken,
  kDispute,
  kCount,
};

class Identifiers {
 public:
  explicit Identifiers(uint64_t seed);

  std::string Uuid(IdKind kind, uint64_t number) const;
  void AppendUuid(std::string* out, IdKind kind, uint64_t number) const;

  // The number an id was made of; none if Uuid() did not make it.
  std::optional<uint64_t> NumberOf(IdKind kind, absl::string_view uuid) const;

  std::string Next(IdKind kind);

 private:
  uint64_t seed_;
  std::array<uint64_t, static_cast<size_t>(IdKind::kCount)> made_{};
};

}  // namespace klarna::sandbox
