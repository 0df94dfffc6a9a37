// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/settlements.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/order_book.h"
#include "service/sandbox/pages.h"
#include "service/sandbox/pdf.h"
#include "service/sandbox/timestamp.h"
#include "service/sandbox/transaction_text.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr size_t kBookings = static_cast<size_t>(Booking::kCount);
// The CSV is sent in parts of about this size.
constexpr size_t kCsvPart = 64 * 1024;

json Totals(const Payout& payout) {
  // Members that the sandbox never books are there with 0, as in Klarna's.
  json totals = {{"repay_amount", 0},
                 {"fee_correction_amount", 0},
                 {"tax_refund_amount", 0},
                 {"deposit_amount", 0},
                 {"opening_debt_balance_amount", 0},
                 {"closing_debt_balance_amount", 0},
                 {"commission_reversal_amount", 0},
                 {"settlement_amount", payout.settled}};
  for (size_t i = 0; i < kBookings; ++i) {
    totals[std::string(PayoutHistory::TotalName(static_cast<Booking>(i)))] =
        payout.sums[i];
  }
  return totals;
}

json PayoutJson(const Payout& payout) {
  return {
      {"totals", Totals(payout)},
      {"payment_reference", payout.reference},
      {"payout_date", Timestamp(payout.date)},
      {"currency_code", CurrencyName(payout.currency)},
      {"currency_code_of_registration_country", "EUR"},
      {"merchant_settlement_type", "NET"},
      {"merchant_id", "M100042"},
      {"transactions",
       absl::StrCat(kHost, "/settlements/v1/transactions?payment_reference=",
                    payout.reference)}};
}

json SummaryJson(const std::vector<const Payout*>& payouts) {
  std::array<int64_t, kBookings> sums{};
  int64_t settled = 0;
  for (const Payout* payout : payouts) {
    settled += payout->settled;
    for (size_t i = 0; i < kBookings; ++i) sums[i] += payout->sums[i];
  }
  json summary = {
      {"summary_total_fee_correction_amount", 0},
      {"summary_total_repay_amount", 0},
      {"summary_total_commission_reversal_amount", 0},
      {"summary_total_settlement_amount", settled},
      {"summary_payout_date_start", Timestamp(payouts.front()->date)},
      {"summary_payout_date_end", Timestamp(payouts.back()->date)},
      {"summary_settlement_currency", CurrencyName(payouts.front()->currency)}};
  for (const Booking booking :
       {Booking::kSale, Booking::kFee, Booking::kReturn, Booking::kTax,
        Booking::kCommission, Booking::kReversal, Booking::kHoldback,
        Booking::kRelease}) {
    summary[absl::StrCat("summary_total_", PayoutHistory::TotalName(booking))] =
        sums[static_cast<size_t>(booking)];
  }
  return summary;
}

Answer Document(absl::string_view type, std::string body) {
  Answer answer;
  answer.headers.push_back({"Content-Type", std::string(type)});
  answer.body = std::move(body);
  return answer;
}

Answer PdfOf(const std::vector<const Payout*>& payouts) {
  std::vector<std::string> lines = {"Settlement report"};
  for (const Payout* payout : payouts) {
    lines.push_back(absl::StrCat(payout->reference, "  ",
                                 Timestamp(payout->date), "  ", payout->settled,
                                 " ", CurrencyName(payout->currency)));
  }
  return Document("application/pdf", MakePdf(lines));
}

}  // namespace

Answer Settlements::Handle(const Call& call) const {
  switch (call.operation.op) {
    case Op::kSummarizePayouts:
      return Summarize(call);
    case Op::kListPayouts:
      return ListPayouts(call);
    case Op::kListTransactions:
      return ListTransactions(call);
    case Op::kPayoutsSummaryCsv:
    case Op::kPayoutsSummaryPdf:
      return PeriodReport(call);
    default:
      return OnePayout(call);
  }
}

Answer Settlements::OnePayout(const Call& call) const {
  const std::string* query = call.Query("payment_reference");
  const std::string& reference = query != nullptr ? *query : call.parameters[0];
  const Payout* payout = history_.Find(reference);
  if (payout == nullptr) {
    return Refuse(call, 404, "NOT_FOUND",
                  absl::StrCat("Payout ", reference, " cannot be found"));
  }
  switch (call.operation.op) {
    case Op::kPayoutCsv:
      return Csv({payout});
    case Op::kPayoutPdf:
      return PdfOf({payout});
    default:
      return Reply(call, 200, PayoutJson(*payout));
  }
}

std::vector<const Payout*> Settlements::Select(const Call& call) const {
  const std::string* start = call.Query("start_date");
  const std::string* end = call.Query("end_date");
  const std::string* currency = call.Query("currency_code");
  const absl::Time from =
      start == nullptr ? absl::InfinitePast() : *ParseTimestamp(*start);
  const absl::Time to =
      end == nullptr ? absl::InfiniteFuture() : *ParseTimestamp(*end);
  std::vector<const Payout*> selected;
  for (const Payout& payout : history_.payouts()) {
    if (payout.date < from || payout.date > to) continue;
    if (currency != nullptr &&
        !absl::EqualsIgnoreCase(*currency, CurrencyName(payout.currency))) {
      continue;
    }
    selected.push_back(&payout);
  }
  return selected;
}

Answer Settlements::ListPayouts(const Call& call) const {
  const std::vector<const Payout*> payouts = Select(call);
  const PageWindow window = PageOf(call, payouts.size(), options_.page_cap);
  Answer answer = Document("application/json", "{\"payouts\":[");
  for (uint64_t i = window.begin; i < window.end; ++i) {
    if (i > window.begin) answer.body.push_back(',');
    answer.body += PayoutJson(*payouts[i]).dump();
  }
  answer.body.push_back(']');
  AppendPagination(call, window, &answer.body);
  answer.body.push_back('}');
  return answer;
}

Answer Settlements::Summarize(const Call& call) const {
  std::map<int, std::vector<const Payout*>> by_currency;
  for (const Payout* payout : Select(call)) {
    by_currency[payout->currency].push_back(payout);
  }
  json summaries = json::array();
  for (const auto& [currency, payouts] : by_currency) {
    summaries.push_back(SummaryJson(payouts));
  }
  return Reply(call, 200, summaries);
}

// An order has its rows in one place, because its number is in its id.
Settlements::Rows Settlements::Filter(const Call& call) const {
  Rows rows{0, history_.rows()};
  if (const std::string* reference = call.Query("payment_reference")) {
    const Payout* payout = history_.Find(*reference);
    if (payout == nullptr) return {};
    rows = {payout->first_row, payout->first_row + payout->rows};
  }
  if (const std::string* order = call.Query("order_id")) {
    const auto number = ids_.NumberOf(IdKind::kOrder, *order);
    if (!number || *number % 2 != 0 || *number / 2 >= history_.sales()) {
      return {};
    }
    const uint64_t sale = *number / 2;
    const Payout& payout = history_.PayoutOfSale(sale);
    const uint64_t first = payout.first_row + (sale - payout.first_sale) *
                                                  PayoutHistory::kRowsPerSale;
    const uint64_t last = std::min(first + PayoutHistory::kRowsPerSale,
                                   payout.first_row + payout.rows);
    if (first < rows.begin || last > rows.end) return {};
    rows = {first, last};
  }
  return rows;
}

Answer Settlements::ListTransactions(const Call& call) const {
  const Rows rows = Filter(call);
  const PageWindow window =
      PageOf(call, rows.end - rows.begin, options_.page_cap);
  Answer answer = Document("application/json", "{\"transactions\":[");
  answer.body.reserve(1024 + (window.end - window.begin) * 800);
  TransactionText text(history_, ids_);
  for (uint64_t i = window.begin; i < window.end; ++i) {
    if (i > window.begin) answer.body.push_back(',');
    text.AppendJson(rows.begin + i, &answer.body);
  }
  answer.body.push_back(']');
  AppendPagination(call, window, &answer.body);
  answer.body.push_back('}');
  return answer;
}

Answer Settlements::PeriodReport(const Call& call) const {
  std::vector<const Payout*> payouts = Select(call);
  if (call.operation.op == Op::kPayoutsSummaryPdf) return PdfOf(payouts);
  return Csv(std::move(payouts));
}

Answer Settlements::Csv(std::vector<const Payout*> payouts) const {
  Answer answer = Document("text/csv;charset=utf-8", "");
  // What is left to write; the answer's owner asks for one part at a time.
  struct Progress {
    std::vector<const Payout*> payouts;
    TransactionText text;
    size_t payout = 0;
    uint64_t row = 0;
    bool head = false;
  };
  auto progress = std::make_shared<Progress>(
      Progress{std::move(payouts), TransactionText(history_, ids_)});
  answer.more = [progress](std::string* part) {
    part->clear();
    if (!std::exchange(progress->head, true)) {
      absl::StrAppend(part, TransactionText::CsvHead());
    }
    while (progress->payout < progress->payouts.size() &&
           part->size() < kCsvPart) {
      const Payout& payout = *progress->payouts[progress->payout];
      if (progress->row == payout.rows) {
        ++progress->payout;
        progress->row = 0;
        continue;
      }
      progress->text.AppendCsv(payout.first_row + progress->row++, part);
    }
    return !part->empty();
  };
  return answer;
}

}  // namespace klarna::sandbox
