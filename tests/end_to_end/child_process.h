// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace klarna::testing {

// A program of the build that runs beside the test, its standard output and
// error in one stream. Killed by the destructor.
class ChildProcess {
 public:
  // Aborts the test when the program cannot be started. `environment` entries
  // are "NAME=value".
  ChildProcess(const std::vector<std::string>& command,
               const std::vector<std::string>& environment = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Reads the output until a line holds `text`, and returns that line. Empty
  // when the output ends before.
  std::string WaitForLine(const std::string& text);

  void Signal(int signal) const;

  // Waits for the end. The exit code, or minus the signal that ended it.
  int WaitForEnd();

  // Both.
  int Stop(int signal);

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace klarna::testing
