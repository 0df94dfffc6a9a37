// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/lanes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/testing/test_certificate.h"

namespace klarna::faults {
namespace {

// The address is refused, as a name without an allowed address would be.
constexpr char kNowhere[] = "https://192.168.0.1";

std::string Account(const std::string& name, const std::string& merchant,
                    const std::string& url, const std::string& settings) {
  return absl::StrCat(
      "  - name: ", name, "\n    merchant_key: ", merchant,
      "\n    base_uri: ", url,
      "\n    credentials: {basic: {user: sandbox, password: {env: SECRET}}}"
      "\n    timeouts: {total: 1s}"
      "\n    domains: {shipping_service_callback: {credentials: "
      "{shipping_digest: {identifier: sandbox, key: {env: KEY}}}}}\n",
      settings);
}

}  // namespace

Lanes::Lanes(int count, const std::string& settings, int merchants) {
  const auto certificate = testing::MakeTestCertificate("IP:127.0.0.1");
  const auto other = testing::MakeTestCertificate("IP:127.0.0.1");
  for (int i = 0; i < count; ++i) {
    lanes_.push_back(std::make_unique<Lane>(certificate, other));
  }
  const std::string prefix =
      absl::StrCat(::testing::TempDir(), "/lanes-", getpid());
  ca_file_ = prefix + ".pem";
  config_file_ = prefix + ".yaml";
  std::ofstream(ca_file_) << certificate.certificate;
  std::ofstream(config_file_) << Configuration(settings, merchants);
}

Lanes::~Lanes() {
  unlink(ca_file_.c_str());
  unlink(config_file_.c_str());
}

std::vector<std::string> Lanes::Environment() {
  return {"SECRET=sandbox", "KEY=sandbox-key",
          "TOKENS=0123456789abcdef0123456789abcdef"};
}

std::string Lanes::Configuration(const std::string& settings,
                                 int merchants) const {
  std::string text = "accounts:\n";
  for (size_t i = 0; i < lanes_.size(); ++i) {
    for (int m = 0; m < merchants; ++m) {
      const std::string number =
          merchants == 1 ? absl::StrCat(i) : absl::StrCat(i, "-", m);
      const std::string lane = absl::StrCat("lane-", number);
      text += Account(lane, lane, lanes_[i]->url(), settings);
      text +=
          Account(absl::StrCat("nowhere-", number), lane, kNowhere, settings);
    }
  }
  return absl::StrCat(text, "ca_file: ", ca_file_, "\ndefault_account: ",
                      merchants == 1 ? "lane-0" : "lane-0-0",
                      ""
                      "\nresume_tokens: {secrets: [{env: TOKENS}]}"
                      "\nlimits: {read_backoff: 1ms, read_backoff_max: 2ms}"
                      "\ndrain_wait: 0s\n");
}

}  // namespace klarna::faults
