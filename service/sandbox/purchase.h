// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace klarna::sandbox {

// A country in which the sandbox's shoppers buy.
struct Market {
  absl::string_view country;  // "SE".
  absl::string_view currency;
  absl::string_view locale;
  int64_t tax_rate;  // 2500 is 25 %.
  absl::string_view city;
  absl::string_view postal_code;
  absl::string_view street;
  absl::string_view phone;
};

// A line of a purchase, amounts in minor units and tax included.
struct PurchaseLine {
  absl::string_view name;
  absl::string_view reference;
  absl::string_view product_url;
  int64_t quantity = 0;
  int64_t unit_price = 0;
  int64_t total = 0;
  int64_t tax = 0;
};

// One seeded purchase: a pure function of seed, number and currency, so that
// an order and its bookings agree though neither was stored.
struct Purchase {
  uint64_t number = 0;
  const Market* market = nullptr;
  absl::string_view method;  // "slice_it_by_card".
  absl::string_view given_name;
  absl::string_view family_name;
  int line_count = 0;  // 1 to 3.
  std::array<PurchaseLine, 3> lines;
  int64_t amount = 0;
  int64_t tax = 0;
};

// The currencies by number: 0 EUR, 1 SEK, 2 GBP, 3 USD.
inline constexpr int kCurrencies = 4;
absl::string_view CurrencyName(int currency);

//   Purchase bought = MakePurchase(/*seed=*/1, /*number=*/7, /*currency=*/0);
//   bought.amount;  // Sum of bought.lines[i].total for i < line_count.
Purchase MakePurchase(uint64_t seed, uint64_t number, int currency);

// The tax inside `total` at `rate`, rounded to the nearest minor unit.
int64_t TaxWithin(int64_t total, int64_t rate);

}  // namespace klarna::sandbox
