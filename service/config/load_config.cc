// SPDX-License-Identifier: Apache-2.0
#include "service/config/load_config.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "klarna/gateway/config/v1/config.pb.h"
#include "service/config/account_builder.h"
#include "service/config/problem_report.h"
#include "service/config/secret_loader.h"
#include "service/config/settings_range.h"
#include "service/config/yaml_document.h"
#include "service/config/yaml_reader.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

using observability::Level;

constexpr size_t kMinTokenSecretBytes = 32;
constexpr IntegerRange kEventLoops{0, 64};
constexpr IntegerRange kPageBudget{int64_t{1} << 20, int64_t{64} << 30};
constexpr IntegerRange kPrefetchPages{0, 8};
constexpr IntegerRange kBatchBytes{1 << 10, 1 << 20};
constexpr IntegerRange kReadAttempts{1, 10};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// host:port with an IPv6 address in brackets, or unix:/path.
bool IsListenAddress(std::string_view address) {
  if (address.starts_with("unix:")) {
    return address.substr(5).starts_with('/') && address.size() > 6;
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (host.find(':') != std::string_view::npos && !bracketed) return false;
  uint16_t number = 0;
  const char* end = port.data() + port.size();
  const auto result = std::from_chars(port.data(), end, number);
  return result.ec == std::errc() && result.ptr == end &&
         host.find_first_of(" \t\r\n/") == std::string_view::npos;
}

int HalfOfProcessors() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
}

Level LevelOf(v1::LogLevel level) {
  switch (level) {
    case v1::LOG_LEVEL_DEBUG:
      return Level::kDebug;
    case v1::LOG_LEVEL_WARN:
      return Level::kWarn;
    case v1::LOG_LEVEL_ERROR:
      return Level::kError;
    default:
      return Level::kInfo;
  }
}

// Checks the settings one after the other. The key of a setting in a problem is
// its path in the file.
class Builder {
 public:
  Builder(SecretLoader& secrets, ProblemReport& report)
      : secrets_(secrets), report_(report) {}

  Config Build(const v1::Config& settings) {
    Config config;
    BuildServer(settings, config);
    BuildAccounts(settings, config);
    BuildDefaultAccount(settings, config);
    BuildResumeTokens(settings.resume_tokens(), config.resume_tokens);
    BuildPaging(settings.limits(), config.limits);
    BuildRetries(settings.limits(), config.limits);
    return config;
  }

 private:
  void BuildServer(const v1::Config& settings, Config& config) {
    if (settings.has_listen()) {
      config.listen = settings.listen();
      if (!IsListenAddress(config.listen)) {
        report_.Add(
            "listen",
            "expected host:port, such as 127.0.0.1:50051, or unix:/path");
      }
    }
    config.event_loops = static_cast<int>(
        IntegerIn(kEventLoops, settings.event_loops(), "event_loops", report_));
    if (config.event_loops == 0) config.event_loops = HalfOfProcessors();
    if (settings.has_ca_file()) {
      config.ca_file = secrets_.Resolve(settings.ca_file());
    }
    if (settings.has_reflection()) config.reflection = settings.reflection();
    config.log_level = LevelOf(settings.log().level());
    Replace(config.drain_wait, settings.has_drain_wait(), settings.drain_wait(),
            {absl::ZeroDuration(), absl::Minutes(1)}, "drain_wait");
  }

  void BuildAccounts(const v1::Config& settings, Config& config) {
    if (settings.accounts().empty()) {
      report_.Add("accounts", "needs at least one account");
    }
    std::map<std::string, std::string> first;  // Key by name.
    for (int i = 0; i < settings.accounts_size(); ++i) {
      const std::string key = absl::StrCat("accounts[", i, "]");
      Account account =
          BuildAccount(settings.accounts(i), key, secrets_, report_);
      const auto [same, is_new] = first.emplace(account.name, key);
      if (!is_new && !account.name.empty()) {
        report_.Add(key + ".name",
                    absl::StrCat("is the name of ", same->second,
                                 ", too; give each account its own"));
      }
      config.accounts.push_back(std::move(account));
    }
  }

  void BuildDefaultAccount(const v1::Config& settings, Config& config) {
    config.default_account_name = settings.default_account();
    if (!settings.has_default_account() && config.accounts.size() == 1) {
      config.default_account_name = config.accounts[0].name;
    }
    if (config.accounts.empty() ||
        config.FindAccount(config.default_account_name) != nullptr) {
      return;
    }
    const auto name = [](std::string* out, const Account& account) {
      out->append(account.name);
    };
    report_.Add("default_account",
                absl::StrCat("expected the name of an account, one of ",
                             absl::StrJoin(config.accounts, ", ", name)));
  }

  void BuildResumeTokens(const v1::ResumeTokens& settings,
                         ResumeTokens& tokens) {
    if (settings.secrets().empty()) {
      report_.Add("resume_tokens.secrets",
                  "needs at least one secret, the same on every replica; make "
                  "one by `openssl rand -hex 32`");
    }
    for (int i = 0; i < settings.secrets_size(); ++i) {
      const std::string key = absl::StrCat("resume_tokens.secrets[", i, "]");
      auth::Secret secret = secrets_.Load(settings.secrets(i), key);
      if (!secret.empty() && secret.Reveal().size() < kMinTokenSecretBytes) {
        report_.Add(key, absl::StrCat("shorter than ", kMinTokenSecretBytes,
                                      " bytes; make one by `openssl rand -hex "
                                      "32`"));
      }
      tokens.secrets.push_back(std::move(secret));
    }
    Replace(tokens.lifetime, settings.has_lifetime(), settings.lifetime(),
            {absl::Minutes(1), absl::Hours(720)}, "resume_tokens.lifetime");
  }

  void BuildPaging(const v1::Limits& settings, Limits& limits) {
    Replace(limits.page_budget_bytes, settings.has_page_budget_bytes(),
            settings.page_budget_bytes(), kPageBudget,
            "limits.page_budget_bytes");
    Replace(limits.prefetch_pages, settings.has_prefetch_pages(),
            settings.prefetch_pages(), kPrefetchPages, "limits.prefetch_pages");
    Replace(limits.batch_bytes, settings.has_batch_bytes(),
            settings.batch_bytes(), kBatchBytes, "limits.batch_bytes");
    Replace(limits.stall_give_up, settings.has_stall_give_up(),
            settings.stall_give_up(), {absl::Milliseconds(100), absl::Hours(1)},
            "limits.stall_give_up");
    Replace(limits.stall_end, settings.has_stall_end(), settings.stall_end(),
            {absl::Seconds(1), absl::Hours(24)}, "limits.stall_end");
    if (limits.stall_end <= limits.stall_give_up) {
      report_.Add("limits.stall_end", "must be more than stall_give_up");
    }
  }

  void BuildRetries(const v1::Limits& settings, Limits& limits) {
    Replace(limits.read_attempts, settings.has_read_attempts(),
            settings.read_attempts(), kReadAttempts, "limits.read_attempts");
    Replace(limits.read_backoff, settings.has_read_backoff(),
            settings.read_backoff(), {absl::Milliseconds(1), absl::Minutes(1)},
            "limits.read_backoff");
    Replace(limits.read_backoff_max, settings.has_read_backoff_max(),
            settings.read_backoff_max(),
            {absl::Milliseconds(1), absl::Minutes(10)},
            "limits.read_backoff_max");
    if (limits.read_backoff_max < limits.read_backoff) {
      report_.Add("limits.read_backoff_max",
                  "must not be less than read_backoff");
    }
  }

  void Replace(absl::Duration& setting, bool given,
               const google::protobuf::Duration& value,
               const DurationRange& range, const std::string& key) {
    if (given) setting = DurationIn(range, value, key, report_);
  }

  template <typename Integer>
  void Replace(Integer& setting, bool given, int64_t value,
               const IntegerRange& range, const std::string& key) {
    if (!given) return;
    setting = static_cast<Integer>(IntegerIn(range, value, key, report_));
  }

  SecretLoader& secrets_;
  ProblemReport& report_;
};

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path,
                                  const auth::FileReader& files,
                                  const auth::EnvironmentLookup& environment) {
  const absl::StatusOr<std::string> text = files.Read(path, kMaxYamlBytes);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat(path, ": ", text.status().message()));
  }
  ProblemReport report;
  const std::optional<YamlNode> document = ParseYaml(*text, report);
  v1::Config settings;
  if (document.has_value()) ReadYaml(*document, settings, report);
  // What is checked next would complain once more about what was left out.
  if (!report.empty()) return report.ToStatus(path);
  SecretLoader secrets(FolderOf(path), files, environment, report);
  Config config = Builder(secrets, report).Build(settings);
  if (!report.empty()) return report.ToStatus(path);
  return config;
}

}  // namespace klarna::config
