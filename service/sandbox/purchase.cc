// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/purchase.h"

#include <cstddef>
#include <iterator>

#include "service/sandbox/identifiers.h"

namespace klarna::sandbox {
namespace {

constexpr absl::string_view kCurrencyNames[kCurrencies] = {"EUR", "SEK", "GBP",
                                                           "USD"};

constexpr Market kEuro[] = {
    {"DE", "EUR", "de-DE", 1900, "Köln", "50667", "Hohe Straße 12",
     "+49 221 0000000"},
    {"FI", "EUR", "fi-FI", 2550, "Hämeenlinna", "13100", "Raatihuoneenkatu 3",
     "+358 3 0000000"},
    {"NL", "EUR", "nl-NL", 2100, "Utrecht", "3511 AB", "Oudegracht 151",
     "+31 30 0000000"},
};
constexpr Market kSweden = {
    "SE",       "SEK",    "sv-SE",         2500,
    "Göteborg", "411 05", "Södra Vägen 1", "+46 31 000000"};
constexpr Market kBritain = {"GB",
                             "GBP",
                             "en-GB",
                             2000,
                             "London",
                             "W1G 0PW",
                             "33 Example Square",
                             "+44 20 0000 0000"};
constexpr Market kAmerica = {
    "US",        "USD",   "en-US",       0,
    "Knoxville", "37902", "1 Market Sq", "+1 865 555 0100"};

struct Product {
  absl::string_view name;
  absl::string_view reference;
  absl::string_view url;
  int64_t price;
};

constexpr Product kProducts[] = {
    {"Running shoe", "AD6654412", "https://shop.example/p/ad6654412", 8995},
    {"Wool beanie", "BN-28", "https://shop.example/p/bn-28", 1800},
    {"Ryggsäck 24 l", "RS-24", "https://shop.example/p/rs-24", 12900},
    {"Headphones", "75001", "https://shop.example/p/75001", 19900},
    {"Teekanne, weiß", "TK-7", "https://shop.example/p/tk-7", 3450},
    {"T-shirt \"Åre\" 3/4", "19-402", "https://shop.example/p/19-402", 2499},
    {"Battery pack", "45aa52f3", "https://shop.example/p/45aa52f3", 4999},
    {"Gift card", "GC-50", "https://shop.example/p/gc-50", 5000},
};

constexpr absl::string_view kMethods[] = {"invoice", "slice_it_by_card", "card",
                                          "direct_debit", "fixed_amount"};
constexpr absl::string_view kGivenNames[] = {"Klara", "Åsa",  "Jürgen", "Adam",
                                             "Aino",  "Emma", "Noor",   "Lars"};
constexpr absl::string_view kFamilyNames[] = {
    "Joyce", "Öberg", "Müller", "Virtanen", "Jansen", "Andersson"};

// Successive pseudo-random choices of one purchase.
class Draws {
 public:
  Draws(uint64_t seed, uint64_t number)
      : state_(Scatter(seed) ^ Scatter(number + 0x632be59bd9b4e019u)) {}

  uint64_t Below(uint64_t bound) {
    state_ = Scatter(state_ + 0x9e3779b97f4a7c15u);
    return (state_ >> 32) % bound;
  }

  template <typename T, size_t kSize>
  const T& Of(const T (&choices)[kSize]) {
    return choices[Below(kSize)];
  }

 private:
  uint64_t state_;
};

const Market& MarketOf(int currency, Draws* draws) {
  switch (currency) {
    case 0:
      return draws->Of(kEuro);
    case 1:
      return kSweden;
    case 2:
      return kBritain;
    default:
      return kAmerica;
  }
}

}  // namespace

absl::string_view CurrencyName(int currency) {
  return kCurrencyNames[currency];
}

int64_t TaxWithin(int64_t total, int64_t rate) {
  return total - (total * 10000 + (10000 + rate) / 2) / (10000 + rate);
}

Purchase MakePurchase(uint64_t seed, uint64_t number, int currency) {
  Draws draws(seed, number);
  Purchase purchase;
  purchase.number = number;
  purchase.market = &MarketOf(currency, &draws);
  purchase.method = draws.Of(kMethods);
  purchase.given_name = draws.Of(kGivenNames);
  purchase.family_name = draws.Of(kFamilyNames);
  purchase.line_count = static_cast<int>(1 + draws.Below(3));
  // Prices in kronor are about ten times those in the other currencies.
  const int64_t scale = currency == 1 ? 10 : 1;
  for (int i = 0; i < purchase.line_count; ++i) {
    const Product& product = draws.Of(kProducts);
    PurchaseLine& line = purchase.lines[static_cast<size_t>(i)];
    line.name = product.name;
    line.reference = product.reference;
    line.product_url = product.url;
    line.quantity = static_cast<int64_t>(1 + draws.Below(3));
    line.unit_price = product.price * scale;
    line.total = line.quantity * line.unit_price;
    line.tax = TaxWithin(line.total, purchase.market->tax_rate);
    purchase.amount += line.total;
    purchase.tax += line.tax;
  }
  return purchase;
}

}  // namespace klarna::sandbox
