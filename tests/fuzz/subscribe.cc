// SPDX-License-Identifier: Apache-2.0
//
// An operation's label, which stands for its service, the bytes of a
// SubscribeRequest, and the upstream's answers, in order. The stream ends; it
// is OK only where a whole answer was read, says once that it is over, holds no
// more than the answers do, and an entity is the JSON that came.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "service/gateway/request.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire.h"
#include "service/json/wire_to_json.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/engine_checks.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scripted_answer.h"
#include "tests/service/gateway/engine_under_test.h"
#include "tests/service/json/canonical_json.h"

namespace klarna::fuzz {
namespace {

using google::protobuf::Message;
using testing::ScriptedAnswer;
using Kind = rest::ResultField::Kind;

// What a stream may hold beside what came: envelopes and resume tokens.
constexpr size_t kOverhead = 64 << 10;

class Call {
 public:
  explicit Call(const Input& input)
      : method_(*Routes().Find(OperationNamed(input[0]).route->service,
                               "Subscribe")),
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
    const testing::Streamed streamed = engine_.Subscribe(service_, request_);
    Require(streamed.status.has_value(), "the stream does not end");
    CheckStatus(*streamed.status);
    for (const http::HttpRequest& request : engine_.transport().requests()) {
      CheckRequestOut(request);
      Require(!request.mutation, "a read changes something");
    }
    Require(engine_.transport().requests().size() < kAnswers,
            "it asks without end");
    CheckEnd(streamed);
    CheckSize(streamed);
    const auto request = gateway::DecodeRequest(method_, request_);
    if (request.ok() && !request->options.dry_run()) {
      CheckContent(*request->route, streamed);
    }
    CheckLog(engine_.log_lines());
  }

 private:
  gateway::v1::Batch BatchOf(const std::string& message) const {
    CheckMessage(*method_.descriptor->output_type(), message);
    gateway::v1::Batch batch;
    json::WireReader reader(message);
    for (json::WireField field; reader.Next(field);) {
      if (static_cast<int>(field.number) == method_.envelope.batch) {
        batch.MergeFromString(std::string(field.bytes));
      }
    }
    return batch;
  }

  void CheckEnd(const testing::Streamed& streamed) const {
    size_t ends = 0;
    bool at_end = false;
    for (const std::string& message : streamed.messages) {
      at_end = BatchOf(message).last();
      ends += at_end ? 1 : 0;
    }
    Require(ends == (streamed.status->ok() ? 1 : 0) &&
                at_end == streamed.status->ok(),
            "a stream is over when it says so, and says so once");
  }

  // The answers that a call could have read.
  std::vector<const ScriptedAnswer*> WholeAnswers() const {
    std::vector<const ScriptedAnswer*> whole;
    for (size_t i = 0; i < engine_.transport().requests().size(); ++i) {
      if (WholeSuccess(answers_[i])) whole.push_back(&answers_[i]);
    }
    return whole;
  }

  void CheckSize(const testing::Streamed& streamed) const {
    size_t in = request_.size();
    for (const ScriptedAnswer& answer : answers_) in += answer.body.size();
    size_t out = 0;
    for (const std::string& message : streamed.messages) out += message.size();
    Require(out <= 16 * in + kOverhead, "more comes out than goes in");
  }

  void CheckContent(const rest::Route& route,
                    const testing::Streamed& streamed) const {
    if (streamed.status->ok()) {
      Require(!WholeAnswers().empty(), "OK, and nothing was read");
    }
    if (route.result.kind == Kind::kList) CheckEntities(route, streamed);
    if (route.result.kind == Kind::kEntity && streamed.status->ok()) {
      CheckEntity(route, streamed);
    }
  }

  void CheckEntities(const rest::Route& route,
                     const testing::Streamed& streamed) const {
    size_t delivered = 0;
    for (const std::string& message : streamed.messages) {
      delivered += CountItems(route, message);
    }
    size_t received = 0;
    for (const ScriptedAnswer* answer : WholeAnswers()) {
      json::DecodedPage page;
      const bool decoded = json::DecodePage(answer->body, *route.result.table,
                                            route.paging.items_field,
                                            route.paging.top_level_array, page)
                               .ok();
      if (decoded) received += page.item_ends.size();
    }
    Require(delivered <= received, "more entities than came");
  }

  size_t CountItems(const rest::Route& route, const std::string& bytes) const {
    const std::unique_ptr<Message> message =
        CheckMessage(*method_.descriptor->output_type(), bytes);
    const auto* result =
        message->GetDescriptor()->FindFieldByNumber(route.result.field);
    const Message& list =
        message->GetReflection()->GetMessage(*message, result);
    return static_cast<size_t>(list.GetReflection()->FieldSize(
        list,
        list.GetDescriptor()->FindFieldByNumber(route.paging.items_field)));
  }

  // Typed message + unmapped = the JSON that came.
  void CheckEntity(const rest::Route& route,
                   const testing::Streamed& streamed) const {
    Require(streamed.messages.size() == 1, "an entity is one message");
    json::WireReader reader(streamed.messages.front());
    std::string_view entity;
    std::vector<json::Unmapped> unmapped;
    for (json::WireField field; reader.Next(field);) {
      const int number = static_cast<int>(field.number);
      if (number == route.result.field) entity = field.bytes;
      if (number != method_.envelope.response_unmapped) continue;
      gateway::v1::UnmappedField entry;
      entry.ParseFromString(std::string(field.bytes));
      unmapped.push_back({.pointer = entry.pointer(), .json = entry.json()});
    }
    std::string json;
    const absl::Status encoded =
        json::Encode(entity, *route.result.table, unmapped, json);
    Require(encoded.ok(), encoded.ToString());
    Require(json::CanonicalJson(json) ==
                json::CanonicalJson(WholeAnswers().back()->body),
            json);
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
