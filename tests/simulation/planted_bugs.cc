// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/planted_bugs.h"

#include <utility>

namespace klarna::simulation {
namespace {

using rest::v1::Idempotency;

// Text that Klarna never sends.
const char kNowhere[] = "nothing of the kind";

void Reclassify(Idempotency from, Idempotency to, rest::Route& route) {
  if (route.idempotency == from) route.idempotency = to;
}

void Blind(rest::Route& route) {
  if (route.read_back == nullptr) return;
  auto blind = std::make_shared<rest::ReadBack>(*route.read_back);
  for (rest::ReadBack::Match& match : blind->matches) {
    match.sent.clear();
    match.text = std::string(kNowhere);
  }
  route.read_back = std::move(blind);
}

void Plant(TableBug bug, rest::Route& route) {
  switch (bug) {
    case TableBug::kNone:
      return;
    case TableBug::kNeverIsKeyed:
      return Reclassify(rest::v1::IDEMPOTENCY_NEVER,
                        rest::v1::IDEMPOTENCY_KEYED, route);
    case TableBug::kNeverIsAbsolute:
      return Reclassify(rest::v1::IDEMPOTENCY_NEVER,
                        rest::v1::IDEMPOTENCY_ABSOLUTE, route);
    case TableBug::kLookBackIsBlind:
      return Blind(route);
  }
}

}  // namespace

bool FaultyMemory::MayKnow(absl::string_view request_id,
                           absl::Time first_attempt) {
  if (bug_ == MemoryBug::kDeniesIds) return false;
  return memory_.MayKnow(request_id, first_attempt);
}

runtime::Task<gateway::IntentClaim> FaultyMemory::Claim(
    const gateway::Intent& intent, runtime::Executor& executor) {
  const bool in_flight = !in_flight_.insert(intent.key).second;
  if (bug_ == MemoryBug::kForgetsAll ||
      (bug_ == MemoryBug::kLetsTwoTry && in_flight)) {
    co_return gateway::IntentClaim{gateway::IntentClaim::State::kMine};
  }
  gateway::Intent claimed = intent;
  if (bug_ == MemoryBug::kForgetsTheContent) claimed.content_hash.clear();
  gateway::IntentClaim claim = co_await memory_.Claim(claimed, executor);
  if (bug_ == MemoryBug::kHasNoDoubt) claim.doubt = false;
  co_return claim;
}

runtime::Task<void> FaultyMemory::Settle(const std::string& key,
                                         const gateway::IntentRecord& record,
                                         bool final) {
  in_flight_.erase(key);
  gateway::IntentRecord kept = record;
  if (bug_ == MemoryBug::kReplaysUnknown &&
      kept.outcome.verdict() == gateway::v1::VERDICT_UNKNOWN) {
    kept.outcome.set_verdict(gateway::v1::VERDICT_APPLIED);
    kept.status = absl::OkStatus();
    final = true;
  }
  co_await memory_.Settle(key, kept, final);
}

std::unique_ptr<const rest::RouteTable> RoutesWith(TableBug bug) {
  auto compiled = rest::RouteTable::Compile(rest::LinkedServices());
  if (!compiled.ok()) return nullptr;
  std::unique_ptr<rest::RouteTable> routes = *std::move(compiled);
  for (const auto* service : routes->services()) {
    // The table is ours, and none but this changes it.
    auto& publish = const_cast<rest::Method&>(
        *routes->Find(service->full_name(), "Publish"));
    for (auto& [field, route] : publish.routes) Plant(bug, route);
  }
  return routes;
}

}  // namespace klarna::simulation
