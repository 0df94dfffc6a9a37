// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/faults/lane.h"

namespace klarna::faults {

// Lanes, and the files with which a gateway reaches them: an account `lane-N`
// for each, and one of the same merchant, `nowhere-N`, that leads nowhere; with
// several merchants, `lane-N-M` and `nowhere-N-M`.
// Attempts have a second. The secrets are in Environment().
class Lanes {
 public:
  // `settings` go into each account.
  explicit Lanes(int count, const std::string& settings = "",
                 int merchants = 1);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  Lane& operator[](int number) { return *lanes_[static_cast<size_t>(number)]; }
  int count() const { return static_cast<int>(lanes_.size()); }

  const std::string& config_file() const { return config_file_; }
  static std::vector<std::string> Environment();

 private:
  std::string Configuration(const std::string& settings, int merchants) const;

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::string ca_file_;
  std::string config_file_;
};

}  // namespace klarna::faults
