// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/child_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern char** environ;

namespace klarna::testing {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::vector<std::string>& environment) {
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDERR_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_fds[0]);
  posix_spawn_file_actions_addclose(&actions, pipe_fds[1]);
  std::vector<std::string> full_environment = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    full_environment.emplace_back(*entry);
  }
  const int error =
      posix_spawn(&pid_, command[0].c_str(), &actions, nullptr,
                  Pointers(command).data(), Pointers(full_environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_fds[1]);
  output_ = pipe_fds[0];
  if (error != 0) {
    std::fprintf(stderr, "cannot start %s\n", command[0].c_str());
    std::abort();
  }
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) Stop(SIGKILL);
  close(output_);
}

std::string ChildProcess::WaitForLine(const std::string& text) {
  for (;;) {
    for (size_t end; (end = buffer_.find('\n')) != std::string::npos;) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.find(text) != std::string::npos) return line;
    }
    char chunk[4096];
    const ssize_t size = read(output_, chunk, sizeof chunk);
    if (size <= 0) return {};
    buffer_.append(chunk, static_cast<size_t>(size));
  }
}

void ChildProcess::Signal(int signal) const { kill(pid_, signal); }

int ChildProcess::Stop(int signal) {
  Signal(signal);
  return WaitForEnd();
}

int ChildProcess::WaitForEnd() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace klarna::testing
