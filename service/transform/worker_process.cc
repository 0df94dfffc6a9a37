// SPDX-License-Identifier: Apache-2.0
#include "service/transform/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/transform/confinement.h"
#include "service/transform/worker.h"

namespace klarna::transform {
namespace {

absl::Status SystemError(int error, absl::string_view what) {
  return absl::UnavailableError(
      absl::ErrnoToStatus(error,
                          absl::StrCat("a worker for transformers: ", what))
          .message());
}

// What a worker begins with: the socket as its standard input, nothing else
// open, no signal blocked, a process group of its own so that Ctrl-C at a
// terminal leaves it to the gateway.
class SpawnSettings {
 public:
  explicit SpawnSettings(int socket) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
    for (const int out : {STDOUT_FILENO, STDERR_FILENO}) {
      posix_spawn_file_actions_addopen(&actions_, out, "/dev/null", O_WRONLY,
                                       0);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  int Spawn(const std::string& executable, pid_t& pid) const {
    std::string name = "klarna-gateway";
    std::string argument = kWorkerArgument;
    char* const arguments[] = {name.data(), argument.data(), nullptr};
    char* const environment[] = {nullptr};
    return posix_spawn(&pid, executable.c_str(), &actions_, &attributes_,
                       arguments, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// What became of a worker, by its program's doing or by somebody else's.
absl::Status StatusOfEnd(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    switch (const int signal = WTERMSIG(wait_status); signal) {
      case SIGPROF:
        return absl::InvalidArgumentError(absl::StrCat(
            "took more than ", absl::FormatDuration(kRunProcessorTime),
            " of processor time and was stopped"));
      case SIGKILL:
        return absl::UnavailableError("the worker was killed");
      default:
        return absl::InvalidArgumentError(
            absl::StrCat("crashed (signal ", signal, ")"));
    }
  }
  if (WEXITSTATUS(wait_status) == kOutOfMemoryExit) {
    return absl::InvalidArgumentError(
        absl::StrCat("needed more than ", kWorkerMemoryBytes >> 20,
                     " MiB of memory and was stopped"));
  }
  return absl::UnavailableError(absl::StrCat("the worker ended (exit code ",
                                             WEXITSTATUS(wait_status), ")"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(
    const std::string& executable,
    const std::vector<config::Transformer>& transformers, int stop_fd,
    const runtime::Clock& clock) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError(errno, "socketpair");
  }
  pid_t pid = -1;
  const int error = SpawnSettings(ends[1]).Spawn(executable, pid);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return SystemError(error, absl::StrCat("start ", executable));
  }
  std::unique_ptr<WorkerProcess> worker(
      new WorkerProcess(ends[0], pid, stop_fd, clock));
  for (const config::Transformer& transformer : transformers) {
    absl::StatusOr<std::string> compiled =
        worker->Ask(Frame::Kind::kProgram, transformer.program);
    if (!compiled.ok()) {
      return absl::Status(compiled.status().code(),
                          absl::StrCat("transformer ", transformer.name, ": ",
                                       compiled.status().message()));
    }
  }
  return worker;
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) Bury(absl::OkStatus()).IgnoreError();
  close(fd_);
}

bool WorkerProcess::Ended() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

absl::StatusOr<std::string> WorkerProcess::Run(size_t transformer,
                                               std::string_view input) {
  std::string text = absl::StrCat(transformer, " ");
  text.append(input);
  if (text.size() > FrameSocket::kMaxText) {
    return absl::InvalidArgumentError("the call has more than 4 MiB");
  }
  return Ask(Frame::Kind::kInput, text);
}

absl::StatusOr<std::string> WorkerProcess::Ask(Frame::Kind kind,
                                               std::string_view text) {
  if (pid_ < 0) return absl::UnavailableError("the worker is dead");
  const runtime::Instant deadline = clock_.Now() + kPatience;
  if (absl::Status status = socket_.Write(kind, text, deadline); !status.ok()) {
    return Bury(status);
  }
  absl::StatusOr<Frame> answer = socket_.Read(deadline);
  if (!answer.ok()) return Bury(answer.status());
  switch (answer->kind) {
    case Frame::Kind::kResult:
      return std::move(answer->text);
    case Frame::Kind::kFailure:
      return absl::InvalidArgumentError(answer->text);
    default:
      Bury(absl::OkStatus()).IgnoreError();
      return absl::UnavailableError(
          absl::StrCat("the worker could not ", answer->text));
  }
}

absl::Status WorkerProcess::Bury(const absl::Status& why) {
  kill(pid_, SIGKILL);  // Of no effect on one that is ending already.
  int wait_status = 0;
  while (waitpid(pid_, &wait_status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (absl::IsCancelled(why)) return why;
  if (absl::IsDeadlineExceeded(why)) {
    return absl::InvalidArgumentError(
        absl::StrCat("did not end within ", absl::FormatDuration(kPatience),
                     " and was stopped"));
  }
  return StatusOfEnd(wait_status);
}

}  // namespace klarna::transform
