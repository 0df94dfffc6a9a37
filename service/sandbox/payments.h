// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/customer_tokens.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/open_questions.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// The payments API: sessions, what a shopper authorised of them, orders and
// tokens made of that. An authorization token is the key of its order: the
// first answer to placing it is the answer for ever. Not thread-safe.
class Payments {
 public:
  // `open` must outlive it; what it says counts from then on.
  // `now` is when the two seeded sessions were made: number 0 is at work,
  // number 1 authorised.
  Payments(const OpenQuestions& open, OrderBook& orders, CustomerTokens& tokens,
           Identifiers& ids, Ledger& ledger, absl::Time now);

  Answer Handle(const Call& call);

  // What the shopper does: approves of the session as it is now. The token,
  // or none if the session is unknown, expired or completed.
  std::optional<std::string> Authorize(absl::string_view session,
                                       absl::Time now);

  // What a hosted page does with an authorization that is to become an order:
  // places what was approved, captured whole if asked. The token is used up.
  const Order& PlaceApproved(absl::string_view token, bool capture,
                             absl::Time now);

  bool HasSession(absl::string_view id, absl::Time now) const;

 private:
  struct Session {
    std::string id;
    nlohmann::json data;  // What the merchant sent.
    bool complete = false;
    absl::Time expires_at;
    std::string authorization_token;
  };
  struct Authorization {
    std::string session;
    nlohmann::json approved;  // The session's data then.
    absl::Time expires_at;
    bool token_made = false;
    // The first answer to placing an order, and for which body.
    std::optional<Answer> placed;
    std::string placed_body;
  };

  Answer CreateSession(const Call& call);
  Answer UpdateSession(const Call& call);
  Answer ReadSession(const Call& call);
  Answer CancelAuthorization(const Call& call);
  Answer PlaceOrder(const Call& call);
  Answer PlaceNewOrder(const Call& call, const Authorization& authorization);
  Answer CreateToken(const Call& call);

  Session& MakeSession(std::string id, nlohmann::json data, absl::Time now);
  Session* FindSession(absl::string_view id, absl::Time now) const;
  Authorization* FindAuthorization(absl::string_view token, absl::Time now);

  const OpenQuestions& open_;
  OrderBook& orders_;
  CustomerTokens& tokens_;
  Identifiers& ids_;
  Ledger& ledger_;
  absl::flat_hash_map<std::string, std::unique_ptr<Session>> sessions_;
  absl::flat_hash_map<std::string, std::unique_ptr<Authorization>>
      authorizations_;
};

}  // namespace klarna::sandbox
