// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/message.h"

namespace klarna::sandbox {

// What Klarna does with Klarna-Idempotency-Key, exactly as published: within 24
// hours only the key counts, whatever the body, and the first answer is given
// again. Not thread-safe.
class KeyStore {
 public:
  // The answer that was first given under the key, or null.
  const Answer* Find(absl::string_view key, absl::Time now);

  // `done` is when the client has the answer.
  void Keep(const std::string& key, Answer answer, absl::Time now,
            absl::Time done);

  // Whether the first request with the key has no answer yet.
  bool UnderWay(absl::string_view key, absl::Time now) const;

  static constexpr absl::Duration kLifetime = absl::Hours(24);

 private:
  struct Kept {
    Answer answer;
    absl::Time done;
  };

  absl::flat_hash_map<std::string, Kept> answers_;
  std::deque<std::pair<absl::Time, std::string>> oldest_first_;
};

}  // namespace klarna::sandbox
