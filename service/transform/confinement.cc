// SPDX-License-Identifier: Apache-2.0
#include "service/transform/confinement.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/string_view.h"

namespace klarna::transform {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "say here what seccomp calls this architecture"
#endif

constexpr uint32_t kAllowed[] = {
    SYS_read,
    SYS_write,
    SYS_sendto,
    SYS_recvfrom,
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_ppoll,
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_futex,
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_gettimeofday,
    SYS_setitimer,
    SYS_restart_syscall,  // poll, after the process was stopped
    SYS_exit,
    SYS_exit_group,
    // abort()
    SYS_rt_sigprocmask,
    SYS_rt_sigaction,
    SYS_rt_sigreturn,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
};

absl::Status Refused(absl::string_view what) {
  return absl::InternalError(
      std::string(absl::ErrnoToStatus(errno, what).message()));
}

// Bytes of address space that the process has now.
int64_t AddressSpace() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  long long pages = -1;
  if (file != nullptr) {
    if (std::fscanf(file, "%lld", &pages) != 1) pages = -1;
    std::fclose(file);
  }
  return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

absl::Status Limit(__rlimit_resource resource, int64_t value,
                   absl::string_view what) {
  const rlimit limit = {static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  return setrlimit(resource, &limit) == 0 ? absl::OkStatus() : Refused(what);
}

// Sanitizers map terabytes and open pipes to look at memory.
absl::Status SetLimitsThatSanitizersBreak() {
  const int64_t used = AddressSpace();
  if (used < 0) return Refused("read /proc/self/statm");
  absl::Status status =
      Limit(RLIMIT_AS, used + kWorkerMemoryBytes, "limit the memory");
  if (!status.ok()) return status;
  // What is open stays open; poll takes no more descriptors than the limit.
  return Limit(RLIMIT_NOFILE, 3, "limit the descriptors");
}

absl::Status SetLimits() {
  if (!kSanitized) {
    absl::Status status = SetLimitsThatSanitizersBreak();
    if (!status.ok()) return status;
  }
  for (const auto& [resource, value, what] :
       {std::tuple(RLIMIT_FSIZE, 0, "limit the size of files"),
        std::tuple(RLIMIT_CORE, 0, "limit core dumps")}) {
    absl::Status status = Limit(resource, value, what);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status FilterSystemCalls() {
  if (kSanitized) return absl::OkStatus();
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const uint32_t call : kAllowed) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog program = {static_cast<unsigned short>(filter.size()),
                              filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Refused("give up new privileges");
  }
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    return Refused("filter system calls (seccomp)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ConfineThisProcess() {
  // Nobody else may look at what callers send.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Refused("become undumpable");
  }
  if (absl::Status status = SetLimits(); !status.ok()) return status;
  return FilterSystemCalls();
}

ProcessorTimeLimit::ProcessorTimeLimit() {
  const itimerval timer = {.it_interval = {},
                           .it_value = absl::ToTimeval(kRunProcessorTime)};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

ProcessorTimeLimit::~ProcessorTimeLimit() {
  const itimerval off = {};
  setitimer(ITIMER_PROF, &off, nullptr);
}

}  // namespace klarna::transform
