// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/payments.h"

namespace klarna::sandbox {

// The hosted payment page API over payments sessions. Seeded are page 0
// (waiting) and 1 (completed). Not thread-safe.
class HostedPages {
 public:
  HostedPages(Payments& payments, Identifiers& ids, Ledger& ledger,
              absl::Time now);

  Answer Handle(const Call& call);

  // What the shopper does on the page: pays. The page then has the
  // authorization token, or the order if it was made to place one. False if
  // the page is not waiting any more.
  bool Complete(absl::string_view id, absl::Time now);

 private:
  enum class State { kWaiting, kCompleted, kDisabled };
  struct Page {
    std::string id;
    std::string payment_session;
    std::string place_order_mode;  // "PLACE_ORDER", "CAPTURE_ORDER" or "NONE".
    State state = State::kWaiting;
    std::string authorization_token;
    std::string order_id;
    std::string klarna_reference;
    absl::Time updated_at;
    absl::Time expires_at;
  };

  Answer Create(const Call& call);
  Answer Read(const Call& call, const Page& page) const;
  Answer Disable(const Call& call, Page& page);
  Answer Distribute(const Call& call, const Page& page);

  Page& Make(std::string id, absl::string_view payment_session,
             absl::string_view place_order_mode, absl::Time now);
  Page* Find(absl::string_view id, absl::Time now);

  Payments& payments_;
  Identifiers& ids_;
  Ledger& ledger_;
  absl::flat_hash_map<std::string, std::unique_ptr<Page>> pages_;
};

}  // namespace klarna::sandbox
