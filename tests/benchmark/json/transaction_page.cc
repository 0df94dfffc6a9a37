// SPDX-License-Identifier: Apache-2.0
#include "tests/benchmark/json/transaction_page.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klarna::json {
namespace {

class PageWriter {
 public:
  explicit PageWriter(Members members) : members_(members) {}

  std::string Write() {
    std::string page = absl::StrCat("{", Break(), "\"transactions\":[");
    for (int i = 0; i < kTransactions; ++i) {
      absl::StrAppend(&page, i == 0 ? "" : ",", Transaction());
    }
    absl::StrAppend(&page, "],\"pagination\":{\"count\":500,\"total\":100000,",
                    "\"next\":\"https://api.klarna.com/settlements/v1/",
                    "transactions?offset=1000&size=500\",\"offset\":500}}");
    return page;
  }

 private:
  using Member = std::pair<std::string_view, std::string>;

  const char* Break() const {
    return members_ == Members::kSpaced ? "\n  " : "";
  }
  size_t Below(size_t n) { return random_() % n; }

  std::string Digits(size_t n) {
    std::string digits;
    for (size_t i = 0; i < n; ++i) digits += static_cast<char>('0' + Below(10));
    return digits;
  }
  std::string Hex(size_t n) {
    std::string hex;
    for (size_t i = 0; i < n; ++i) hex += "0123456789abcdef"[Below(16)];
    return hex;
  }
  static std::string Quoted(const std::string& text) {
    return absl::StrCat("\"", text, "\"");
  }
  std::string Uuid() {
    return Quoted(absl::StrCat(Hex(8), "-", Hex(4), "-4", Hex(3), "-a", Hex(3),
                               "-", Hex(12)));
  }
  std::string Time() {
    return Quoted(absl::StrCat("2026-0", 1 + Below(9), "-1", Below(9), "T0",
                               Below(10), ":", 10 + Below(50), ":",
                               10 + Below(50), ".000Z"));
  }

  std::string Transaction() {
    std::vector<Member> members = {
        {"amount", absl::StrCat(static_cast<int>(Below(200'000)) - 20'000)},
        {"capture_id", Uuid()},
        {"merchant_reference1", Quoted("order-" + Digits(8))},
        {"sale_date", Time()},
        {"type", Quoted(Below(3) == 0 ? "COMMISSION" : "SALE")},
        {"capture_date", Time()},
        {"payment_reference", Quoted("XISA93DJ")},
        {"order_id", Uuid()},
        {"payout",
         Quoted("https://api.klarna.com/settlements/v1/payouts/XISA93DJ")},
        {"short_order_id", Quoted(Hex(8))},
        {"merchant_reference2", Quoted(Below(9) == 0 ? "Åsa Öberg" : "")},
        {"currency_code", Quoted("EUR")},
        {"purchase_country", Quoted("DE")},
        {"vat_rate", "1900"},
        {"vat_amount", absl::StrCat(Below(5'000))},
        {"shipping_country", Quoted("DE")},
        {"initial_payment_method_type", Quoted("direct_debit")},
        {"detailed_type", Quoted("PURCHASE")},
    };
    if (members_ == Members::kShuffled) {
      std::mt19937 same(1);
      std::shuffle(members.begin(), members.end(), same);
    }
    std::string json = "{";
    for (const auto& [name, value] : members) {
      absl::StrAppend(&json, json.size() == 1 ? "" : ",", Break(), "\"",
                      absl::string_view(name.data(), name.size()),
                      "\":", members_ == Members::kSpaced ? " " : "", value);
    }
    return json + "}";
  }

  Members members_;
  std::mt19937 random_{20'26};
};

}  // namespace

std::string TransactionPage(Members members) {
  return PageWriter(members).Write();
}

}  // namespace klarna::json
