// SPDX-License-Identifier: Apache-2.0
#include "service/transform/worker_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace klarna::transform {
namespace {

// What may wait for one transformer. A job counts more than its document, so
// that small ones are bounded, too.
constexpr size_t kMaxWaitingBytes = size_t{16} << 20;
constexpr size_t kJobBytes = 1024;
constexpr absl::Duration kMaxWait = absl::Seconds(5);

absl::Status Busy(absl::string_view name) {
  return absl::ResourceExhaustedError(
      absl::StrCat("too many calls wait for the transformer ", name));
}

}  // namespace

// What a caller and the pool have in common. The executor is there until the
// caller leaves.
class WorkerPool::Link {
 public:
  Link(runtime::Executor& executor, Done done)
      : executor_(&executor), done_(std::move(done)) {}

  // Of the pool.
  bool CallerLeft() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return executor_ == nullptr;
  }
  static void Finish(const std::shared_ptr<Link>& link,
                     absl::StatusOr<std::string> result) {
    const std::lock_guard<std::mutex> lock(link->mutex_);
    if (link->executor_ == nullptr) return;
    link->executor_->Post([link, result = std::move(result)]() mutable {
      if (link->CallerLeft()) return;
      std::exchange(link->done_, nullptr)(std::move(result));
    });
  }

  // Of the caller, on its executor.
  void Leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    executor_ = nullptr;
  }

 private:
  std::mutex mutex_;
  runtime::Executor* executor_;
  Done done_;
};

class WorkerPool::Handle final : public Transformers::Run {
 public:
  explicit Handle(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  ~Handle() override { link_->Leave(); }

 private:
  const std::shared_ptr<Link> link_;
};

struct WorkerPool::Job {
  std::string input;
  std::shared_ptr<Link> link;
  runtime::Instant since;

  size_t bytes() const { return input.size() + kJobBytes; }
};

// The jobs of one transformer.
struct WorkerPool::Lane {
  std::deque<Job> waiting;
  size_t waiting_bytes = 0;
  int running = 0;
};

absl::StatusOr<std::unique_ptr<WorkerPool>> WorkerPool::Start(
    std::vector<config::Transformer> transformers, const runtime::Clock& clock,
    observability::Log& log, WorkerPoolOptions options) {
  const int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) return absl::ErrnoToStatus(errno, "no worker: eventfd");
  if (transformers.empty()) options.workers = 0;
  std::unique_ptr<WorkerPool> pool(new WorkerPool(
      std::move(transformers), clock, log, std::move(options), stop_fd));
  std::unique_ptr<WorkerProcess> first;
  if (pool->options_.workers > 0) {
    auto started = pool->NewWorker();
    if (!started.ok()) return started.status();
    first = *std::move(started);
  }
  for (int i = 0; i < pool->options_.workers; ++i) {
    pool->threads_.emplace_back(&WorkerPool::Serve, pool.get(),
                                std::move(first));
  }
  return pool;
}

WorkerPool::WorkerPool(std::vector<config::Transformer> transformers,
                       const runtime::Clock& clock, observability::Log& log,
                       WorkerPoolOptions options, int stop_fd)
    : transformers_(std::move(transformers)),
      clock_(clock),
      log_(log),
      options_(std::move(options)),
      stop_fd_(stop_fd),
      lanes_(transformers_.size()) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof(one));
  for (std::thread& thread : threads_) thread.join();
  close(stop_fd_);
}

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerPool::NewWorker() const {
  return WorkerProcess::Start(options_.executable, transformers_, stop_fd_,
                              clock_);
}

std::unique_ptr<Transformers::Run> WorkerPool::Start(
    std::string_view name, std::string input, runtime::Executor& executor,
    Done done) {
  auto link = std::make_shared<Link>(executor, std::move(done));
  absl::Status status = Enqueue(name, {std::move(input), link, clock_.Now()});
  if (!status.ok()) Link::Finish(link, std::move(status));
  return std::make_unique<Handle>(std::move(link));
}

absl::Status WorkerPool::Enqueue(std::string_view name, Job job) {
  const auto found = std::find_if(
      transformers_.begin(), transformers_.end(),
      [&](const config::Transformer& each) { return each.name == name; });
  if (found == transformers_.end()) {
    return absl::NotFoundError("no transformer of this name is configured");
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Lane& lane = lanes_[static_cast<size_t>(found - transformers_.begin())];
    if (lane.waiting_bytes + job.bytes() > kMaxWaitingBytes) {
      return Busy(found->name);
    }
    lane.waiting_bytes += job.bytes();
    lane.waiting.push_back(std::move(job));
  }
  changed_.notify_one();
  return absl::OkStatus();
}

void WorkerPool::Serve(std::unique_ptr<WorkerProcess> worker) {
  std::optional<size_t> lane;
  for (int runs = 0;; ++runs) {
    if (worker == nullptr || worker->Ended() ||
        runs == options_.runs_per_worker) {
      worker = StartWorker();
      runs = 0;
    }
    // Not before its worker is replaced: else a transformer that runs away
    // would have the other one meanwhile.
    if (lane) Release(*lane);
    Job job;
    lane = Take(job);
    if (!lane) return;
    Link::Finish(job.link, RunJob(job, *lane, worker));
  }
}

std::unique_ptr<WorkerProcess> WorkerPool::StartWorker() {
  auto worker = NewWorker();
  if (worker.ok()) return *std::move(worker);
  if (!absl::IsCancelled(worker.status())) {
    const absl::string_view why = worker.status().message();
    log_.Error("no worker for transformers", {{"error", why}});
  }
  return nullptr;
}

absl::StatusOr<std::string> WorkerPool::RunJob(
    const Job& job, size_t lane, std::unique_ptr<WorkerProcess>& worker) {
  const std::string& name = transformers_[lane].name;
  if (job.link->CallerLeft()) return absl::CancelledError();
  if (clock_.Now() - job.since > kMaxWait) return Busy(name);
  if (worker == nullptr || worker->Ended()) worker = StartWorker();
  if (worker == nullptr) {
    return absl::UnavailableError(
        "no worker for transformers could be started");
  }
  absl::StatusOr<std::string> result = worker->Run(lane, job.input);
  if (worker->Ended() && !absl::IsCancelled(result.status())) {
    log_.Warn("transformer stopped",
              {{"transformer", name}, {"why", result.status().message()}});
  }
  return result;
}

std::optional<size_t> WorkerPool::Take(Job& job) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_ && !PickLane()) changed_.wait(lock);
  if (stopping_) return std::nullopt;
  Lane& lane = lanes_[turn_];
  job = std::move(lane.waiting.front());
  lane.waiting.pop_front();
  lane.waiting_bytes -= job.bytes();
  ++lane.running;
  return turn_;
}

bool WorkerPool::PickLane() {
  const int most = std::max(1, options_.workers - 1);
  for (size_t i = 0; i < lanes_.size(); ++i) {
    turn_ = (turn_ + 1) % lanes_.size();
    const Lane& lane = lanes_[turn_];
    if (!lane.waiting.empty() && lane.running < most) return true;
  }
  return false;
}

void WorkerPool::Release(size_t lane) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    --lanes_[lane].running;
  }
  // This thread may find another job first than the one that may run now.
  changed_.notify_one();
}

}  // namespace klarna::transform
