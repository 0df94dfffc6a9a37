// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/read_run.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/gateway/subscribe.h"
#include "service/json/wire.h"
#include "tests/simulation/rest_call.h"
#include "tests/simulation/simulated_gateway.h"

namespace klarna::simulation {
namespace {

using rest::ResultField;

// So that every list has pages, and every page and file batches.
constexpr int kPageSize = 3;
constexpr int64_t kBatchBytes = 400;
constexpr int kMaxStreams = 12;

// What a reader holds, in a form in which a part of the whole is its beginning.
class Copy {
 public:
  explicit Copy(const RestCall& call)
      : envelope_(call.method->envelope), route_(*call.route) {}

  // Takes a message of a stream. Not OK when it says what cannot be.
  std::string Take(const std::string& message) {
    gateway::v1::Batch batch;
    std::vector<gateway::v1::UnmappedField> unmapped;
    std::vector<std::string> items;
    json::WireReader reader(message);
    for (json::WireField field; reader.Next(field);) {
      const int number = static_cast<int>(field.number);
      if (number == envelope_.batch) {
        batch.ParseFromString(std::string(field.bytes));
      } else if (number == envelope_.response_unmapped) {
        unmapped.emplace_back().ParseFromString(std::string(field.bytes));
      } else if (number == route_.result.field) {
        AppendItems(field.bytes, items);
      }
    }
    for (const auto& entry : unmapped) Place(entry, items);
    if (last_) return "a message behind the last one";
    if (list() && batch.offset() != entities_) {
      return absl::StrCat("a batch at ", batch.offset(), ", ", entities_,
                          " were before it");
    }
    if (batch.drifted()) return "a drift of a list that stands still";
    last_ = batch.last();
    token_ = batch.resume_token();
    entities_ += static_cast<int64_t>(items.size());
    for (const std::string& item : items) {
      absl::StrAppend(&bytes_, file() ? "" : absl::StrCat(item.size(), ":"),
                      item);
    }
    return "";
  }

  // To go on with another stream: where lists can, from the token, and from the
  // beginning where not.
  std::string TakeToken() {
    last_ = false;
    if (list()) return token_;
    bytes_.clear();
    return "";
  }

  const std::string& bytes() const { return bytes_; }
  bool last() const { return last_; }

 private:
  bool list() const { return route_.result.kind == ResultField::Kind::kList; }
  bool file() const {
    return route_.result.kind == ResultField::Kind::kContent;
  }

  void AppendItems(std::string_view result, std::vector<std::string>& items) {
    if (file()) {
      gateway::v1::Content content;
      content.ParseFromString(std::string(result));
      items.push_back(content.data());
    } else if (list()) {
      json::WireReader reader(result);
      for (json::WireField field; reader.Next(field);) {
        if (static_cast<int>(field.number) != route_.paging.items_field) {
          continue;
        }
        items.emplace_back(field.bytes);
      }
    } else {
      items.emplace_back(result);
    }
  }

  // What belongs to the page depends on where the pages begin.
  void Place(const gateway::v1::UnmappedField& entry,
             std::vector<std::string>& items) const {
    if (list() && !entry.has_entity_index()) return;
    const auto index = static_cast<size_t>(entry.entity_index());
    if (index >= items.size()) items.resize(index + 1);
    absl::StrAppend(&items[index], entry.pointer(), "=", entry.json());
  }

  const rest::Envelope& envelope_;
  const rest::Route& route_;
  std::string bytes_;
  std::string token_;
  int64_t entities_ = 0;
  bool last_ = false;
};

// The caller's end of a stream: takes each message when it pleases.
class Reader final : public gateway::ResponseStream {
 public:
  Reader(SimulatedGateway& gateway, bool patient, Copy& copy)
      : gateway_(gateway), patient_(patient), copy_(copy) {}

  void ReadFor(gateway::SubscribeCall& call) { call_ = &call; }

  void Write(std::string message) override {
    if (contradiction_.empty()) contradiction_ = copy_.Take(message);
    ++waiting_;
    if (waiting_ == 1) TakeOne();
  }
  void Finish(const absl::Status& status) override { status_ = status; }

  const std::optional<absl::Status>& status() const { return status_; }
  const std::string& contradiction() const { return contradiction_; }

 private:
  void TakeOne() {
    timer_.emplace(gateway_.executor, Pause(), [this] {
      call_->OnTaken(1);
      if (--waiting_ > 0) TakeOne();
    });
  }

  // Now and then so long that what was read ahead is given up meanwhile.
  absl::Duration Pause() {
    if (patient_) return absl::ZeroDuration();
    return absl::Milliseconds(gateway_.Chance(10) ? gateway_.random() % 20'000
                                                  : gateway_.random() % 100);
  }

  SimulatedGateway& gateway_;
  const bool patient_;
  Copy& copy_;
  gateway::SubscribeCall* call_ = nullptr;
  int waiting_ = 0;
  std::string contradiction_;
  std::optional<absl::Status> status_;
  std::optional<runtime::ScopedTimer> timer_;
};

sandbox::SandboxOptions ListsOfSomeLength() {
  sandbox::SandboxOptions options = SmallWorld();
  options.payouts = 7;
  options.transactions = 14;
  options.disputes = 11;
  return options;
}

config::Limits SmallBatches() {
  config::Limits limits;
  limits.batch_bytes = kBatchBytes;
  return limits;
}

class ReadSimulation {
 public:
  ReadSimulation(const ReadPlan& plan, const rest::RouteTable& routes)
      : plan_(plan),
        gateway_(plan.seed, plan.stop, ListsOfSomeLength(), SmallBatches(),
                 plan.bug),
        call_(*ToReadCall(gateway_.request(), routes)) {}

  ReadResult Run() {
    ReadResult result;
    result.operation = call_.route->label;
    Copy whole(call_);
    gateway_.network.PlanRead(FaultKinds().front());
    const absl::Status unhindered = Stream(whole, "", /*planned=*/false);
    if (!unhindered.ok()) {
      result.contradiction =
          absl::StrCat("without faults: ", unhindered.ToString());
    }
    const size_t ledger = gateway_.world.klarna.ledger().entries().size();
    for (const FaultKind* fault : plan_.faults) {
      if (CanBeNoticed(*fault, *call_.route)) gateway_.network.PlanRead(*fault);
    }
    Copy copy(call_);
    std::string token;
    while (result.contradiction.empty()) {
      const absl::Status status = Stream(copy, token, /*planned=*/true);
      ++result.streams;
      result.contradiction = Contradiction(copy, whole, status);
      if (status.ok()) break;
      if (result.streams == kMaxStreams) result.contradiction = "never ends";
      token = copy.TakeToken();
    }
    if (gateway_.world.klarna.ledger().entries().size() != ledger) {
      result.contradiction = "a read changed something";
    }
    return result;
  }

 private:
  std::string Request(const std::string& token) const {
    std::string request = call_.fields;
    if (call_.route->result.kind != ResultField::Kind::kList) return request;
    gateway::v1::PageOptions paging;
    if (!call_.route->paging.size_parameter.empty()) {
      paging.set_page_size(kPageSize);
    }
    paging.set_resume_token(token);
    json::AppendLengthDelimited(
        static_cast<uint32_t>(call_.method->envelope.paging),
        paging.SerializeAsString(), request);
    return request;
  }

  // One stream to its end, or until its reader leaves.
  absl::Status Stream(Copy& copy, const std::string& token, bool planned) {
    Reader reader(gateway_, /*patient=*/!planned, copy);
    gateway::SubscribeCall call(gateway_.For(intents_), *call_.method, {},
                                Request(token), reader);
    reader.ReadFor(call);
    const bool leaves = planned && gateway_.Chance(20);
    const runtime::Instant until =
        leaves ? gateway_.executor.clock().Now() +
                     absl::Milliseconds(gateway_.random() % 1000)
               : absl::InfiniteDuration();
    call.Start();
    gateway_.executor.RunUntilIdle();
    while (!reader.status() && gateway_.executor.clock().Now() < until) {
      if (!gateway_.executor.AdvanceToNextTimer()) break;
    }
    contradiction_ = reader.contradiction();
    // Who leaves with all of it has it.
    if (!reader.status() && copy.last()) return absl::OkStatus();
    return reader.status().value_or(absl::CancelledError("the reader left"));
  }

  std::string Contradiction(const Copy& copy, const Copy& whole,
                            const absl::Status& status) const {
    if (!contradiction_.empty()) return contradiction_;
    if (!absl::StartsWith(whole.bytes(), copy.bytes())) {
      return "what came is not what there is";
    }
    if (!status.ok()) return copy.last() ? "last, and then a failure" : "";
    if (!copy.last()) return "OK before the last message";
    return copy.bytes() == whole.bytes() ? "" : "OK, but not all of it";
  }

  const ReadPlan& plan_;
  SimulatedGateway gateway_;
  const RestCall call_;
  gateway::LocalIntentMemory intents_{1, gateway_.executor.clock(),
                                      absl::ZeroDuration()};
  std::string contradiction_;
};

}  // namespace

bool CanBeNoticed(const FaultKind& fault, const rest::Route& route) {
  const bool spoilt = fault.body != Body::kAsItWas &&
                      fault.error == http::TransferError::kNone &&
                      (fault.status == 0 || fault.status == 200);
  if (!spoilt) return true;
  if (route.result.kind == ResultField::Kind::kContent) {
    // A portal says that it sends a page.
    return !fault.framed || !fault.executed;
  }
  return fault.body != Body::kOtherJson || !route.paging.top_level_array;
}

ReadResult SimulateRead(const ReadPlan& plan, const rest::RouteTable& routes) {
  return ReadSimulation(plan, routes).Run();
}

std::vector<TourStop> ReadStops(const rest::RouteTable& routes) {
  std::vector<std::string> operations;
  const std::vector<TourStop> all =
      TourStopsWhere(ListsOfSomeLength(), [&](const sandbox::Request& request) {
        const auto call = ToReadCall(request, routes);
        if (call) operations.push_back(call->route->label);
        return call.has_value();
      });
  // The last one, by which there is something to read.
  std::map<std::string, TourStop> by_operation;
  for (size_t i = 0; i < all.size(); ++i) by_operation[operations[i]] = all[i];
  std::vector<TourStop> stops;
  stops.reserve(by_operation.size());
  for (const auto& [operation, stop] : by_operation) stops.push_back(stop);
  return stops;
}

}  // namespace klarna::simulation
