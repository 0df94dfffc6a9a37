// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace klarna::fuzz {

// Changes the inputs of a corpus: of a seed, always the same ones.
//
//   Mutator mutator({"payments.create_order\n%%\n{}"}, 1);
//   std::string input = mutator.Next();
class Mutator {
 public:
  // `corpus` is not empty and outlives it.
  Mutator(const std::vector<std::string>& corpus, uint64_t seed)
      : corpus_(corpus), random_(seed) {}

  // An input after one to eight changes, at most kMaxBytes long.
  static constexpr size_t kMaxBytes = 16 << 10;
  std::string Next();

 private:
  size_t Below(size_t n) { return static_cast<size_t>(random_() % n); }
  const std::string& Any() { return corpus_[Below(corpus_.size())]; }

  void Change(std::string& input);
  // A stretch of some input.
  std::string Stretch(const std::string& input);

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

}  // namespace klarna::fuzz
