// SPDX-License-Identifier: Apache-2.0
//
// An operation's label, which stands for its service, the bytes of a
// PublishRequest, and the upstream's answers, in order. The call ends; its
// verdict is what the answers say; a change that may have happened is not sent
// again unless that is harmless; and the same request again does nothing more.
#include <algorithm>
#include <string>
#include <vector>

#include "klarna/gateway/v1/outcome.pb.h"
#include "service/gateway/request.h"
#include "service/json/wire.h"
#include "service/rest/status_details.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/engine_checks.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scripted_answer.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::fuzz {
namespace {

using gateway::v1::Outcome;
using http::TransferError;
using testing::ScriptedAnswer;

constexpr int kMaxTimers = 1000;

// One request and what came back.
struct Attempt {
  const http::HttpRequest& request;
  const ScriptedAnswer& answer;

  bool whole() const { return answer.result.error == TransferError::kNone; }
  bool refused() const {
    return whole() && answer.head.status / 100 == 4 &&
           answer.head.status != 408;
  }
  // Certainly without effect.
  bool harmless() const { return !answer.result.request_sent || refused(); }
};

class Call {
 public:
  explicit Call(const Input& input)
      : method_(
            *Routes().Find(OperationNamed(input[0]).route->service, "Publish")),
        service_(OperationNamed(input[0]).route->service),
        request_(input[1]),
        answers_(ParseAnswers(input, 2)) {
    engine_.account().raw_calls = true;
    engine_.account().request_logging = config::RequestLogging::kBodies;
    for (const ScriptedAnswer& answer : answers_) {
      engine_.transport().Answer(answer);
    }
  }

  void Check() {
    const auto first = Publish();
    const Outcome outcome = OutcomeOf(*first);
    CheckVerdict(*first, outcome);
    CheckAttempts();
    const size_t sent = Changes().size();
    const auto second = Publish();
    CheckAttempts();
    if (outcome.verdict() == gateway::v1::VERDICT_APPLIED) {
      Require(Changes().size() == sent && second->status().ok() &&
                  OutcomeOf(*second).evidence() == gateway::v1::EVIDENCE_REPLAY,
              "what was applied was not replayed");
    }
    CheckLog(engine_.log_lines());
  }

 private:
  std::shared_ptr<testing::PublishCaller> Publish() {
    auto caller = engine_.Publish(service_, request_);
    engine_.executor().RunUntilIdle();
    for (int i = 0; i < kMaxTimers && !caller->finished(); ++i) {
      engine_.executor().AdvanceToNextTimer();
    }
    Require(caller->finished(), "the call does not end");
    CheckStatus(caller->status());
    Require(engine_.transport().requests().size() < kAnswers,
            "it asks without end");
    return caller;
  }

  Outcome OutcomeOf(const testing::PublishCaller& caller) const {
    Outcome outcome;
    if (!caller.status().ok()) {
      rest::GetDetail(caller.status(), outcome);
      return outcome;
    }
    CheckMessage(*method_.descriptor->output_type(), caller.message());
    json::WireReader reader(caller.message());
    for (json::WireField field; reader.Next(field);) {
      if (static_cast<int>(field.number) == method_.envelope.outcome) {
        outcome.ParseFromString(std::string(field.bytes));
      }
    }
    return outcome;
  }

  // All that could change something.
  std::vector<Attempt> Changes() const {
    std::vector<Attempt> changes;
    const auto& requests = engine_.transport().requests();
    for (size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].mutation) changes.push_back({requests[i], answers_[i]});
    }
    return changes;
  }

  void CheckVerdict(const testing::PublishCaller& caller,
                    const Outcome& outcome) const {
    const std::vector<Attempt> changes = Changes();
    const bool harmless =
        std::all_of(changes.begin(), changes.end(),
                    [](const Attempt& each) { return each.harmless(); });
    switch (outcome.verdict()) {
      case gateway::v1::VERDICT_APPLIED:
        Require(caller.status().ok(), "APPLIED is no error");
        if (outcome.evidence() == gateway::v1::EVIDENCE_ANSWER) {
          CheckApplied(changes);
        }
        return;
      case gateway::v1::VERDICT_REJECTED:
        // What could not be sent again stays refused.
        Require(
            !caller.status().ok() && harmless &&
                std::any_of(changes.begin(), changes.end(),
                            [](const Attempt& each) { return each.refused(); }),
            "REJECTED, but not by an answer");
        return;
      case gateway::v1::VERDICT_UNKNOWN:
        Require(caller.status().code() == absl::StatusCode::kAborted ||
                    changes.empty(),
                "UNKNOWN is ABORTED");
        return;
      case gateway::v1::VERDICT_NOT_SENT:
        Require(std::none_of(changes.begin(), changes.end(),
                             [](const Attempt& each) {
                               return each.answer.result.request_sent;
                             }),
                "said not to be sent, and it was");
        return;
      default:
        Require(changes.empty(), "sent, and without a verdict");
    }
  }

  static void CheckApplied(const std::vector<Attempt>& changes) {
    Require(!changes.empty(), "APPLIED, and nothing was sent");
    const Attempt& last = changes.back();
    const bool gone = last.whole() && last.answer.head.status == 404 &&
                      last.request.method == "DELETE" && changes.size() > 1;
    Require(WholeSuccess(last.answer) || gone,
            "APPLIED without a whole success");
  }

  void CheckAttempts() const {
    for (const http::HttpRequest& request : engine_.transport().requests()) {
      CheckRequestOut(request);
    }
    const std::vector<Attempt> changes = Changes();
    for (size_t i = 1; i < changes.size(); ++i) {
      const http::HttpRequest& first = changes.front().request;
      const http::HttpRequest& again = changes[i].request;
      Require(first.method == again.method && first.url == again.url &&
                  first.headers == again.headers && first.body == again.body,
              "a change sent again is another");
      Require(!NeverAgain() || changes[i - 1].harmless(),
              "sent again though it may have happened");
    }
  }

  bool NeverAgain() const {
    const auto request = gateway::DecodeRequest(method_, request_);
    return request.ok() &&
           request->route->idempotency == rest::v1::IDEMPOTENCY_NEVER;
  }

  const rest::Method& method_;
  const std::string service_;
  const std::string request_;
  const std::vector<ScriptedAnswer> answers_;
  testing::EngineUnderTest engine_{1000, {.attempts = 4}};
};

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (klarna::fuzz::KnowsCredentials(data, size)) return 0;
  klarna::fuzz::Call(klarna::fuzz::Input(data, size)).Check();
  return 0;
}
