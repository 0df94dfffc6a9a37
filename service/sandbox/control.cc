// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/control.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "service/sandbox/call.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr absl::string_view kPrefix = "/sandbox/";
constexpr int64_t kLongestMs = 10 * 60 * 1000;
constexpr absl::string_view kNumbers[] = {"latency_ms", "page_cap",
                                          "read_lag_ms"};
constexpr absl::string_view kSwitches[] = {"placed_token_is_unknown",
                                           "busy_key_conflicts",
                                           "rate_limited_is_executed"};

template <size_t kSize>
bool IsOneOf(absl::string_view name, const absl::string_view (&names)[kSize]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool IsUpTo(int64_t most, const json& value) {
  return value.is_number_integer() && value >= 0 && value <= most;
}

Answer Json(int status, const json& body) {
  Answer answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", "application/json"});
  answer.body = CompactJson(body);
  return answer;
}

Answer Failure(int status, absl::string_view message) {
  return Json(status, {{"error", message}});
}

}  // namespace

bool Control::Owns(const Request& request) {
  return absl::StartsWith(request.path, kPrefix);
}

Answer Control::Handle(const Request& request) const {
  std::vector<std::string> path;
  for (absl::string_view segment :
       absl::StrSplit(request.path.substr(kPrefix.size()), '/')) {
    path.push_back(PercentDecode(segment));
  }
  const std::string call = request.method + " " + path[0];
  if (call == "GET ledger") return ReadLedger();
  if (call == "GET ids") return ReadIds();
  if (call == "POST settings") return ChangeSettings(request);
  if (call == "POST credentials") return ChangeCredentials(request);
  if (call == "POST faults") return AddFault(request);
  if (call == "DELETE faults") {
    klarna_.faults().Clear();
    return Empty(204);
  }
  if (request.method == "POST") return Act(path);
  return Failure(404, "no such control; see service/sandbox/control.h");
}

Answer Control::Act(const std::vector<std::string>& path) const {
  bool done = false;
  if (path.size() == 4 && path[0] == "payments" && path[3] == "authorize") {
    if (const auto token = klarna_.AuthorizeSession(path[2])) {
      return Json(200, {{"authorization_token", *token}});
    }
  } else if (path.size() == 4 && path[0] == "checkout" &&
             path[3] == "complete") {
    done = klarna_.CompleteCheckout(path[2]);
  } else if (path.size() == 4 && path[0] == "hpp" && path[3] == "complete") {
    done = klarna_.CompleteHostedPage(path[2]);
  } else if (path.size() == 3 && path[0] == "disputes" &&
             path[2] == "advance") {
    done = klarna_.AdvanceDispute(path[1]);
  } else {
    return Failure(404, "no such control; see service/sandbox/control.h");
  }
  if (done) return Empty(204);
  return Failure(409, "the resource is unknown, expired or beyond that state");
}

Answer Control::ReadLedger() const {
  json entries = json::array();
  for (const LedgerEntry& entry : klarna_.ledger().entries()) {
    entries.push_back({{"number", entry.number},
                       {"at", Timestamp(entry.at)},
                       {"operation", entry.operation},
                       {"path", entry.path},
                       {"key", entry.key},
                       {"body_sha256", entry.body_hash},
                       {"amount", entry.amount},
                       {"resource", entry.resource}});
  }
  return Json(200, entries);
}

Answer Control::ReadIds() const {
  json ids = json::object();
  for (const WellKnownId& known : klarna_.WellKnownIds()) {
    ids[known.name].push_back(known.id);
  }
  return Json(200, ids);
}

Answer Control::ChangeSettings(const Request& request) const {
  const std::optional<json> body = ParseJson(request.body);
  if (!body || !body->is_object()) {
    return Failure(400, "the body is not a JSON object");
  }
  for (const auto& [name, value] : body->items()) {
    if (IsOneOf(name, kNumbers) && !IsUpTo(kLongestMs, value)) {
      return Failure(400, name + " is a number from 0 to 600000");
    }
    if (IsOneOf(name, kSwitches) && !value.is_boolean()) {
      return Failure(400, name + " is true or false");
    }
    if (!IsOneOf(name, kNumbers) && !IsOneOf(name, kSwitches)) {
      return Failure(400,
                     name + " is no setting; see service/sandbox/control.h");
    }
  }
  Apply(*body);
  return Empty(204);
}

void Control::Apply(const json& settings) const {
  OpenQuestions& open = klarna_.open_questions();
  for (const auto& [name, value] : settings.items()) {
    if (name == "latency_ms") {
      klarna_.set_latency(absl::Milliseconds(value.get<int64_t>()));
    } else if (name == "page_cap") {
      klarna_.set_page_cap(value.get<int>());
    } else if (name == "read_lag_ms") {
      open.read_lag = absl::Milliseconds(value.get<int64_t>());
    } else if (name == "placed_token_is_unknown") {
      open.placed_token_is_unknown = value.get<bool>();
    } else if (name == "busy_key_conflicts") {
      open.busy_key_conflicts = value.get<bool>();
    } else if (name == "rate_limited_is_executed") {
      open.rate_limited_is_executed = value.get<bool>();
    }
  }
}

Answer Control::ChangeCredentials(const Request& request) const {
  const std::optional<json> body = ParseJson(request.body);
  if (!body || !body->is_object()) {
    return Failure(400, "the body is not a JSON object");
  }
  for (const auto& [name, value] : body->items()) {
    const bool known =
        name == "passwords" || name == "api_keys" || name == "shipping_keys";
    const bool texts =
        value.is_array() && !value.empty() &&
        std::all_of(value.begin(), value.end(),
                    [](const json& each) { return each.is_string(); });
    if (!known || !texts) {
      return Failure(400,
                     "only lists of strings named passwords, api_keys and "
                     "shipping_keys");
    }
  }
  const auto texts = [&](const char* name) {
    return body->contains(name) ? (*body)[name].get<std::vector<std::string>>()
                                : std::vector<std::string>();
  };
  klarna_.keyring().SetPasswords(texts("passwords"));
  klarna_.keyring().SetApiKeys(texts("api_keys"));
  klarna_.shipping().SetKeys(texts("shipping_keys"));
  return Empty(204);
}

Answer Control::AddFault(const Request& request) const {
  absl::StatusOr<Fault> fault = ParseFault(request.body);
  if (!fault.ok()) return Failure(400, fault.status().message());
  klarna_.faults().Add(*std::move(fault));
  return Empty(204);
}

}  // namespace klarna::sandbox
