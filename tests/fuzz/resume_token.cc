// SPDX-License-Identifier: Apache-2.0
//
// What a list is, a token, and how another token is changed: lines of a
// position and what is put there. No token is taken but the one that was made,
// for the list that it was made for.
#include "service/gateway/resume_token.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/testing/manual_executor.h"

namespace klarna::fuzz {
namespace {

std::string Changed(std::string token, std::string_view changes) {
  while (!changes.empty()) {
    const std::string_view line = TakeLine(changes);
    size_t at = 0;
    const size_t blank = line.find(' ');
    if (!absl::SimpleAtoi(
            absl::string_view(line.data(), line.size()).substr(0, blank),
            &at) ||
        blank == line.npos) {
      continue;
    }
    at %= token.size() + 1;
    token.replace(at, line.size() - blank - 1, line.substr(blank + 1));
  }
  return token;
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const testing::ManualClock clock;
  const gateway::ResumeTokens tokens(
      {auth::Secret("a secret of thirty-two characters")}, absl::Hours(24),
      clock);
  fuzz::Require(!tokens.Read(input[1], input[0]).ok(), "a forged token");
  const gateway::Position position{.offset = static_cast<int64_t>(size),
                                   .cursor = std::string(input[1]),
                                   .skip = 7,
                                   .delivered = 9};
  const std::string token = tokens.Make(position, input[0]);
  const auto read = tokens.Read(token, input[0]);
  fuzz::Require(read.ok() && *read == position, "a token is not read back");
  fuzz::Require(!tokens.Read(token, std::string(input[0]) + "x").ok(),
                "a token of another list");
  const std::string changed = fuzz::Changed(token, input[2]);
  fuzz::Require(changed == token || !tokens.Read(changed, input[0]).ok(),
                "a changed token");
  return 0;
}
