// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/dispute.h"

#include "absl/strings/str_cat.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

// How long the partner has for evidence and for an appeal.
constexpr absl::Duration kEvidenceTime = absl::Hours(21 * 24);
constexpr absl::Duration kAppealTime = absl::Hours(10 * 24);

json FileJson(const Dispute& dispute, const DisputeFile& file) {
  return {
      {"mime_type", file.type},
      {"url", absl::StrCat("https://www.klarna.com/payment/disputes/",
                           dispute.id, "/attachments/", file.id, "/download")}};
}

json Attachments(const Dispute& dispute, const json& sent) {
  json attachments = json::array();
  if (!Has(sent, "attachments")) return attachments;
  for (const json& wanted : sent["attachments"]) {
    json attachment = wanted;
    const DisputeFile* file =
        dispute.FindFile(TextOf(wanted, "payment_dispute_attachment_id"));
    if (file != nullptr) attachment.update(FileJson(dispute, *file));
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

json PartnerEvidence(const Dispute& dispute) {
  return {{"created_at", TextOf(dispute.evidence, "created_at")},
          {"additional_information",
           TextOf(dispute.evidence, "additional_information")},
          {"attachments", Attachments(dispute, dispute.evidence)}};
}

json Representment(const Dispute& dispute) {
  const bool answered = !dispute.evidence.is_null();
  json body = {
      {"state", answered ? "EVIDENCE_RECEIVED" : "EVIDENCE_REQUESTED"},
      {"expires_at", Timestamp(dispute.created_at + kEvidenceTime)},
      {"request",
       {{"requested_at", Timestamp(dispute.created_at)},
        {"additional_information", "Please send proof of delivery."}}}};
  if (answered) {
    body["previous_state"] = "EVIDENCE_REQUESTED";
    body["partner_evidence"] = PartnerEvidence(dispute);
  }
  return body;
}

json Arbitration(const Dispute& dispute) {
  json body = {
      {"preliminary_outcome", "LOST"},
      {"preliminary_outcome_detailed", "INSUFFICIENT_PROOF_OF_DELIVERY"}};
  if (!dispute.arbitration_request.is_null()) {
    json request = {
        {"requested_at", TextOf(dispute.arbitration_request, "created_at")},
        {"additional_information",
         TextOf(dispute.arbitration_request, "additional_information")}};
    const json attachments = Attachments(dispute, dispute.arbitration_request);
    if (!attachments.empty()) request["attachments"] = attachments;
    body["arbitration_request"] = std::move(request);
  }
  return body;
}

void AddStateMembers(const Dispute& dispute, json* body) {
  switch (dispute.state) {
    case DisputeState::kInitiated:
      (*body)["state_context"] = {{"representment", Representment(dispute)}};
      return;
    case DisputeState::kRepresentment:
      (*body)["state_context"] = {
          {"partner_evidence", PartnerEvidence(dispute)}};
      break;
    case DisputeState::kPreArbitration:
      (*body)["state_context"] = {
          {"arbitration_expires_at",
           Timestamp(dispute.updated_at + kAppealTime)}};
      (*body)["arbitration"] = Arbitration(dispute);
      break;
    case DisputeState::kArbitration:
      (*body)["arbitration"] = Arbitration(dispute);
      break;
    case DisputeState::kClosed:
      (*body)["state_context"] = {
          {"dispute_outcome", dispute.outcome},
          {"dispute_outcome_detailed", "INSUFFICIENT_PROOF_OF_DELIVERY"},
          {"closed_at", Timestamp(dispute.closed_at)}};
      (*body)["arbitration"] = Arbitration(dispute);
      break;
  }
  (*body)["previous_state"] = StateName(dispute.previous);
  (*body)["representment"] = Representment(dispute);
}

}  // namespace

absl::string_view StateName(DisputeState state) {
  constexpr absl::string_view kNames[] = {
      "INITIATED", "REPRESENTMENT", "PRE_ARBITRATION", "ARBITRATION", "CLOSED"};
  return kNames[static_cast<size_t>(state)];
}

const DisputeFile* Dispute::FindFile(absl::string_view file) const {
  for (const auto* list : {&files, &customer_files}) {
    for (const DisputeFile& candidate : *list) {
      if (candidate.id == file) return &candidate;
    }
  }
  return nullptr;
}

void Dispute::MoveTo(DisputeState next, absl::Time now) {
  previous = state;
  state = next;
  updated_at = now;
  if (next == DisputeState::kClosed) closed_at = now;
}

json DisputeJson(const Dispute& dispute) {
  json body = {
      {"payment_dispute_id", dispute.id},
      {"state", StateName(dispute.state)},
      {"dispute_reason", dispute.reason},
      {"order_id", dispute.order_id},
      {"capture_id", dispute.capture_id},
      {"payment_transaction_id",
       absl::StrCat("krn:payment:eu1:authorization:", dispute.order_id)},
      {"payment_account_id",
       "krn:partner:global:payment-account:test:3440b9b7"},
      {"payment_account_reference", "REF995847"},
      {"purchase_reference", dispute.purchase_reference},
      {"payment_transaction_reference", dispute.purchase_reference},
      {"merchant_reference2", ""},
      {"dispute_details",
       {{"dispute_amount", dispute.amount},
        {"currency", dispute.currency},
        {"created_by", "CUSTOMER"}}},
      {"configuration",
       {{"base_framework", "FRAMEWORK_2026"},
        {"options", {{"hold_policy", "NONE"}}}}},
      {"created_at", Timestamp(dispute.created_at)},
      {"updated_at", Timestamp(dispute.updated_at)}};
  json evidences = json::array();
  for (const DisputeFile& file : dispute.customer_files) {
    evidences.push_back({{"payment_dispute_customer_evidence_id", file.id},
                         {"attachment", FileJson(dispute, file)}});
  }
  if (!evidences.empty()) body["customer_evidences"] = std::move(evidences);
  AddStateMembers(dispute, &body);
  return body;
}

}  // namespace klarna::sandbox
