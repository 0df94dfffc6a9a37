// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/klarna.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/order_lines.h"
#include "service/sandbox/refusals.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

constexpr size_t kLargestBody = 1000 * 1000;
// An upload has the file's 7 MB and some lines around it.
constexpr size_t kLargestUpload = 8 * 1000 * 1000;

// Tomcat refuses what is not plain in a path, `{}` for instance.
bool IsPlainId(absl::string_view id) {
  return std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
           c == '_' || c == '.' || c == '~';
  });
}

bool HasMedia(Media media, const Request& request) {
  const std::string* header = request.Find("Content-Type");
  absl::string_view type;
  if (header != nullptr) type = *header;
  type = absl::StripAsciiWhitespace(type.substr(0, type.find(';')));
  switch (media) {
    case Media::kNone:
      return true;
    case Media::kJson:
      return absl::EqualsIgnoreCase(type, "application/json");
    case Media::kMultipart:
      return absl::EqualsIgnoreCase(type, "multipart/form-data");
    case Media::kShipping:
      return absl::EqualsIgnoreCase(type, "application/json") ||
             (absl::StartsWithIgnoreCase(type, "application/") &&
              absl::EndsWithIgnoreCase(type, "+json"));
  }
  return false;
}

// The domains whose orders are refused when their lines do not add up.
bool ChecksSums(Domain domain) {
  return domain == Domain::kPayments || domain == Domain::kCheckout ||
         domain == Domain::kCustomerToken;
}

// What Klarna's services add to every answer.
void AddCommonHeaders(std::string correlation_id, Answer* answer) {
  answer->headers.push_back(
      {"Klarna-Correlation-Id", std::move(correlation_id)});
  answer->headers.push_back({"Server", "openresty"});
  answer->headers.push_back(
      {"Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"});
  answer->headers.push_back({"Pragma", "no-cache"});
  answer->headers.push_back({"Expires", "0"});
  answer->headers.push_back({"X-Content-Type-Options", "nosniff"});
  answer->headers.push_back({"X-Frame-Options", "DENY"});
}

}  // namespace

Klarna::Klarna(const SandboxOptions& options, const runtime::Clock& clock)
    : options_(options),
      clock_(clock),
      api_(ApiDescription::Get()),
      ids_(options.seed),
      keyring_(options_, ids_),
      history_(options.seed, options.payouts, options.transactions),
      orders_(options.seed, options.orders, Midnight(clock.WallNow()), ids_,
              history_),
      limiter_(options.rate_limits),
      order_management_(options_.open_questions, orders_, ids_, ledger_),
      tokens_(orders_, ids_, ledger_),
      payments_(options_.open_questions, orders_, tokens_, ids_, ledger_,
                clock.WallNow()),
      checkout_(orders_, ids_, ledger_, clock.WallNow()),
      pages_(payments_, ids_, ledger_, clock.WallNow()),
      cards_(orders_, ids_, ledger_, clock.WallNow()),
      settlements_(options_, history_, ids_),
      disputes_(options_, history_, ids_, ledger_),
      shipping_(options_, ids_, ledger_) {}

Answer Klarna::Handle(const Request& request) {
  const absl::Time now = clock_.WallNow();
  std::string correlation_id = ids_.Next(IdKind::kCorrelation);
  const ApiDescription::Match match = api_.Find(request.method, request.path);
  const bool integrator = match.path_known && match.domain == Domain::kShipping;
  Answer answer;
  if (request.method == "POST" && request.path == Keyring::kTokenPath) {
    answer = keyring_.IssueToken(request, now);
  } else if (!integrator && !keyring_.Opens(request, now)) {
    const bool disputes =
        absl::StartsWith(request.path, "/v4/payment/disputes");
    answer = Unauthorized(disputes ? Domain::kDisputes : Domain::kPayments,
                          correlation_id);
  } else if (match.operation != nullptr) {
    answer = HandleOperation(request, match, std::move(correlation_id));
  } else {
    answer = match.path_known
                 ? WrongMethod(match.domain, request.path, match.allowed, now)
                 : UnknownPath(request.path, now);
    AddCommonHeaders(std::move(correlation_id), &answer);
  }
  answer.delay += options_.latency;
  return answer;
}

Answer Klarna::HandleOperation(const Request& request,
                               const ApiDescription::Match& match,
                               std::string correlation_id) {
  Call call{.operation = *match.operation,
            .request = request,
            .parameters = match.parameters,
            .query = ParseQuery(request.query),
            .body = nullptr,
            .now = clock_.WallNow(),
            .correlation_id = std::move(correlation_id)};
  RateLimiter::Decision quota = limiter_.Admit(call.operation.quota, call.now);
  if (!quota.admitted) {
    if (options_.open_questions.rate_limited_is_executed) Serve(call);
    return RateLimiter::Refusal(std::move(quota.headers));
  }

  const std::optional<Fault> fault =
      faults_.Next(call.operation.name, request.path);
  Answer answer;
  if (!fault || fault->executed) {
    if (fault) call.page_fault = fault->page;
    answer = Serve(call);
  }
  if (fault) {
    if (fault->status != 0) answer = FaultyStatus(call, fault->status);
    Spoil(*fault, &answer);
  }
  if (call.operation.domain != Domain::kShipping) {
    AddCommonHeaders(std::move(call.correlation_id), &answer);
    answer.headers.insert(answer.headers.end(), quota.headers.begin(),
                          quota.headers.end());
  }
  return answer;
}

// The key is looked at before the body is: Klarna disregards the input of a
// repeated operation.
Answer Klarna::Serve(Call& call) {
  const std::string* key = call.operation.keyed
                               ? call.request.Find("Klarna-Idempotency-Key")
                               : nullptr;
  if (key != nullptr) {
    if (options_.open_questions.busy_key_conflicts &&
        keys_.UnderWay(*key, call.now)) {
      return Refuse(call, 409, "CONFLICT",
                    "A request with this Klarna-Idempotency-Key is under way");
    }
    if (const Answer* first = keys_.Find(*key, call.now)) return *first;
  }
  if (std::optional<Answer> refusal = Check(call)) return *std::move(refusal);
  Answer answer = Dispatch(call);
  if (key != nullptr) {
    keys_.Keep(*key, answer, call.now, call.now + options_.latency);
  }
  return answer;
}

std::optional<Answer> Klarna::Check(Call& call) const {
  if (call.operation.domain == Domain::kOrderManagement &&
      !std::all_of(call.parameters.begin(), call.parameters.end(), IsPlainId)) {
    return TomcatBadRequest();
  }
  if (!HasMedia(call.operation.media, call.request)) {
    return WrongMediaType(call);
  }
  const size_t largest =
      call.operation.media == Media::kMultipart ? kLargestUpload : kLargestBody;
  if (call.request.body.size() > largest) return TooLarge(call);
  if (std::optional<Answer> refusal = CheckQuery(call)) return refusal;
  return CheckBody(call);
}

std::optional<Answer> Klarna::CheckBody(Call& call) const {
  const Shape* shape = api_.FindShape(call.operation.body);
  if (shape == nullptr) return std::nullopt;
  std::optional<nlohmann::json> body = ParseJson(call.request.body);
  if (!body || !body->is_object()) return NotJson(call);
  call.body = *std::move(body);
  std::vector<Problem> problems;
  CheckObject(*shape, call.body, "", &problems);
  if (!problems.empty()) return WrongMembers(call, problems);
  if (ChecksSums(call.operation.domain)) {
    const std::vector<std::string> wrong = WrongAmounts(call.body);
    if (!wrong.empty()) return WrongSums(call, wrong);
  }
  return std::nullopt;
}

std::optional<Answer> Klarna::CheckQuery(const Call& call) const {
  const Shape* shape = api_.FindShape(call.operation.query);
  if (shape == nullptr) return std::nullopt;
  std::vector<Problem> problems;
  for (const Member& member : shape->members) {
    size_t values = 0;
    for (const auto& [name, value] : call.query) {
      if (name != member.name) continue;
      ++values;
      Problem::Kind wrong;
      if (!TextFits(member, value, &wrong)) {
        problems.push_back({name, wrong, member});
      }
    }
    if (values == 0 && member.required) {
      problems.push_back({member.name, Problem::Kind::kMissing, member});
    }
    if (values > (member.list ? member.most_items : 1)) {
      problems.push_back({member.name, Problem::Kind::kTooMany, member});
    }
  }
  if (problems.empty()) return std::nullopt;
  return WrongQuery(call, problems);
}

Answer Klarna::Dispatch(const Call& call) {
  switch (call.operation.domain) {
    case Domain::kCheckout:
      return checkout_.Handle(call);
    case Domain::kPayments:
      return payments_.Handle(call);
    case Domain::kCustomerToken:
      return tokens_.Handle(call);
    case Domain::kHostedPage:
      return pages_.Handle(call);
    case Domain::kOrderManagement:
      return order_management_.Handle(call);
    case Domain::kMerchantCard:
      return cards_.Handle(call);
    case Domain::kSettlements:
      return settlements_.Handle(call);
    case Domain::kDisputes:
      return disputes_.Handle(call);
    case Domain::kShipping:
      return shipping_.Handle(call);
  }
  return Empty(404);
}

std::optional<std::string> Klarna::AuthorizeSession(absl::string_view id) {
  return payments_.Authorize(id, clock_.WallNow());
}

bool Klarna::CompleteCheckout(absl::string_view id) {
  return checkout_.Complete(id, clock_.WallNow());
}

bool Klarna::CompleteHostedPage(absl::string_view id) {
  return pages_.Complete(id, clock_.WallNow());
}

bool Klarna::AdvanceDispute(absl::string_view id) {
  return disputes_.Advance(id, clock_.WallNow());
}

std::vector<WellKnownId> Klarna::WellKnownIds() const {
  std::vector<WellKnownId> known;
  if (!history_.payouts().empty()) {
    known.push_back({"payout", history_.payouts().front().reference});
  }
  const absl::string_view order_names[] = {
      "order, captured", "order, authorized", "order, captured",
      "order, partly captured"};
  const std::vector<std::string> orders =
      orders_.SeededIds(std::size(order_names));
  for (size_t i = 0; i < orders.size(); ++i) {
    known.push_back({std::string(order_names[i]), orders[i]});
  }
  const std::pair<absl::string_view, std::string> others[] = {
      {"payments session", ids_.Uuid(IdKind::kPaymentSession, 0)},
      {"payments session, authorised", ids_.Uuid(IdKind::kPaymentSession, 1)},
      {"checkout order", ids_.Uuid(IdKind::kCheckoutOrder, 0)},
      {"checkout order, completed", ids_.Uuid(IdKind::kCheckoutOrder, 1)},
      {"checkout order, expired", ids_.Uuid(IdKind::kCheckoutOrder, 2)},
      {"hosted page", ids_.Uuid(IdKind::kHostedPage, 0)},
      {"hosted page, completed", ids_.Uuid(IdKind::kHostedPage, 1)},
      {"customer token", ids_.Uuid(IdKind::kCustomerToken, 0)},
      {"customer token, card", ids_.Uuid(IdKind::kCustomerToken, 1)},
      {"customer token, direct debit", ids_.Uuid(IdKind::kCustomerToken, 2)},
      {"customer token, cancelled", ids_.Uuid(IdKind::kCustomerToken, 3)},
      {"card promise", ids_.Uuid(IdKind::kPromise, 0)},
      {"card settlement", ids_.Uuid(IdKind::kCardSettlement, 0)}};
  for (const auto& [name, id] : others) {
    known.push_back({std::string(name), id});
  }
  for (std::string& id : disputes_.Ids(5)) {
    known.push_back({"dispute", std::move(id)});
  }
  return known;
}

}  // namespace klarna::sandbox
