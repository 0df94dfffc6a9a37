// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/payout_step.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client_stubs/cpp/status.h"
#include "client_stubs/cpp/text.h"

namespace klarna::demo {
namespace {

using settlements::v1::Payout;
using settlements::v1::SettlementsService;
using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using settlements::v1::Totals;
using settlements::v1::Transaction;

// The total that the transactions of a type add up to.
struct TypeTotal {
  const char* type;
  int64_t (Totals::*total)() const;
};

constexpr TypeTotal kTypeTotals[] = {
    {"SALE", &Totals::sale_amount},
    {"FEE", &Totals::fee_amount},
    {"RETURN", &Totals::return_amount},
    {"TAX", &Totals::tax_amount},
    {"COMMISSION", &Totals::commission_amount},
    {"REVERSAL", &Totals::reversal_amount},
    {"CHARGE", &Totals::charge_amount},
    {"CREDIT", &Totals::credit_amount},
    {"CORRECTION", &Totals::fee_correction_amount},
    {"FEE_REFUND", &Totals::fee_refund_amount},
    {"HOLDBACK", &Totals::holdback_amount},
    {"RELEASE", &Totals::release_amount},
};

struct Sum {
  int64_t rows = 0;
  int64_t amount = 0;
};

// The transactions of a payout, added up while they come.
class Ledger {
 public:
  // DATA_LOSS when the batch does not begin where the last one ended.
  absl::Status Add(const SubscribeResponse& response) {
    if (response.batch().offset() != rows_) {
      return absl::DataLossError(
          absl::StrCat("a batch begins at ", response.batch().offset(),
                       " where ", rows_, " was expected"));
    }
    for (const Transaction& row : response.transactions().transactions()) {
      Sum& sum = sums_[row.type()];
      ++sum.rows;
      sum.amount += row.amount();
      ++rows_;
      if (first_sale_.empty() && row.type() == "SALE") {
        first_sale_ = row.order_id();
      }
    }
    return absl::OkStatus();
  }

  int64_t rows() const { return rows_; }
  const std::map<std::string, Sum>& sums() const { return sums_; }
  const std::string& first_sale() const { return first_sale_; }

 private:
  int64_t rows_ = 0;
  std::map<std::string, Sum> sums_;
  std::string first_sale_;
};

// One line that is written over and over, on a terminal only.
class Progress {
 public:
  void Show(int64_t rows, int64_t total) {
    const absl::Time now = absl::Now();
    if (!terminal_ || now < next_) return;
    next_ = now + absl::Milliseconds(50);
    absl::PrintF("\r  %s of %s", Grouped(rows), Grouped(total));
    std::fflush(stdout);
  }
  void Clear() {
    if (terminal_) absl::PrintF("\r\x1b[K");
  }

 private:
  const bool terminal_ = isatty(STDOUT_FILENO) == 1;
  absl::Time next_ = absl::InfinitePast();
};

absl::StatusOr<std::vector<Payout>> ListPayouts(
    SettlementsService::StubInterface& settlements) {
  SubscribeRequest request;
  request.mutable_list_payouts();
  grpc::ClientContext context;
  const auto reader = settlements.Subscribe(&context, request);
  std::vector<Payout> payouts;
  SubscribeResponse response;
  while (reader->Read(&response)) {
    for (Payout& payout : *response.mutable_payouts()->mutable_payouts()) {
      payouts.push_back(std::move(payout));
    }
  }
  if (absl::Status status = ToStatus(reader->Finish()); !status.ok()) {
    return status;
  }
  // A message that cannot be parsed ends Read without an error.
  if (!response.batch().last()) {
    return absl::DataLossError("the list of payouts ends too early");
  }
  if (payouts.empty()) return absl::NotFoundError("the account has no payouts");
  return payouts;
}

// Reads until the stream ends or breaks. `token` is that of the last batch that
// was added.
absl::Status ReadSome(SettlementsService::StubInterface& settlements,
                      const SubscribeRequest& request, Ledger& ledger,
                      std::string& token) {
  grpc::ClientContext context;
  const auto reader = settlements.Subscribe(&context, request);
  Progress progress;
  SubscribeResponse response;
  while (reader->Read(&response)) {
    if (absl::Status status = ledger.Add(response); !status.ok()) {
      context.TryCancel();
      return status;
    }
    token = response.batch().resume_token();
    progress.Show(ledger.rows(), response.batch().total());
  }
  progress.Clear();
  if (absl::Status status = ToStatus(reader->Finish()); !status.ok()) {
    return status;
  }
  if (!response.batch().complete()) {
    return absl::DataLossError(
        "the list changed while it was read: read again");
  }
  return absl::OkStatus();
}

// Reads a payout's transactions to the end, across broken connections.
absl::StatusOr<Ledger> ReadTransactions(
    SettlementsService::StubInterface& settlements,
    const std::string& payment_reference) {
  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference(payment_reference);
  Ledger ledger;
  std::string token;
  while (true) {
    const std::string begun_after = token;
    absl::Status status = ReadSome(settlements, request, ledger, token);
    if (status.ok()) return ledger;
    const bool advanced = token != begun_after;
    if (!absl::IsUnavailable(status) || !advanced) return status;
    absl::PrintF("  the gateway went away after %s rows: going on there\n",
                 Grouped(ledger.rows()));
    request.mutable_paging()->set_resume_token(token);
  }
}

// Prints a line per type. Returns the number of types that do not add up.
int CompareWithTotals(const Ledger& ledger, const Totals& totals) {
  int differences = 0;
  std::map<std::string, Sum> unknown = ledger.sums();
  absl::PrintF("  %-12s %10s %18s %18s\n", "type", "rows", "sum of the rows",
               "payout's total");
  for (const auto& [type, total_of] : kTypeTotals) {
    const Sum sum = unknown[type];
    unknown.erase(type);
    const int64_t total = (totals.*total_of)();
    if (sum.rows == 0 && total == 0) continue;
    const int64_t difference = sum.amount - total;
    if (difference != 0) ++differences;
    absl::PrintF("  %-12s %10s %18s %18s  %s\n", type, Grouped(sum.rows),
                 Amount(sum.amount), Amount(total),
                 difference == 0 ? "OK" : Amount(difference));
  }
  for (const auto& [type, sum] : unknown) {
    ++differences;
    absl::PrintF("  %-12s %10s %18s %18s  no total\n", type, Grouped(sum.rows),
                 Amount(sum.amount), "");
  }
  return differences;
}

}  // namespace

absl::StatusOr<std::string> ReadLargestPayout(
    SettlementsService::StubInterface& settlements) {
  absl::StatusOr<std::vector<Payout>> payouts = ListPayouts(settlements);
  if (!payouts.ok()) return payouts.status();
  absl::PrintF("Payouts\n");
  for (const Payout& payout : *payouts) {
    absl::PrintF("  %s  %s  %18s %s\n", payout.payment_reference(),
                 payout.payout_date().substr(0, 10),
                 Amount(payout.totals().settlement_amount()),
                 payout.currency_code());
  }
  const Payout& largest = *std::max_element(
      payouts->begin(), payouts->end(), [](const Payout& a, const Payout& b) {
        return a.totals().sale_amount() < b.totals().sale_amount();
      });

  absl::PrintF("\nTransactions of %s\n", largest.payment_reference());
  const absl::Time start = absl::Now();
  absl::StatusOr<Ledger> ledger =
      ReadTransactions(settlements, largest.payment_reference());
  if (!ledger.ok()) return ledger.status();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  absl::PrintF("  %s streamed in %.2f s, %s a second\n",
               Grouped(ledger->rows()), seconds,
               Grouped(static_cast<int64_t>(
                   static_cast<double>(ledger->rows()) / seconds)));
  const int differences = CompareWithTotals(*ledger, largest.totals());
  if (differences != 0) {
    return absl::DataLossError(
        absl::StrCat(differences, " types do not add up to the totals of ",
                     largest.payment_reference()));
  }
  return ledger->first_sale();
}

}  // namespace klarna::demo
