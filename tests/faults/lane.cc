// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace klarna::faults {
namespace {

using testing::ReadUntil;
using testing::Treatment;
using testing::Welcome;

sandbox::SandboxOptions SmallWorld() {
  sandbox::SandboxOptions options;
  options.payouts = 1;
  options.transactions = 1;
  return options;
}

sandbox::Answer SendTo(sandbox::World& world, const sandbox::Request& request) {
  return world.Send(request.method,
                    request.query.empty()
                        ? request.path
                        : absl::StrCat(request.path, "?", request.query),
                    request.body, request.headers);
}

sandbox::Request Parse(absl::string_view bytes) {
  sandbox::Request request;
  const size_t head = bytes.find("\r\n\r\n");
  request.body = std::string(bytes.substr(head + 4));
  const std::vector<absl::string_view> lines =
      absl::StrSplit(bytes.substr(0, head), "\r\n");
  const std::vector<std::string> words = absl::StrSplit(lines[0], ' ');
  request.method = words.at(0);
  const std::vector<std::string> target =
      absl::StrSplit(words.at(1), absl::MaxSplits('?', 1));
  request.path = target[0];
  if (target.size() > 1) request.query = target[1];
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> header =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    request.headers.push_back(
        {header[0], header.size() > 1 ? header[1] : std::string()});
  }
  return request;
}

const WireFault& NoFault() { return WireFaults().front(); }

}  // namespace

std::vector<size_t> WriteRequests(const rest::RouteTable& routes) {
  sandbox::World world(SmallWorld());
  const sandbox::Tour tour(world);
  std::vector<size_t> writes;
  for (size_t i = 0; i < tour.requests().size(); ++i) {
    if (simulation::ToWriteCall(tour.requests()[i], routes)) {
      writes.push_back(i);
    }
  }
  return writes;
}

Lane::Lane(const testing::TestCertificate& certificate,
           const testing::TestCertificate& other_certificate)
    : server_(*this, certificate, other_certificate) {}

void Lane::Begin(size_t request, const rest::RouteTable& routes,
                 const WireFault& fault, int times) {
  if (fault.at_connection()) server_.DropConnections();
  if (fault.way == Way::kRefused) server_.Refuse();
  auto world = std::make_unique<sandbox::World>(SmallWorld());
  const sandbox::Tour tour(*world);
  // A tour's requests build on each other.
  for (size_t i = 0; i < request; ++i) SendTo(*world, tour.requests()[i]);
  const sandbox::Request& change = tour.requests()[request];
  const std::string* authorization = change.Find("Authorization");
  call_ = std::make_unique<simulation::RestCall>(
      *simulation::ToWriteCall(change, routes));
  // Where a read tells by the time of what was made, it has to be our own.
  // Elsewhere the world stays in its own, in which its tokens are fresh.
  const rest::Route& route = *call_->route;
  if (route.idempotency == rest::v1::IDEMPOTENCY_READ_BACK &&
      !route.read_back->made_at.empty()) {
    world->clock.SetWall(absl::Now());
  }

  const std::lock_guard<std::mutex> lock(mutex_);
  world_ = std::move(world);
  bearer_ = authorization == nullptr ? "" : *authorization;
  fault_ = &fault;
  times_ = times;
  faults_left_ = times;
  ledger_begin_ = world_->klarna.ledger().entries().size();
  attempts_ = 0;
}

void Lane::Heal() { server_.Accept(); }

int Lane::effects() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto& entries = world_->klarna.ledger().entries();
  return static_cast<int>(std::count_if(
      entries.begin() + static_cast<std::ptrdiff_t>(ledger_begin_),
      entries.end(), [this](const sandbox::LedgerEntry& entry) {
        return entry.operation == call_->sandbox_operation;
      }));
}

int Lane::attempts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return attempts_;
}

int Lane::faults_met() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return fault_->way == Way::kOpen ? times_ - faults_left_ : times_;
}

bool Lane::WaitUntilMet(absl::Duration patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  return met_.wait_for(lock, absl::ToChronoMilliseconds(patience),
                       [this] { return faults_left_ == 0; });
}

Welcome Lane::OnConnection() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fault_ == nullptr || fault_->welcome == Welcome::kServe ||
      faults_left_ == 0) {
    return Welcome::kServe;
  }
  --faults_left_;
  met_.notify_all();
  return fault_->welcome;
}

bool Lane::IsTheChange(absl::string_view bytes) const {
  const std::vector<std::string> words =
      absl::StrSplit(bytes.substr(0, bytes.find("\r\n")), ' ');
  const sandbox::ApiDescription::Match match =
      api_.Find(words.at(0), words.at(1));
  return match.operation != nullptr &&
         match.operation->name == call_->sandbox_operation;
}

ReadUntil Lane::OnRequestLine(absl::string_view line) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return IsTheChange(line) && faults_left_ > 0 ? fault_->read : ReadUntil::kEnd;
}

Treatment Lane::OnRequest(ReadUntil until, const std::string& request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool partly = until != ReadUntil::kEnd;
  const bool change = partly || IsTheChange(request);
  if (change && !partly) ++attempts_;
  const bool faulty = change && faults_left_ > 0 && !fault_->at_connection();
  if (faulty) --faults_left_;
  met_.notify_all();
  const WireFault& fault = faulty ? *fault_ : NoFault();
  sandbox::Answer answer;
  if (fault.executed) answer = Execute(request);
  return {WireBytes(fault, answer), fault.ending};
}

// The gateway's token for the shipping integrator may be of a world before.
sandbox::Answer Lane::Execute(const std::string& bytes) {
  sandbox::Request request = Parse(bytes);
  for (sandbox::Header& header : request.headers) {
    const bool authorization =
        absl::EqualsIgnoreCase(header.name, "Authorization");
    if (authorization && !bearer_.empty()) header.value = bearer_;
  }
  return SendTo(*world_, request);
}

}  // namespace klarna::faults
