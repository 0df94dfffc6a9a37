// SPDX-License-Identifier: Apache-2.0
#include "service/config/load_config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/auth/fake_files.h"

namespace klarna::config {
namespace {

constexpr char kCanary[] = "CANARY-4f1c-0123456789-0123456789";

// Loads `yaml` as /etc/gateway/gateway.yaml, beside the secrets.
absl::StatusOr<Config> Load(const std::string& yaml) {
  const auth::FakeFiles files({
      {"/etc/gateway/gateway.yaml", yaml},
      {"/etc/gateway/password", absl::StrCat(kCanary, "\n")},
      {"/run/token", absl::StrCat(kCanary, "\n")},
      {"/run/old-token", "an older secret of enough bytes, 32 or more"},
      {"/run/short", "CANARY-short"},
      {"/run/nul", std::string("CANARY-4f1c\0", 12)},
      {"/run/two-lines", "CANARY-4f1c\nCANARY-4f1c"},
  });
  const auth::EnvironmentLookup environment =
      [](const std::string& name) -> std::optional<std::string> {
    if (name == "API_KEY") return kCanary;
    return std::nullopt;
  };
  absl::StatusOr<LoadedConfig> loaded =
      LoadConfig({.file = "/etc/gateway/gateway.yaml"}, files, environment);
  if (!loaded.ok()) return loaded.status();
  return loaded->config;
}

constexpr char kShortest[] = R"(
accounts:
  - name: shop
    region: eu
    environment: playground
    credentials:
      basic:
        user: PK12345_0123456789ab
        password: {file: password}
resume_tokens:
  secrets:
    - {file: /run/token}
)";

constexpr char kEverything[] = R"(
listen: "[::1]:7000"
event_loops: 3
accounts:
  - name: shop
    merchant_key: M1
    base_uri: https://proxy.example/klarna/
    credentials:
      basic: {user: user, password: {file: password}}
    domains:
      checkout:
        provider: kustom
        environment: live
        credentials:
          api_key:
            key: {env: API_KEY}
    timeouts: {total: 20s, idle: 10s}
    request_logging: bodies
  - name: other
    region: na
    environment: live
    credentials: {api_key: {key: {env: API_KEY}}}
default_account: other
resume_tokens:
  secrets:
    - {file: /run/token}
    - {file: /run/old-token}
  lifetime: 48h
ca_file: ca.pem
log: {level: debug}
limits:
  page_budget_bytes: 1048576
  prefetch_pages: 0
  batch_bytes: 1024
  stall_give_up: 1s
  stall_end: 2s
  read_attempts: 1
  read_backoff: 10ms
  read_backoff_max: 10ms
  replicas: 3
  quota_wait: 0s
  max_concurrency: 20
  max_streams: 2
  max_changes: 1
  stream_lifetime: 1m
reflection: false
)";

TEST(LoadConfigTest, FillsInDefaults) {
  const absl::StatusOr<Config> loaded = Load(kShortest);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Config& config = *loaded;
  EXPECT_EQ(config.listen, "0.0.0.0:50051");
  EXPECT_GE(config.event_loops, 1);
  EXPECT_EQ(config.default_account().name, "shop");
  EXPECT_EQ(config.default_account().endpoint.base_uri,
            "https://api.playground.klarna.com");
  EXPECT_EQ(config.ca_file, "");
  EXPECT_EQ(config.log_level, observability::Level::kInfo);
  EXPECT_TRUE(config.reflection);
  EXPECT_EQ(config.resume_tokens.lifetime, absl::Hours(24));
  ASSERT_EQ(config.resume_tokens.secrets.size(), 1u);
  EXPECT_EQ(config.resume_tokens.secrets[0].Reveal(), kCanary);
  EXPECT_EQ(config.limits.page_budget_bytes, 256 << 20);
  EXPECT_EQ(config.limits.prefetch_pages, 2);
  EXPECT_EQ(config.limits.batch_bytes, 32 << 10);
  EXPECT_EQ(config.limits.stall_give_up, absl::Seconds(5));
  EXPECT_EQ(config.limits.stall_end, absl::Minutes(30));
  EXPECT_EQ(config.limits.read_attempts, 4);
  EXPECT_EQ(config.limits.read_backoff, absl::Milliseconds(200));
  EXPECT_EQ(config.limits.read_backoff_max, absl::Seconds(5));
  EXPECT_EQ(config.limits.replicas, 1);
  EXPECT_EQ(config.limits.quota_wait, absl::Seconds(2));
  EXPECT_EQ(config.limits.max_concurrency, 1000);
  EXPECT_EQ(config.limits.max_streams, 16384);
  EXPECT_EQ(config.limits.max_changes, 4096);
  EXPECT_EQ(config.limits.stream_lifetime, absl::Minutes(30));
}

TEST(LoadConfigTest, TakesEverySetting) {
  const absl::StatusOr<Config> loaded = Load(kEverything);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Config& config = *loaded;
  EXPECT_EQ(config.listen, "[::1]:7000");
  EXPECT_EQ(config.event_loops, 3);
  ASSERT_EQ(config.accounts.size(), 2u);
  const Account& shop = config.accounts[0];
  EXPECT_EQ(shop.merchant_key, "M1");
  EXPECT_EQ(shop.For("payments").base_uri, "https://proxy.example/klarna");
  EXPECT_EQ(shop.For("checkout").base_uri, "https://api.kustom.co");
  EXPECT_EQ(shop.For("checkout").credentials->authorization()->Reveal(),
            absl::StrCat("Basic ", kCanary));
  EXPECT_EQ(shop.timeouts.total, absl::Seconds(20));
  EXPECT_EQ(shop.timeouts.idle, absl::Seconds(10));
  EXPECT_EQ(shop.request_logging, RequestLogging::kBodies);
  EXPECT_EQ(config.default_account().name, "other");
  EXPECT_EQ(config.resume_tokens.secrets.size(), 2u);
  EXPECT_EQ(config.resume_tokens.lifetime, absl::Hours(48));
  EXPECT_EQ(config.ca_file, "/etc/gateway/ca.pem");
  EXPECT_EQ(config.log_level, observability::Level::kDebug);
  EXPECT_FALSE(config.reflection);
}

TEST(LoadConfigTest, TakesEveryLimit) {
  const absl::StatusOr<Config> loaded = Load(kEverything);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Limits& limits = loaded->limits;
  EXPECT_EQ(limits.page_budget_bytes, 1048576);
  EXPECT_EQ(limits.prefetch_pages, 0);
  EXPECT_EQ(limits.batch_bytes, 1024);
  EXPECT_EQ(limits.stall_give_up, absl::Seconds(1));
  EXPECT_EQ(limits.stall_end, absl::Seconds(2));
  EXPECT_EQ(limits.read_attempts, 1);
  EXPECT_EQ(limits.read_backoff, absl::Milliseconds(10));
  EXPECT_EQ(limits.read_backoff_max, absl::Milliseconds(10));
  EXPECT_EQ(limits.replicas, 3);
  EXPECT_EQ(limits.quota_wait, absl::ZeroDuration());
  EXPECT_EQ(limits.max_concurrency, 20);
  EXPECT_EQ(limits.max_streams, 2);
  EXPECT_EQ(limits.max_changes, 1);
  EXPECT_EQ(limits.stream_lifetime, absl::Minutes(1));
}

TEST(LoadConfigTest, TakesEveryLogLevel) {
  const std::pair<const char*, observability::Level> cases[] = {
      {"debug", observability::Level::kDebug},
      {"info", observability::Level::kInfo},
      {"warn", observability::Level::kWarn},
      {"error", observability::Level::kError},
  };
  for (const auto& [name, level] : cases) {
    const absl::StatusOr<Config> config =
        Load(absl::StrCat(kShortest, "log: {level: ", name, "}\n"));
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->log_level, level);
  }
}

TEST(LoadConfigTest, TakesEveryFormOfListenAddress) {
  for (const char* address :
       {"0.0.0.0:50051", "localhost:0", "[::]:1", "unix:/run/gateway.sock"}) {
    EXPECT_TRUE(Load(absl::StrCat(kShortest, "listen: '", address, "'\n")).ok())
        << address;
  }
  for (const char* address :
       {"", "host", ":50051", "host:", "host:65536", "host:-1", "host:x",
        "::1:50051", "ho st:1", "unix:", "unix:/", "unix:relative",
        "https://host:1"}) {
    const absl::Status status =
        Load(absl::StrCat(kShortest, "listen: '", address, "'\n")).status();
    EXPECT_TRUE(absl::StrContains(status.message(),
                                  "gateway.yaml:13:1: listen: expected"))
        << address << status;
  }
}

TEST(LoadConfigTest, SaysWhichFileCannotBeRead) {
  const auth::EnvironmentLookup environment = [](const std::string&) {
    return std::nullopt;
  };
  const absl::Status status =
      LoadConfig({.file = "/etc/none.yaml"}, auth::FakeFiles(), environment)
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "/etc/none.yaml: no such file");
}

TEST(LoadConfigTest, FindsSecretsBesideAFileNamedWithoutAFolder) {
  const auth::FakeFiles files({{"gateway.yaml", kShortest},
                               {"./password", "password"},
                               {"/run/token", kCanary}});
  const auth::EnvironmentLookup environment = [](const std::string&) {
    return std::nullopt;
  };
  EXPECT_TRUE(LoadConfig({.file = "gateway.yaml"}, files, environment).ok());
}

// A change of the shortest or the whole file, and the problem it makes.
struct BadCase {
  const char* what;
  std::string from;
  std::string to;
  std::string problem;
};

// `from` empty: `to` is appended.
std::string Changed(const std::string& yaml, const BadCase& change) {
  return change.from.empty()
             ? yaml + change.to + "\n"
             : absl::StrReplaceAll(yaml, {{change.from, change.to}});
}

std::string Canary(std::string_view format) {
  return absl::StrReplaceAll(absl::string_view(format.data(), format.size()),
                             {{"$", kCanary}});
}

std::vector<BadCase> BadCases() {
  return {
      {"UnknownKey", "", "lissten: x",
       "/etc/gateway/gateway.yaml:13:1: unknown key `lissten`; did you mean "
       "`listen`?"},
      {"NoYaml", "", "a: [", "gateway.yaml:14:1: not valid YAML"},
      {"Empty", kShortest, "", "expected a mapping with keys such as"},
      {"NoAccounts", kShortest, "listen: 'h:1'",
       "accounts: needs at least one account"},
      {"NoTokenSecrets", "    - {file: /run/token}", "    []",
       "gateway.yaml:11:3: resume_tokens.secrets: needs at least one secret"},
      {"ShortTokenSecret", "/run/token", "/run/short",
       "gateway.yaml:12:7: resume_tokens.secrets[0]: shorter than 32 bytes"},
      {"MissingPassword", "{file: password}", "{file: CANARY-4f1c}",
       "gateway.yaml:9:20: accounts[0].credentials.basic.password.file: no "
       "such file"},
      {"UnknownDefault", "", "default_account: shopp",
       "gateway.yaml:13:1: default_account: expected the name of an account, "
       "one of shop"},
      {"EventLoops", "", "event_loops: 65", "event_loops: expected 0 to 64"},
      {"NegativeEventLoops", "", "event_loops: -1", "expected 0 to 64"},
      {"PageBudget", "", "limits: {page_budget_bytes: 1048575}",
       "limits.page_budget_bytes: expected 1048576 to 68719476736"},
      {"PrefetchPages", "", "limits: {prefetch_pages: 9}",
       "limits.prefetch_pages: expected 0 to 8"},
      {"BatchBytes", "", "limits: {batch_bytes: 1048577}",
       "limits.batch_bytes: expected 1024 to 1048576"},
      {"StallGiveUp", "", "limits: {stall_give_up: 99ms}",
       "limits.stall_give_up: expected 100ms to 1h"},
      {"StallEnd", "", "limits: {stall_end: 25h}",
       "limits.stall_end: expected 1s to 24h"},
      {"StallOrder", "", "limits: {stall_end: 5s}",
       "limits.stall_end: must be more than stall_give_up"},
      {"ReadAttempts", "", "limits: {read_attempts: 0}",
       "limits.read_attempts: expected 1 to 10"},
      {"ReadBackoff", "", "limits: {read_backoff: 0s}",
       "limits.read_backoff: expected 1ms to 1m"},
      {"BackoffOrder", "", "limits: {read_backoff: 6s}",
       "limits.read_backoff_max: must not be less than read_backoff"},
      {"TokenLifetime", "", "resume_tokens: {lifetime: 721h}",
       "given twice, first in line 10"},
      {"TokenLifetimeRange",
       "resume_tokens:", "resume_tokens:\n  lifetime: 721h",
       "resume_tokens.lifetime: expected 1m to 720h"},
  };
}

TEST(LoadConfigTest, SaysWhereWhatIsWrong) {
  for (const BadCase& each : BadCases()) {
    const absl::Status status = Load(Changed(kShortest, each)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << each.what;
    EXPECT_TRUE(absl::StrContains(status.message(), each.problem))
        << each.what << ": " << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "CANARY"))
        << each.what << ": " << status;
  }
}

absl::StatusOr<LoadedConfig> LoadFrom(const ConfigSources& sources) {
  const auth::FakeFiles files({
      {"/etc/gateway.yaml",
       absl::StrCat(kShortest, "limits: {batch_bytes: 1111}\nlisten: h:1\n")},
      {"/etc/password", "password"},
      {"/run/token", kCanary},
      {"ca.pem", "of the working folder"},
      {"secret", "of the working folder, 32 bytes or more"},
  });
  return LoadConfig(sources, files, [](const std::string& name) {
    return name == "SECRET" ? std::optional<std::string>(kCanary)
                            : std::nullopt;
  });
}

TEST(LoadConfigTest, AFlagCountsBeforeAVariableBeforeTheFileBeforeTheDefault) {
  const std::vector<GivenSetting> variable = {
      {"KLARNA_GATEWAY_LIMITS_BATCH_BYTES", "2222"}};
  const std::vector<GivenSetting> flag = {{"--limits.batch-bytes", "3333"}};
  const struct {
    ConfigSources sources;
    int64_t batch_bytes;
    const char* given_at;
  } cases[] = {
      {{"/etc/gateway.yaml", {}, {}}, 1111, ""},
      {{"/etc/gateway.yaml", variable, {}},
       2222,
       "variable KLARNA_GATEWAY_LIMITS_BATCH_BYTES"},
      {{"/etc/gateway.yaml", variable, flag},
       3333,
       "flag --limits.batch-bytes"},
      {{"/etc/gateway.yaml", {}, flag}, 3333, "flag --limits.batch-bytes"},
  };
  for (const auto& each : cases) {
    const absl::StatusOr<LoadedConfig> loaded = LoadFrom(each.sources);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->config.limits.batch_bytes, each.batch_bytes);
    EXPECT_EQ(loaded->given_at.at("limits.batch_bytes").source, each.given_at);
    EXPECT_EQ(loaded->config.limits.prefetch_pages, 2);
    EXPECT_EQ(loaded->given_at.count("limits.prefetch_pages"), 0u);
  }
}

TEST(LoadConfigTest, BoundsHoldWhateverTheSource) {
  const struct {
    ConfigSources sources;
    const char* problem;
  } cases[] = {
      {{"/etc/gateway.yaml", {{"KLARNA_GATEWAY_LIMITS_BATCH_BYTES", "1"}}, {}},
       "variable KLARNA_GATEWAY_LIMITS_BATCH_BYTES: expected 1024 to 1048576"},
      {{"/etc/gateway.yaml", {}, {{"--limits.batch-bytes", "1"}}},
       "flag --limits.batch-bytes: expected 1024 to 1048576"},
      {{"/etc/gateway.yaml", {}, {{"--limits.stall-end", "1s"}}},
       "flag --limits.stall-end: must be more than stall_give_up"},
      {{"/etc/gateway.yaml", {}, {{"--listen", "nowhere"}}},
       "flag --listen: expected host:port, such as 127.0.0.1:50051, or "
       "unix:/path"},
      {{"/etc/gateway.yaml", {{"KLARNA_GATEWAY_LISTEN", ""}}, {}},
       "variable KLARNA_GATEWAY_LISTEN: expected host:port, such as "
       "127.0.0.1:50051, or unix:/path"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(LoadFrom(each.sources).status().message(), each.problem);
  }
}

TEST(LoadConfigTest, OneAccountNeedsNoFile) {
  const absl::StatusOr<LoadedConfig> loaded = LoadFrom(
      {.environment = {
           {"KLARNA_GATEWAY_ACCOUNTS_0_NAME", "shop"},
           {"KLARNA_GATEWAY_ACCOUNTS_0_REGION", "na"},
           {"KLARNA_GATEWAY_ACCOUNTS_0_ENVIRONMENT", "live"},
           {"KLARNA_GATEWAY_ACCOUNTS_0_CREDENTIALS_API_KEY_KEY_ENV", "SECRET"},
           {"KLARNA_GATEWAY_RESUME_TOKENS_SECRETS_0_FILE", "secret"},
       }});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Account& account = loaded->config.default_account();
  EXPECT_EQ(account.name, "shop");
  EXPECT_EQ(account.endpoint.base_uri, "https://api-na.klarna.com");
}

TEST(LoadConfigTest, WhatIsMissingWithoutAFileIsSaidWithoutOne) {
  EXPECT_EQ(LoadFrom({}).status().message(),
            "accounts: needs at least one account\n"
            "resume_tokens.secrets: needs at least one secret, the same on "
            "every replica; make one by `openssl rand -hex 32`");
}

TEST(LoadConfigTest, APathOutsideOfTheFileStartsAtTheWorkingFolder) {
  const absl::StatusOr<LoadedConfig> loaded = LoadFrom(
      {.file = "/etc/gateway.yaml", .flags = {{"--ca-file", "ca.pem"}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.ca_file, "ca.pem");
}

// The defaults stand in config.proto; the plain structs have the same.
TEST(LoadConfigTest, ConfigHasTheSameDefaults) {
  const absl::StatusOr<Config> loaded = Load(kShortest);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Config plain;
  EXPECT_EQ(loaded->listen, plain.listen);
  EXPECT_EQ(loaded->log_level, plain.log_level);
  EXPECT_EQ(loaded->reflection, plain.reflection);
  EXPECT_EQ(loaded->drain_wait, plain.drain_wait);
  EXPECT_EQ(loaded->resume_tokens.lifetime, plain.resume_tokens.lifetime);
  const Limits& limits = loaded->limits;
  const Limits same;
  EXPECT_EQ(limits.page_budget_bytes, same.page_budget_bytes);
  EXPECT_EQ(limits.prefetch_pages, same.prefetch_pages);
  EXPECT_EQ(limits.batch_bytes, same.batch_bytes);
  EXPECT_EQ(limits.stall_give_up, same.stall_give_up);
  EXPECT_EQ(limits.stall_end, same.stall_end);
  EXPECT_EQ(limits.read_attempts, same.read_attempts);
  EXPECT_EQ(limits.read_backoff, same.read_backoff);
  EXPECT_EQ(limits.read_backoff_max, same.read_backoff_max);
  const Timeouts timeouts = loaded->default_account().timeouts;
  EXPECT_EQ(timeouts.total, Timeouts().total);
  EXPECT_EQ(timeouts.idle, Timeouts().idle);
}

TEST(LoadConfigTest, CredentialsDifferWhenTheirSecretDoes) {
  const auto digest = [](const std::string& password) {
    const auth::FakeFiles files(
        {{"f", kShortest}, {"./password", password}, {"/run/token", kCanary}});
    const auto loaded = LoadConfig(
        {.file = "f"}, files, [](const std::string&) { return std::nullopt; });
    return loaded->config.default_account().endpoint.credentials_digest;
  };
  EXPECT_EQ(digest("one"), digest("one\n"));
  EXPECT_NE(digest("one"), digest("two"));
  EXPECT_FALSE(absl::StrContains(digest("one"), "one"));
}

TEST(LoadConfigTest, AccountsNeedDifferentNames) {
  const absl::Status status =
      Load(absl::StrReplaceAll(kEverything, {{"name: other", "name: shop"},
                                             {"default_account: other",
                                              "default_account: shop"}}))
          .status();
  EXPECT_EQ(status.message(),
            "/etc/gateway/gateway.yaml:19:5: accounts[1].name: is the name of "
            "accounts[0], too; give each account its own");
}

TEST(LoadConfigTest, SeveralAccountsNeedADefault) {
  const absl::Status status =
      Load(absl::StrReplaceAll(kEverything, {{"default_account: other", ""}}))
          .status();
  EXPECT_TRUE(absl::StrContains(
      status.message(),
      "default_account: expected the name of an account, one of shop, other"))
      << status;
}

TEST(LoadConfigTest, ReportsProblemsOfAllParts) {
  const absl::Status status =
      Load(absl::StrReplaceAll(kEverything,
                               {{"https://proxy", "http://proxy"},
                                {"/run/old-token", "/run/none"},
                                {"read_attempts: 1", "read_attempts: 11"}}))
          .status();
  for (const char* problem :
       {"accounts[0].base_uri: must begin", "resume_tokens.secrets[1].file: no",
        "limits.read_attempts: expected"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), problem)) << status;
  }
}

// A secret that stands where it should not is not made worse by printing it.
TEST(LoadConfigTest, NoErrorShowsASecret) {
  const BadCase cases[] = {
      {"PasswordInPlace", "{file: password}", "$", ""},
      {"PasswordAsFile", "{file: password}", "{file: $}", ""},
      {"PasswordAsVariable", "{file: password}", "{env: $}", ""},
      {"PasswordAsKey", "{file: password}", "{$}", ""},
      {"PasswordAsKeyAndValue", "{file: password}", "{$: $}", ""},
      {"PasswordAsValue", "{file: password}", "{value: $}", ""},
      {"PasswordAsList", "{file: password}", "[$]", ""},
      {"PasswordTwice", "{file: password}", "{file: $, file: $}", ""},
      {"PasswordOfBothKinds", "{file: password}", "{file: $, env: $}", ""},
      {"PasswordAnchored", "{file: password}", "&$ {file: password}", ""},
      {"PasswordAliased", "{file: password}", "*$", ""},
      {"PasswordTagged", "{file: password}", "!$ x", ""},
      {"PasswordUnclosed", "{file: password}", "\"$", ""},
      {"PasswordWithBadEscape", "{file: password}", "\"$\\q\"", ""},
      {"PasswordInBraces", "{file: password}", "{$", ""},
      {"PasswordWithNul", "file: password", "file: /run/nul", ""},
      {"KeyOfTwoLines",
       "basic:\n        user: PK12345_0123456789ab\n        password: {file: "
       "password}",
       "api_key: {key: {file: /run/two-lines}}", ""},
      {"UserAndPassword", "user: PK12345_0123456789ab", "user: 'user:$'", ""},
      {"PasswordInUri", "region: eu\n    environment: playground",
       "base_uri: https://user:$@host", ""},
      {"KeyAsRegion", "region: eu", "region: $", ""},
      {"KeyAsName", "name: shop", "name: 'klarna $'", ""},
      {"KeyAsDefault", "", "default_account: $", ""},
      {"KeyAsNumber", "", "event_loops: $", ""},
      {"KeyAsFlag", "", "reflection: $", ""},
      {"KeyAsDuration", "", "limits: {stall_end: $}", ""},
      {"KeyAsAddress", "", "listen: $", ""},
      {"KeyAtTheTop", "", "$: 1", ""},
      {"KeyInALine", "", "$", ""},
      {"ShortTokenSecret", "/run/token", "/run/short", ""},
      {"TokenInPlace", "{file: /run/token}", "$", ""},
  };
  for (const BadCase& each : cases) {
    BadCase change = each;
    change.to = Canary(each.to);
    const std::string yaml = Changed(kShortest, change);
    ASSERT_NE(yaml, kShortest) << each.what;
    const absl::Status status = Load(yaml).status();
    EXPECT_FALSE(status.ok()) << each.what;
    EXPECT_FALSE(absl::StrContains(status.message(), "CANARY"))
        << each.what << ": " << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "4f1c"))
        << each.what << ": " << status;
  }
}

}  // namespace
}  // namespace klarna::config
