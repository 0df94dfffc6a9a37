// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "service/rest/route.h"
#include "service/sandbox/api_description.h"
#include "service/sandbox/message.h"
#include "tests/faults/wire_fault.h"
#include "tests/service/sandbox/tour.h"
#include "tests/service/sandbox/world.h"
#include "tests/simulation/rest_call.h"
#include "tests/testing/fault_server.h"

namespace klarna::faults {

// The requests of the tour that are changes.
std::vector<size_t> WriteRequests(const rest::RouteTable& routes);

// A simulated Klarna behind a wire that can fail: one after the other it is
// given a fresh world, a change to wait for, and a fault that the change meets.
//
//   Lane lane(certificate, other_certificate);
//   lane.Begin(request, routes, fault, /*times=*/1);
//   ... a caller asks for lane.call() ...
//   lane.effects();
class Lane final : private testing::FaultPeer {
 public:
  Lane(const testing::TestCertificate& certificate,
       const testing::TestCertificate& other_certificate);

  std::string url() const { return server_.url(); }

  // The next `times` attempts at the `request`-th request of the tour meet
  // `fault`. Connections are refused, where that is the fault, until Heal.
  void Begin(size_t request, const rest::RouteTable& routes,
             const WireFault& fault, int times);
  void Heal();

  const simulation::RestCall& call() const { return *call_; }
  // Of the change, by the ledger.
  int effects() const;
  // Requests for the change that came in whole.
  int attempts() const;
  // So far. Those on the way, which is as it is, count as met.
  int faults_met() const;
  // False when that takes longer.
  bool WaitUntilMet(absl::Duration patience);

 private:
  testing::Welcome OnConnection() override;
  testing::ReadUntil OnRequestLine(absl::string_view line) override;
  testing::Treatment OnRequest(testing::ReadUntil until,
                               const std::string& request) override;

  // Of a request that begins so.
  bool IsTheChange(absl::string_view bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  sandbox::Answer Execute(const std::string& bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const sandbox::ApiDescription api_;
  mutable std::mutex mutex_;
  std::unique_ptr<sandbox::World> world_ ABSL_GUARDED_BY(mutex_);
  std::string bearer_ ABSL_GUARDED_BY(mutex_);  // Of this world.
  std::unique_ptr<simulation::RestCall> call_;
  const WireFault* fault_ ABSL_GUARDED_BY(mutex_) = nullptr;
  int times_ ABSL_GUARDED_BY(mutex_) = 0;
  int faults_left_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t ledger_begin_ ABSL_GUARDED_BY(mutex_) = 0;
  int attempts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::condition_variable met_;
  testing::FaultServer server_;  // Last: its threads use the others.
};

}  // namespace klarna::faults
