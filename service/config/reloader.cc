// SPDX-License-Identifier: Apache-2.0
#include "service/config/reloader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "service/config/setting_facts.h"

namespace klarna::config {

Reloader::Reloader(runtime::Executor& executor, const auth::FileReader& files,
                   Load load, observability::Log& log)
    : executor_(executor), files_(files), load_(std::move(load)), log_(log) {}

absl::Status Reloader::LoadFirst() {
  absl::StatusOr<LoadedConfig> loaded = load_(files_);
  if (!loaded.ok()) return loaded.status();
  first_ = loaded->settings;
  current_ = std::move(loaded->config);
  return absl::OkStatus();
}

void Reloader::Start(Use use) {
  use_ = std::move(use);
  timer_.emplace(executor_, kInterval, [this] { Poll(); });
}

void Reloader::Poll() {
  WatchedFiles::Contents now = files_.Look();
  if (now == files_.seen()) {
    settling_.reset();
  } else if (settling_ != now) {
    settling_ = std::move(now);
  } else {
    Reload();
  }
  timer_.emplace(executor_, kInterval, [this] { Poll(); });
}

void Reloader::Reload() {
  settling_.reset();
  files_.Clear();
  absl::StatusOr<LoadedConfig> loaded = load_(files_);
  if (!loaded.ok()) {
    const absl::string_view problems = loaded.status().message();
    const absl::string_view first = problems.substr(0, problems.find('\n'));
    log_.Error(
        "configuration refused; the one before stays in force",
        {{"problem", first},
         {"problems", 1 + std::count(problems.begin(), problems.end(), '\n')}});
    return;
  }
  KeepCredentials(current_, loaded->config);
  current_ = std::move(loaded->config);
  use_(current_);
  log_.Info("configuration reloaded",
            {{"accounts", current_.accounts.size()},
             {"default_account", current_.default_account_name}});
  WarnOfRestart(*loaded);
}

void Reloader::WarnOfRestart(const LoadedConfig& loaded) const {
  const std::vector<std::string> keys =
      ChangedButFixed(*first_, *loaded.settings);
  if (keys.empty()) return;
  log_.Warn("changed settings need a restart",
            {{"settings", absl::StrJoin(keys, ", ")}});
}

}  // namespace klarna::config
