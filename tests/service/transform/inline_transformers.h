// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/config/config.h"
#include "service/transform/transformers.h"

namespace klarna::testing {

// Runs transformers within the executor that asks, without a process and
// without bounds.
class InlineTransformers final : public transform::Transformers {
 public:
  explicit InlineTransformers(std::vector<config::Transformer> transformers)
      : transformers_(std::move(transformers)) {}

  std::unique_ptr<Run> Start(std::string_view name, std::string input,
                             runtime::Executor& executor, Done done) override;

  // From now on every run ends so.
  void FailWith(absl::Status status) { failure_ = std::move(status); }

  // Documents that were to be rewritten, in order.
  const std::vector<std::string>& inputs() const { return inputs_; }

 private:
  absl::StatusOr<std::string> RunNow(std::string_view name,
                                     std::string_view input) const;

  const std::vector<config::Transformer> transformers_;
  absl::Status failure_;
  std::vector<std::string> inputs_;
};

}  // namespace klarna::testing
