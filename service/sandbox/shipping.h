// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/options.h"

namespace klarna::sandbox {

// A shipping integrator, the server of the shipping service callback API: it
// issues bearer tokens for an hour, offers options and keeps one reservation
// per shopping session. Not thread-safe.
class Shipping {
 public:
  Shipping(const SandboxOptions& options, Identifiers& ids, Ledger& ledger);

  // From now on these keys are good and no others; tokens end. An empty list
  // leaves what was.
  void SetKeys(std::vector<std::string> keys);

  // Any operation but /auth without a valid bearer token is 401.
  Answer Handle(const Call& call);

 private:
  struct Shipment {
    std::string id;
    bool confirmed = false;
  };

  Answer Auth(const Call& call);
  Answer Options(const Call& call) const;
  Answer Reserve(const Call& call);
  Answer Update(const Call& call, Shipment& shipment);
  Answer Confirm(const Call& call, Shipment& shipment);

  bool HasToken(const Call& call) const;
  Answer Reserved(const Call& call, int status, const std::string& id) const;

  const SandboxOptions& options_;
  Identifiers& ids_;
  Ledger& ledger_;
  std::vector<std::string> keys_;
  absl::flat_hash_map<std::string, absl::Time> tokens_;  // When each expires.
  absl::flat_hash_map<std::string, Shipment> shipments_;
  absl::flat_hash_map<std::string, std::string> by_session_;
};

}  // namespace klarna::sandbox
