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
#include "service/config/setting_facts.h"
#include "service/config/setting_value.h"
#include "service/config/transformer_builder.h"
#include "service/config/yaml_document.h"
#include "service/config/yaml_reader.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

using observability::Level;

constexpr size_t kMinTokenSecretBytes = 32;
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

// Checks what concerns more than one value, and reads the secrets. The defaults
// are filled in. The key of a setting in a problem is its path in the file.
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
    BuildLimits(settings.limits(), config.limits);
    return config;
  }

 private:
  void BuildServer(const v1::Config& settings, Config& config) {
    config.listen = settings.listen();
    if (!IsListenAddress(config.listen)) {
      report_.Add("listen",
                  "expected host:port, such as 127.0.0.1:50051, or unix:/path");
    }
    config.event_loops = settings.event_loops() > 0 ? settings.event_loops()
                                                    : HalfOfProcessors();
    if (settings.has_ca_file()) {
      config.ca_file = secrets_.Resolve(settings.ca_file(), "ca_file");
    }
    config.reflection = settings.reflection();
    config.log_level = LevelOf(settings.log().level());
    config.drain_wait = ToDuration(settings.drain_wait());
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
    tokens.lifetime = ToDuration(settings.lifetime());
  }

  void BuildLimits(const v1::Limits& settings, Limits& limits) {
    limits = {.page_budget_bytes = settings.page_budget_bytes(),
              .prefetch_pages = settings.prefetch_pages(),
              .batch_bytes = settings.batch_bytes(),
              .stall_give_up = ToDuration(settings.stall_give_up()),
              .stall_end = ToDuration(settings.stall_end()),
              .read_attempts = settings.read_attempts(),
              .read_backoff = ToDuration(settings.read_backoff()),
              .read_backoff_max = ToDuration(settings.read_backoff_max()),
              .replicas = settings.replicas(),
              .quota_wait = ToDuration(settings.quota_wait()),
              .max_concurrency = settings.max_concurrency(),
              .max_streams = settings.max_streams(),
              .max_changes = settings.max_changes(),
              .stream_lifetime = ToDuration(settings.stream_lifetime())};
    if (limits.stall_end <= limits.stall_give_up) {
      report_.Add("limits.stall_end", "must be more than stall_give_up");
    }
    if (limits.read_backoff_max < limits.read_backoff) {
      report_.Add("limits.read_backoff_max",
                  "must not be less than read_backoff");
    }
  }

  SecretLoader& secrets_;
  ProblemReport& report_;
};

absl::Status ReadFile(const std::string& path, const auth::FileReader& files,
                      v1::Config& settings, ProblemReport& report) {
  const absl::StatusOr<std::string> text = files.Read(path, kMaxYamlBytes);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat(path, ": ", text.status().message()));
  }
  const std::optional<YamlNode> document = ParseYaml(*text, report);
  if (document.has_value()) ReadYaml(*document, settings, report);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadedConfig> LoadConfig(
    const ConfigSources& sources, const auth::FileReader& files,
    const auth::EnvironmentLookup& environment) {
  ProblemReport report;
  v1::Config settings;
  if (!sources.file.empty()) {
    absl::Status status = ReadFile(sources.file, files, settings, report);
    if (!status.ok()) return status;
  }
  ReadEnvironment(sources.environment, settings, report);
  ReadFlags(sources.flags, settings, report);
  // What is checked next would complain once more about what was left out.
  if (!report.empty()) return report.ToStatus(sources.file);
  CheckBounds(settings, report);
  FillDefaults(settings);
  SecretLoader secrets(FolderOf(sources.file), files, environment, report);
  Config config = Builder(secrets, report).Build(settings);
  BuildTransformers(settings, FolderOf(sources.file), files, report, config);
  if (!report.empty()) return report.ToStatus(sources.file);
  return LoadedConfig{
      .config = std::move(config),
      .settings = std::make_shared<const v1::Config>(std::move(settings)),
      .given_at = report.positions()};
}

}  // namespace klarna::config
