// SPDX-License-Identifier: Apache-2.0
#include "tests/service/transform/inline_transformers.h"

#include <utility>

#include "service/transform/program.h"

namespace klarna::testing {
namespace {

class Handle final : public transform::Transformers::Run {
 public:
  explicit Handle(std::shared_ptr<bool> left) : left_(std::move(left)) {}
  ~Handle() override { *left_ = true; }

 private:
  const std::shared_ptr<bool> left_;
};

}  // namespace

absl::StatusOr<std::string> InlineTransformers::RunNow(
    std::string_view name, std::string_view input) const {
  if (!failure_.ok()) return failure_;
  for (const config::Transformer& transformer : transformers_) {
    if (transformer.name != name) continue;
    auto program = transform::Program::Compile(transformer.program);
    return program.ok() ? program->Run(input) : program.status();
  }
  return absl::NotFoundError("no transformer of this name");
}

std::unique_ptr<transform::Transformers::Run> InlineTransformers::Start(
    std::string_view name, std::string input, runtime::Executor& executor,
    Done done) {
  absl::StatusOr<std::string> result = RunNow(name, input);
  inputs_.push_back(std::move(input));
  auto left = std::make_shared<bool>(false);
  executor.Post(
      [left, done = std::move(done), result = std::move(result)]() mutable {
        if (!*left) done(std::move(result));
      });
  return std::make_unique<Handle>(left);
}

}  // namespace klarna::testing
