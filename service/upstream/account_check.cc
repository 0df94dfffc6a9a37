// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/account_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "service/json/wire.h"
#include "service/rest/request_binder.h"
#include "service/rest/status_details.h"

namespace klarna::upstream {
namespace {

using Kind = rest::ResultField::Kind;

constexpr char kNobody[] = "00000000-0000-4000-8000-000000000000";
constexpr char kShippingDomain[] = "shipping_service_callback";

// Lower is better: a list in pages without a path variable answers 200, an
// entity by one id 404. Anything else needs more to be asked for.
int ProbeRank(const rest::Route& route) {
  const size_t variables = route.path.variables().size();
  if (route.method != "GET" || variables > 1) return 3;
  const bool pages = !route.paging.size_parameter.empty();
  if (route.result.kind == Kind::kList) return pages && variables == 0 ? 0 : 3;
  return route.result.kind == Kind::kEntity && variables == 1 ? 1 : 3;
}

const rest::Route* ProbeOf(const rest::Method& subscribe) {
  const rest::Route* best = nullptr;
  for (const auto& [field, route] : subscribe.routes) {
    const int rank = ProbeRank(route);
    if (rank == 3) continue;
    // By name among equals, so that every run asks the same.
    if (best == nullptr || rank < ProbeRank(*best) ||
        (rank == ProbeRank(*best) && route.operation < best->operation)) {
      best = &route;
    }
  }
  return best;
}

absl::StatusOr<rest::BoundRequest> BindProbe(const rest::Route& route) {
  std::string operation;
  for (const rest::Binding& binding : route.bindings) {
    if (binding.place != rest::Binding::Place::kPath) continue;
    json::AppendLengthDelimited(static_cast<uint32_t>(binding.field), kNobody,
                                operation);
  }
  absl::StatusOr<rest::BoundRequest> bound = rest::Bind(route, operation, {});
  if (bound.ok() && !route.paging.size_parameter.empty()) {
    bound->AddQuery(route.paging.size_parameter, "1");
  }
  return bound;
}

std::string Advice(const absl::Status& status, const std::string& base_uri) {
  gateway::v1::KlarnaError error;
  const int http_status =
      rest::GetDetail(status, error) ? error.http_status() : 0;
  if (http_status == 401) {
    return absl::StrCat(
        "the credentials are not known at ", base_uri,
        ": check user and password or key; that region (eu, na, oc) and "
        "environment (live, playground) are those they were made for; that "
        "they were not disabled, as Klarna does after two months unused");
  }
  if (http_status == 403) {
    return "the credentials are good, but not for this: check with Klarna that "
           "the merchant has this product, and that base_uri has no wrong path";
  }
  if (http_status != 0) {
    return absl::StrCat("check that ", base_uri,
                        " leads to Klarna and not to a proxy");
  }
  return absl::StrCat("no answer from ", base_uri,
                      ": check base_uri, DNS, the network's egress rules and "
                      "ca_file; for token credentials also the token's URL");
}

runtime::Task<DomainCheck> CheckDomain(Client& client, const rest::Route& route,
                                       const config::Account& account) {
  DomainCheck check;
  check.domain = route.domain;
  const CallTarget target{route, account};
  const std::string& base_uri = target.endpoint().base_uri;
  absl::StatusOr<rest::BoundRequest> bound = BindProbe(route);
  if (!bound.ok()) {
    check.status = bound.status();
    co_return check;
  }
  check.call = absl::StrCat(bound->method, " ", base_uri, bound->Target());
  const Client::Accept accept_all = [](const Answer&) {
    return absl::OkStatus();
  };
  absl::StatusOr<Answer> answer =
      co_await client.Read(target, *bound, accept_all);
  const bool taken =
      answer.ok() || answer.status().code() == absl::StatusCode::kNotFound;
  if (!taken) {
    check.status = answer.status();
    check.advice = Advice(check.status, base_uri);
  }
  co_return check;
}

// Where there is no read that does no harm: whether a token can be had.
runtime::Task<DomainCheck> CheckToken(Client& client,
                                      const config::Account& account,
                                      const std::string& domain) {
  DomainCheck check;
  check.domain = domain;
  check.call = "token of " + account.For(domain).base_uri;
  const absl::StatusOr<auth::Secret> authorization =
      co_await client.authorizer().Authorize(account, domain);
  if (!authorization.ok()) {
    check.status = authorization.status();
    check.advice = "check base_uri, identifier and key of the integrator";
  }
  co_return check;
}

}  // namespace

runtime::Task<std::vector<DomainCheck>> CheckAccount(
    Client& client, const rest::RouteTable& routes,
    const config::Account& account) {
  std::vector<DomainCheck> checks;
  for (const auto* service : routes.services()) {
    const rest::Method* subscribe =
        routes.Find(service->full_name(), "Subscribe");
    const rest::Route* probe = subscribe ? ProbeOf(*subscribe) : nullptr;
    if (probe != nullptr) {
      checks.push_back(co_await CheckDomain(client, *probe, account));
    }
  }
  if (account.domains.contains(kShippingDomain)) {
    checks.push_back(co_await CheckToken(client, account, kShippingDomain));
  }
  co_return checks;
}

}  // namespace klarna::upstream
