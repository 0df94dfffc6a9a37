// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/transaction_text.h"

#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/order_book.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

void AppendDated(absl::string_view name, absl::Time time, std::string* out) {
  absl::StrAppend(out, ",\"", name, "\":\"");
  AppendTimestamp(out, time);
  out->push_back('"');
}

}  // namespace

Transaction TransactionText::Load(uint64_t row) {
  const bool same_payout = payout_ != nullptr && row >= payout_->first_row &&
                           row - payout_->first_row < payout_->rows;
  if (!same_payout) {
    payout_ = &history_.PayoutOfRow(row);
    has_sale_ = false;
  }
  const uint64_t row_of_payout = row - payout_->first_row;
  const uint64_t sale =
      payout_->first_sale + row_of_payout / PayoutHistory::kRowsPerSale;
  if (!has_sale_ || sale_.number != sale) LoadSale(row_of_payout);
  return history_.Row(row_of_payout, sale_);
}

void TransactionText::LoadSale(uint64_t row_of_payout) {
  sale_ = history_.SaleOf(*payout_, row_of_payout);
  has_sale_ = true;
  const uint64_t order = OrderNumberOfSale(sale_.number);
  const Market& market = *sale_.purchase.market;

  capture_id_.clear();
  ids_.AppendUuid(&capture_id_, IdKind::kCapture, sale_.number);

  references_ =
      absl::StrCat(",\"merchant_reference1\":\"", SeededReference(order), "\"");
  AppendDated("sale_date", sale_.sold_at, &references_);
  AppendDated("capture_date", sale_.captured_at, &references_);
  absl::StrAppend(&references_, ",\"payment_reference\":\"", payout_->reference,
                  "\",\"order_id\":\"");
  ids_.AppendUuid(&references_, IdKind::kOrder, order);
  absl::StrAppend(&references_, "\",\"payout\":\"", kHost,
                  "/settlements/v1/payouts/", payout_->reference,
                  "\",\"short_order_id\":\"", KlarnaReference(order), "\"");

  market_ = absl::StrCat(
      ",\"merchant_reference2\":\"\",\"currency_code\":\"", market.currency,
      "\",\"purchase_country\":\"", market.country,
      "\",\"shipping_country\":\"", market.country,
      "\",\"initial_payment_method_type\":\"", sale_.purchase.method, "\"");
}

void TransactionText::AppendJson(uint64_t row, std::string* out) {
  const Transaction transaction = Load(row);
  absl::StrAppend(out, "{\"amount\":", transaction.amount, ",\"type\":\"",
                  PayoutHistory::TypeName(transaction.booking),
                  "\",\"detailed_type\":\"", transaction.detailed_type,
                  "\",\"capture_id\":\"");
  // Klarna leaves it empty where no capture belongs to the booking.
  if (transaction.has_capture) out->append(capture_id_);
  absl::StrAppend(out, "\"", references_, market_);
  if (transaction.has_refund) {
    out->append(",\"refund_id\":\"");
    ids_.AppendUuid(out, IdKind::kRefund, sale_.number);
    out->append("\",\"merchant_refund_reference\":\"\"");
  }
  if (transaction.has_capture) {
    out->append(",\"merchant_capture_reference\":\"SHIP-1\"");
  }
  if (transaction.booking == Booking::kFee) {
    out->append(",\"vat_rate\":2500,\"vat_amount\":");
    absl::StrAppend(out, TaxWithin(transaction.amount, 2500));
  }
  out->push_back('}');
}

absl::string_view TransactionText::CsvHead() {
  return "type,detailed_type,amount,currency_code,sale_date,capture_date,"
         "payment_reference,order_id,capture_id,refund_id,short_order_id,"
         "merchant_reference1,purchase_country\r\n";
}

void TransactionText::AppendCsv(uint64_t row, std::string* out) {
  const Transaction transaction = Load(row);
  const uint64_t order = OrderNumberOfSale(sale_.number);
  absl::StrAppend(out, PayoutHistory::TypeName(transaction.booking), ",",
                  transaction.detailed_type, ",", transaction.amount, ",",
                  sale_.purchase.market->currency, ",");
  AppendTimestamp(out, sale_.sold_at);
  out->push_back(',');
  AppendTimestamp(out, sale_.captured_at);
  absl::StrAppend(out, ",", payout_->reference, ",");
  ids_.AppendUuid(out, IdKind::kOrder, order);
  out->push_back(',');
  if (transaction.has_capture) out->append(capture_id_);
  out->push_back(',');
  if (transaction.has_refund) {
    ids_.AppendUuid(out, IdKind::kRefund, sale_.number);
  }
  absl::StrAppend(out, ",", KlarnaReference(order), ",", SeededReference(order),
                  ",", sale_.purchase.market->country, "\r\n");
}

}  // namespace klarna::sandbox
