// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/hosted_pages.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr absl::Duration kLifetime = absl::Hours(48);

}  // namespace

HostedPages::HostedPages(Payments& payments, Identifiers& ids, Ledger& ledger,
                         absl::Time now)
    : payments_(payments), ids_(ids), ledger_(ledger) {
  Make(ids_.Uuid(IdKind::kHostedPage, 0), ids_.Uuid(IdKind::kPaymentSession, 0),
       "NONE", now);
  Make(ids_.Uuid(IdKind::kHostedPage, 1), ids_.Uuid(IdKind::kPaymentSession, 1),
       "NONE", now);
  Complete(ids_.Uuid(IdKind::kHostedPage, 1), now);
}

HostedPages::Page& HostedPages::Make(std::string id,
                                     absl::string_view payment_session,
                                     absl::string_view place_order_mode,
                                     absl::Time now) {
  auto page = std::make_unique<Page>();
  page->id = std::move(id);
  page->payment_session = std::string(payment_session);
  page->place_order_mode = std::string(place_order_mode);
  page->updated_at = now;
  page->expires_at = now + kLifetime;
  Page& made = *page;
  pages_[made.id] = std::move(page);
  return made;
}

HostedPages::Page* HostedPages::Find(absl::string_view id, absl::Time now) {
  const auto it = pages_.find(id);
  if (it == pages_.end() || now >= it->second->expires_at) return nullptr;
  return it->second.get();
}

bool HostedPages::Complete(absl::string_view id, absl::Time now) {
  Page* page = Find(id, now);
  if (page == nullptr || page->state != State::kWaiting) return false;
  const auto token = payments_.Authorize(page->payment_session, now);
  if (!token) return false;
  page->state = State::kCompleted;
  if (page->place_order_mode == "NONE") {
    page->authorization_token = *token;
  } else {
    const Order& order = payments_.PlaceApproved(
        *token, page->place_order_mode == "CAPTURE_ORDER", now);
    page->order_id = order.id;
    page->klarna_reference = order.klarna_reference;
  }
  page->updated_at = now;
  return true;
}

Answer HostedPages::Handle(const Call& call) {
  if (call.operation.op == Op::kCreateHostedPage) return Create(call);
  Page* page = Find(call.parameters[0], call.now);
  if (page == nullptr) {
    return Refuse(call, 404, "NOT_FOUND", "Session cannot be found");
  }
  switch (call.operation.op) {
    case Op::kDisableHostedPage:
      return Disable(call, *page);
    case Op::kDistributeHostedPage:
      return Distribute(call, *page);
    default:
      return Read(call, *page);
  }
}

// The merchant gives the URL of the payments session; its last segment is the
// id, whatever the host.
Answer HostedPages::Create(const Call& call) {
  const std::string url = TextOf(call.body, "payment_session_url");
  const std::string session = url.substr(url.rfind('/') + 1);
  if (!payments_.HasSession(session, call.now)) {
    return Refuse(call, 404, "NOT_FOUND", "Payment session cannot be found");
  }
  const json options = call.body.value("options", json::object());
  const std::string mode =
      absl::AsciiStrToUpper(TextOf(options, "place_order_mode"));
  const Page& page = Make(ids_.Next(IdKind::kHostedPage), session,
                          mode.empty() ? "NONE" : mode, call.now);
  Record(call, page.id, 0, &ledger_);
  const std::string self = absl::StrCat(kHost, "/hpp/v1/sessions/", page.id);
  const std::string pay = absl::StrCat(
      "https://pay.playground.klarna.com/eu/hpp/payments/", page.id);
  return Reply(
      call, 201,
      {{"session_id", page.id},
       {"session_url", self},
       {"redirect_url", pay},
       {"qr_code_url", pay + "/qr"},
       {"distribution_url", self + "/distribution"},
       {"expires_at", Timestamp(page.expires_at)},
       {"distribution_module",
        {{"token", absl::StrCat("dt-", page.id)},
         {"standalone_url", pay + "/distributions?profile_id={{profile_id}}"},
         {"generation_url", self + "/distribution-module/token"}}}});
}

Answer HostedPages::Read(const Call& call, const Page& page) const {
  json body = {{"session_id", page.id},
               {"status", page.state == State::kWaiting     ? "WAITING"
                          : page.state == State::kCompleted ? "COMPLETED"
                                                            : "DISABLED"},
               {"updated_at", Timestamp(page.updated_at)},
               {"expires_at", Timestamp(page.expires_at)}};
  if (!page.authorization_token.empty()) {
    body["authorization_token"] = page.authorization_token;
  }
  if (!page.order_id.empty()) {
    body["order_id"] = page.order_id;
    body["klarna_reference"] = page.klarna_reference;
  }
  return Reply(call, 200, body);
}

Answer HostedPages::Disable(const Call& call, Page& page) {
  if (page.state == State::kCompleted) {
    return Refuse(call, 400, "BAD_REQUEST", "Session is already completed");
  }
  if (page.state != State::kDisabled) {
    page.state = State::kDisabled;
    page.updated_at = call.now;
    Record(call, page.id, 0, &ledger_);
  }
  return Empty(204);
}

Answer HostedPages::Distribute(const Call& call, const Page& page) {
  if (page.state == State::kDisabled) {
    return Refuse(call, 400, "BAD_REQUEST", "Session is disabled");
  }
  Record(call, page.id, 0, &ledger_);
  // Both are documented as success; neither says when it comes.
  return Empty(
      absl::EqualsIgnoreCase(TextOf(call.body, "method"), "token") ? 201 : 204);
}

}  // namespace klarna::sandbox
