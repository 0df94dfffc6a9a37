// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/authorizer.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"
#include "service/rest/status_details.h"
#include "service/upstream/call_transport.h"
#include "service/upstream/exchange.h"

namespace klarna::upstream {
namespace {

constexpr absl::Duration kTokenTimeout = absl::Seconds(10);
constexpr size_t kMaxTokenAnswer = 64 << 10;

// Takes a waiter out of the list even when its call is cancelled.
class Registration {
 public:
  template <typename List, typename Waiter>
  Registration(List& list, Waiter* waiter)
      : remove_([&list, waiter] { list.remove(waiter); }) {
    list.push_back(waiter);
  }
  ~Registration() { remove_(); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  absl::AnyInvocable<void()> remove_;
};

http::HttpRequest TokenHttpRequest(const config::Endpoint& endpoint,
                                   const auth::TokenRequest& token) {
  http::HttpRequest request;
  request.method = "POST";
  request.url = absl::StartsWith(token.url, "/")
                    ? absl::StrCat(endpoint.base_uri, token.url)
                    : token.url;
  request.headers = {{"Content-Type", token.content_type},
                     {"Accept", token.accept}};
  if (!token.authorization.empty()) {
    AddAuthorization(token.authorization, request);
  }
  request.body = std::string(token.body.Reveal());
  request.timeout = kTokenTimeout;
  request.max_body_bytes = kMaxTokenAnswer;
  return request;
}

}  // namespace

void AddAuthorization(const auth::Secret& value, http::HttpRequest& request) {
  request.headers.emplace_back("Authorization", std::string(value.Reveal()));
}

runtime::Task<absl::StatusOr<auth::Secret>> Authorizer::Authorize(
    const config::Account& account, absl::string_view domain) {
  const config::Endpoint& endpoint =
      account.For({domain.data(), domain.size()});
  const auth::Credentials& credentials = *endpoint.credentials;
  if (const auth::Secret* header = credentials.authorization()) {
    co_return *header;
  }
  Entry& entry = EntryOf(endpoint);
  if (entry.authorization && executor_.clock().Now() < entry.expires) {
    co_return *entry.authorization;
  }
  Waiter waiter;
  Registration registration(entry.waiters, &waiter);
  if (!entry.fetching) {
    entry.fetching = true;
    entry.fetch = Fetch(endpoint, account.name, account.request_logging, entry);
    entry.fetch.Start();
  }
  co_return co_await waiter;
}

bool Authorizer::Renew(const config::Endpoint& endpoint,
                       const auth::Secret& rejected) {
  if (endpoint.credentials->token_exchange() == nullptr) return false;
  std::optional<auth::Secret>& authorization = EntryOf(endpoint).authorization;
  // Of many calls with one old token, the first fetches the new one for all.
  if (authorization &&
      auth::ConstantTimeEquals(authorization->Reveal(), rejected.Reveal())) {
    authorization.reset();
  }
  return true;
}

void Authorizer::ForgetUnused() {
  std::erase_if(entries_,
                [](const auto& each) { return each.first.expired(); });
}

Authorizer::Entry& Authorizer::EntryOf(const config::Endpoint& endpoint) {
  std::shared_ptr<Entry>& entry = entries_[endpoint.credentials];
  if (entry == nullptr) {
    entry = std::make_shared<Entry>();
    // New credentials mean that others have gone.
    ForgetUnused();
  }
  return *entry;
}

runtime::Task<void> Authorizer::Fetch(config::Endpoint endpoint,
                                      std::string account,
                                      config::RequestLogging logging,
                                      Entry& entry) {
  const auth::TokenExchange& exchange = *endpoint.credentials->token_exchange();
  const auth::TokenRequest token_request = exchange.MakeRequest(random_);
  CallTransport transport(transport_, log_, executor_.clock(),
                          {.account = account,
                           .operation = "token",
                           .base_uri = endpoint.base_uri,
                           .logging = logging});
  const Answer answer =
      co_await Exchange(transport, TokenHttpRequest(endpoint, token_request));
  absl::StatusOr<auth::Secret> result = rest::GatewayError(
      absl::StatusCode::kUnavailable, "NOT_SENT",
      absl::StrCat("no token from ", token_request.url, ": ",
                   http::TransferErrorName(answer.transfer.error)));
  if (answer.complete()) {
    absl::StatusOr<auth::Token> token =
        exchange.ReadAnswer(answer.head.status, answer.body);
    if (token.ok()) {
      entry.authorization = token->authorization;
      entry.expires = executor_.clock().Now() + token->lifetime;
      result = token->authorization;
    } else {
      const bool rejected =
          token.status().code() == absl::StatusCode::kFailedPrecondition;
      result = rest::GatewayError(
          token.status().code(),
          rejected ? "UPSTREAM_CREDENTIALS_REJECTED" : "NOT_SENT",
          token.status().message());
    }
  }
  entry.fetching = false;
  // A woken call may be cancelled, or ask for a token again.
  const std::shared_ptr<Entry> kept = entries_[endpoint.credentials];
  std::list<Waiter*> waiters = entry.waiters;
  for (Waiter* waiter : waiters) {
    executor_.Post([waiter, kept, result] {
      for (Waiter* waiting : kept->waiters) {
        if (waiting == waiter && !waiter->is_set()) {
          waiter->Set(result);
          return;
        }
      }
    });
  }
  // The parameters of a coroutine live on with its finished frame.
  endpoint.credentials.reset();
}

}  // namespace klarna::upstream
