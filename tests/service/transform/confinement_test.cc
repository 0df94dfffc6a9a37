// SPDX-License-Identifier: Apache-2.0
#include "service/transform/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace klarna::transform {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct Attempt {
  const char* name;
  bool (*succeeds)();
};

bool MapsTooMuch() {
  return mmap(nullptr, size_t{kWorkerMemoryBytes} + (1 << 20),
              PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
              0) != MAP_FAILED;
}

bool TakesItsLimitOff() {
  const rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  return setrlimit(RLIMIT_AS, &none) == 0;
}

// What a program that broke out of jq would try.
const Attempt kAttempts[] = {
    {"OpenAFile", [] { return open("/dev/null", O_RDONLY) >= 0; }},
    {"WriteAFile",
     [] { return open("/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0; }},
    {"LookAtAFile",
     [] {
       struct stat found = {};
       return stat("/etc/passwd", &found) == 0;
     }},
    {"OpenASocket", [] { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }},
    {"StartAProcess", [] { return fork() >= 0; }},
    {"BecomeAnotherProgram",
     [] {
       char* const none[] = {nullptr};
       return execve("/bin/true", none, none) == 0;
     }},
    {"SignalItsParent", [] { return kill(getppid(), 0) == 0; }},
    {"TakeTooMuchMemory", &MapsTooMuch},
    {"TakeItsLimitOff", &TakesItsLimitOff},
};

class ConfinementTest : public ::testing::TestWithParam<Attempt> {};

TEST_P(ConfinementTest, IsOutOfReach) {
  if (kSanitized) GTEST_SKIP() << "sanitizers need the system";
  EXPECT_EXIT(
      {
        if (!ConfineThisProcess().ok()) _exit(2);
        _exit(GetParam().succeeds() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(Attempts, ConfinementTest,
                         ::testing::ValuesIn(kAttempts),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace klarna::transform
