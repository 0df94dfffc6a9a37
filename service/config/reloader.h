// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/auth/file_reader.h"
#include "service/config/load_config.h"
#include "service/config/watched_files.h"
#include "service/observability/log.h"
#include "service/runtime/executor.h"
#include "service/runtime/task.h"

namespace klarna::config {

// Loads the configuration, and again whenever one of its files changes: the
// file itself or that of a secret.
//
//   Reloader reloader(executor, files, load, log);
//   absl::Status status = reloader.LoadFirst();
//   Serve(reloader.current());
//   reloader.Start([](const Config& changed) { ... });
//
// Every kInterval the files are read. A change that is still the same after the
// next interval, so that no half-written file is taken, is loaded and handed to
// `use`, credentials that did not change being those of before. What cannot be
// loaded is an error in the log, once, and changes nothing. Polling sees what
// no watch of the system would: links swapped on the way to a file, and network
// file systems. Once it has started it belongs to its executor.
class Reloader {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);

  using Load =
      std::function<absl::StatusOr<LoadedConfig>(const auth::FileReader&)>;
  using Use = std::function<void(const Config&)>;

  // `executor`, `files` and `log` must outlive it.
  Reloader(runtime::Executor& executor, const auth::FileReader& files,
           Load load, observability::Log& log);

  absl::Status LoadFirst();

  // Begins to watch. LoadFirst has succeeded.
  void Start(Use use);

  // Loads at once, changed or not.
  void Reload();

  // What is in force.
  const Config& current() const { return current_; }

 private:
  void Poll();
  void WarnOfRestart(const LoadedConfig& loaded) const;

  runtime::Executor& executor_;
  WatchedFiles files_;
  const Load load_;
  observability::Log& log_;
  Use use_;
  std::shared_ptr<const google::protobuf::Message> first_;  // Its settings.
  Config current_;
  // What was found changed at the last poll.
  std::optional<WatchedFiles::Contents> settling_;
  std::optional<runtime::ScopedTimer> timer_;
};

}  // namespace klarna::config
