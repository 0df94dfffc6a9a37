// SPDX-License-Identifier: Apache-2.0
#include "service/transform/try_out.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/transform/worker_process.h"

namespace klarna::transform {
namespace {

absl::Status NotFound(const std::vector<config::Transformer>& transformers) {
  if (transformers.empty()) {
    return absl::NotFoundError("the configuration has no transformers");
  }
  const auto name = [](std::string* out, const config::Transformer& each) {
    out->append(each.name);
  };
  return absl::NotFoundError(
      absl::StrCat("no transformer of this name; there are ",
                   absl::StrJoin(transformers, ", ", name)));
}

}  // namespace

absl::StatusOr<std::string> TryOut(
    const std::vector<config::Transformer>& transformers, std::string_view name,
    std::string_view input, const runtime::Clock& clock) {
  for (const config::Transformer& transformer : transformers) {
    if (transformer.name != name) continue;
    auto worker = WorkerProcess::Start("/proc/self/exe", {transformer},
                                       /*stop_fd=*/-1, clock);
    if (!worker.ok()) return worker.status();
    absl::StatusOr<std::string> result = (*worker)->Run(0, input);
    if (result.ok()) return result;
    return absl::Status(result.status().code(),
                        absl::StrCat("transformer ", transformer.name, ": ",
                                     result.status().message()));
  }
  return NotFound(transformers);
}

}  // namespace klarna::transform
