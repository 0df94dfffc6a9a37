// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulated_network.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace klarna::simulation {
namespace {

using http::TransferError;

constexpr char kHtml[] = "<html><body>Sign in to the network</body></html>";

sandbox::Request ToSandbox(const http::HttpRequest& request) {
  sandbox::Request out;
  out.method = request.method;
  const size_t path = request.url.find('/', std::string("https://").size());
  const size_t query = request.url.find('?');
  out.path = request.url.substr(path, query - path);
  if (query != std::string::npos) out.query = request.url.substr(query + 1);
  for (const auto& [name, value] : request.headers) {
    out.headers.push_back({name, value});
  }
  out.body = request.body;
  return out;
}

std::string SpoiltBody(Body kind, const std::string& body) {
  switch (kind) {
    case Body::kAsItWas:
      return body;
    case Body::kEmpty:
      return "";
    case Body::kHtml:
      return kHtml;
    case Body::kCutInTwo:
      return body.empty() ? "{\"a\":" : body.substr(0, body.size() / 2);
    case Body::kOtherJson:
      return "[1, 2, 3]";
    case Body::kNotUtf8:
      return "{\"a\":\"\xff\"}";
  }
  return body;
}

struct Delivered {
  http::HttpResponseHead head;
  std::string body;
  http::TransferResult result;
};

Delivered Deliver(const FaultKind& fault, const sandbox::Answer& answer) {
  Delivered out;
  out.result = {
      .error = fault.error, .request_sent = true, .framed = fault.framed};
  const bool broken = fault.error != TransferError::kNone;
  if (broken && fault.body == Body::kAsItWas) return out;
  out.head.status = fault.status != 0 ? fault.status : answer.status;
  if (fault.executed) {
    for (const sandbox::Header& header : answer.headers) {
      out.head.headers.emplace_back(header.name, header.value);
    }
  }
  for (const http::Header& header : fault.headers) {
    out.head.headers.push_back(header);
  }
  out.body = SpoiltBody(fault.body, sandbox::BodyOf(answer));
  return out;
}

}  // namespace

// Between a transfer and what is delivered to it. `sink` is null once the
// transfer is destroyed.
struct SimulatedNetwork::Link {
  http::ResponseSink* sink = nullptr;
  Delivered delivered = {};
  size_t given = 0;  // Of the body.
  bool paused = false;

  void Begin(Delivered all) {
    delivered = std::move(all);
    if (sink != nullptr && delivered.head.status != 0) {
      sink->OnHead(delivered.head);
    }
    GoOn();
  }

  // Piece by piece, until the sink pauses or all is given.
  void GoOn() {
    constexpr size_t kPiece = 600;
    const std::string_view body = delivered.body;
    while (sink != nullptr && given < body.size()) {
      const std::string_view piece = body.substr(given, kPiece);
      given += piece.size();
      paused = !sink->OnBody(piece);
      if (paused) return;
    }
    if (sink != nullptr) sink->OnDone(delivered.result);
  }
};

class SimulatedNetwork::SimulatedTransfer final : public http::Transfer {
 public:
  SimulatedTransfer(runtime::Executor& executor, std::shared_ptr<Link> link)
      : executor_(executor), link_(std::move(link)) {}
  ~SimulatedTransfer() override { link_->sink = nullptr; }
  void Resume() override {
    executor_.Post([link = link_] {
      if (std::exchange(link->paused, false)) link->GoOn();
    });
  }

 private:
  runtime::Executor& executor_;
  const std::shared_ptr<Link> link_;
};

absl::Duration SimulatedNetwork::Latency() {
  return absl::Milliseconds(1 + random_() % 50);
}

// Tokens are fetched without faults: nothing of a call is sent by then.
const FaultKind& SimulatedNetwork::NextFault(const http::HttpRequest& request) {
  const FaultKind& none = FaultKinds().front();
  if (absl::EndsWith(request.url, "/auth")) return none;
  if (!request.mutation && !reads_are_planned_) {
    return random_() % 10 == 0 ? ReadFault() : none;
  }
  std::deque<const FaultKind*>& plan = request.mutation ? changes_ : reads_;
  if (plan.empty()) return none;
  const FaultKind& fault = *plan.front();
  plan.pop_front();
  return fault;
}

// Nobody says 404 of what is there.
const FaultKind& SimulatedNetwork::ReadFault() {
  const std::vector<FaultKind>& kinds = FaultKinds();
  const FaultKind& fault = kinds[random_() % kinds.size()];
  return fault.status == 404 ? kinds.front() : fault;
}

http::HttpRequest SimulatedNetwork::Sabotage(http::HttpRequest request) {
  if (bug_ == NetworkBug::kSkipsAnEntity) {
    absl::StrReplaceAll({{"offset=3", "offset=4"}}, &request.url);
  }
  for (auto header = request.headers.begin(); header != request.headers.end();
       ++header) {
    if (header->first != "Klarna-Idempotency-Key") continue;
    if (bug_ == NetworkBug::kKeyChanges) {
      absl::StrAppend(&header->second, random_());
    } else if (bug_ == NetworkBug::kKeyIsLost) {
      request.headers.erase(header);
      break;
    }
  }
  return request;
}

std::unique_ptr<http::Transfer> SimulatedNetwork::Start(
    http::HttpRequest request, http::ResponseSink& sink) {
  auto link = std::make_shared<Link>();
  link->sink = &sink;
  const FaultKind& fault = NextFault(request);
  if (request.mutation) {
    ++changes_begun_;
    last_change_begun_ = executor_.clock().Now();
  }
  Send(Sabotage(std::move(request)), fault, link);
  return std::make_unique<SimulatedTransfer>(executor_, std::move(link));
}

void SimulatedNetwork::Send(const http::HttpRequest& request,
                            const FaultKind& fault,
                            const std::shared_ptr<Link>& link) {
  if (!fault.request_sent) {
    executor_.RunAfter(Latency(), [link, &fault] {
      if (link->sink == nullptr) return;
      link->sink->OnDone({.error = fault.error, .request_sent = false});
    });
    return;
  }
  executor_.RunAfter(Latency(), [this, request, &fault, link] {
    Arrive(request, fault, link);
  });
}

void SimulatedNetwork::Arrive(const http::HttpRequest& request,
                              const FaultKind& fault,
                              const std::shared_ptr<Link>& link) {
  const bool broken = fault.error != TransferError::kNone;
  sandbox::Answer answer;
  if (fault.executed) answer = Execute(request);
  if (fault.late > absl::ZeroDuration()) {
    executor_.RunAfter(fault.late, [this, request] { Execute(request); });
  }
  if (broken && bug_ == NetworkBug::kResendsByItself) Execute(request);
  Delivered delivered = Deliver(fault, answer);
  if (broken && bug_ == NetworkBug::kSentCountsAsUnsent) {
    delivered.result.request_sent = false;
  }
  if (broken && bug_ == NetworkBug::kBreakCountsAsEmpty200) {
    delivered.result.error = TransferError::kNone;
    delivered.head.status = 200;
    delivered.body.clear();
  }
  if (bug_ == NetworkBug::kBreakCountsAsEnd) {
    delivered.result.error = TransferError::kNone;
  }
  if (delivered.head.status >= 500 &&
      bug_ == NetworkBug::kServerErrorIsRefusal) {
    delivered.head.status = 400;
  }
  if (delivered.head.status >= 400 && delivered.head.status < 500 &&
      bug_ == NetworkBug::kRefusalCountsAsDone) {
    delivered.head.status = 204;
    delivered.body.clear();
  }
  const absl::Duration back =
      fault.error == TransferError::kTimeout ? request.timeout : Latency();
  executor_.RunAfter(back, [link, delivered = std::move(delivered)]() mutable {
    link->Begin(std::move(delivered));
  });
}

sandbox::Answer SimulatedNetwork::Execute(const http::HttpRequest& request) {
  world_.clock.SetWall(TrueTime());
  return world_.klarna.Handle(ToSandbox(request));
}

}  // namespace klarna::simulation
