// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/key_store.h"

namespace klarna::sandbox {

const Answer* KeyStore::Find(absl::string_view key, absl::Time now) {
  while (!oldest_first_.empty() &&
         now >= oldest_first_.front().first + kLifetime) {
    answers_.erase(oldest_first_.front().second);
    oldest_first_.pop_front();
  }
  const auto it = answers_.find(key);
  return it == answers_.end() ? nullptr : &it->second.answer;
}

void KeyStore::Keep(const std::string& key, Answer answer, absl::Time now,
                    absl::Time done) {
  if (answers_.try_emplace(key, Kept{std::move(answer), done}).second) {
    oldest_first_.emplace_back(now, key);
  }
}

bool KeyStore::UnderWay(absl::string_view key, absl::Time now) const {
  const auto it = answers_.find(key);
  return it != answers_.end() && now < it->second.done;
}

}  // namespace klarna::sandbox
