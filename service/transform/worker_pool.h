// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/config/config.h"
#include "service/observability/log.h"
#include "service/runtime/clock.h"
#include "service/transform/transformers.h"
#include "service/transform/worker_process.h"

namespace klarna::transform {

struct WorkerPoolOptions {
  // Of the program that becomes a worker; see RunWorker.
  std::string executable = "/proc/self/exe";
  int workers = 2;
  int runs_per_worker = 100'000;
};

// A few workers, each with a thread that feeds it, and what waits for them.
//
// The programs of one pool do not change: another configuration is another
// pool, and the old one goes when its last call has ended.
//
// One transformer never has all workers, and each has a queue of its own: one
// that runs away holds up nobody but its own callers. A worker that died, or
// was killed because its program kept no bound, is replaced at once, and each
// is replaced from time to time, since jq leaks.
class WorkerPool final : public Transformers {
 public:
  // Starts a worker to see that all programs compile: INVALID_ARGUMENT naming
  // the transformer, with jq's message. UNAVAILABLE when there is no process to
  // be had. Without transformers there are no workers. `clock` and `log` must
  // outlive the pool.
  static absl::StatusOr<std::unique_ptr<WorkerPool>> Start(
      std::vector<config::Transformer> transformers,
      const runtime::Clock& clock, observability::Log& log,
      WorkerPoolOptions options = {});

  // Kills the workers: what is under way or waiting is not finished. Takes
  // milliseconds, since the last call of a pool may end on an event loop.
  ~WorkerPool() override;

  std::unique_ptr<Transformers::Run> Start(std::string_view name,
                                           std::string input,
                                           runtime::Executor& executor,
                                           Done done) override;

 private:
  class Link;
  class Handle;
  struct Job;
  struct Lane;

  WorkerPool(std::vector<config::Transformer> transformers,
             const runtime::Clock& clock, observability::Log& log,
             WorkerPoolOptions options, int stop_fd);

  // The life of a thread.
  void Serve(std::unique_ptr<WorkerProcess> worker);
  // Null, and logged, when there is none to be had.
  std::unique_ptr<WorkerProcess> StartWorker();
  absl::StatusOr<std::unique_ptr<WorkerProcess>> NewWorker() const;
  absl::StatusOr<std::string> RunJob(const Job& job, size_t lane,
                                     std::unique_ptr<WorkerProcess>& worker);

  absl::Status Enqueue(std::string_view name, Job job);
  // Waits for a job; its lane. Nothing when the pool is at its end.
  std::optional<size_t> Take(Job& job);
  // Moves turn_ to the next lane that has a job and may have a worker. False if
  // there is none.
  bool PickLane();
  void Release(size_t lane);

  const std::vector<config::Transformer> transformers_;
  const runtime::Clock& clock_;
  observability::Log& log_;
  const WorkerPoolOptions options_;
  const int stop_fd_;  // Can be read when the pool is at its end.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Lane> lanes_;  // One for each program.
  size_t turn_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace klarna::transform
