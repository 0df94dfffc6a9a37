// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "service/auth/credentials.h"
#include "service/auth/secret.h"
#include "service/observability/log.h"

namespace klarna::config {

// The configuration as the service uses it: checked, defaults filled in,
// secrets read. Plain values, constant after loading. What each setting means
// stands in proto/klarna/gateway/config/v1/config.proto.
//
//   const Endpoint& checkout = config.default_account().For("checkout");

// Requests a second that a merchant may make, from all replicas together.
// 0: unbounded, as far as the answers do not say otherwise.
struct Quota {
  int calls_per_second = 0;
  int sessions_per_second = 0;
};

// Where the calls of one domain go.
struct Endpoint {
  std::string
      base_uri;  // Scheme, host, perhaps port and path; no slash at the end.
  std::shared_ptr<const auth::Credentials> credentials;
  // Equal for credentials of equal settings and secrets. Empty: unknown.
  std::string credentials_digest = {};
  Quota quota = {};
};

struct Timeouts {
  absl::Duration total = absl::Seconds(65);
  absl::Duration idle = absl::Seconds(60);
};

// A jq program.
struct Transformer {
  std::string name;
  std::string program;

  bool operator==(const Transformer&) const = default;
};

// What is logged of each request to an account's upstream.
enum class RequestLogging { kOff, kHeaders, kBodies };

struct Account {
  std::string name;
  std::string merchant_key;
  Endpoint endpoint;
  // By domain, such as "checkout"; only what differs from `endpoint`.
  std::map<std::string, Endpoint, std::less<>> domains;
  Timeouts timeouts;
  bool raw_calls = false;
  RequestLogging request_logging = RequestLogging::kOff;
  // Name of the transformer of calls that name none; empty: none.
  std::string transformer;
  // By operation, such as "order_management.create_capture"; instead of
  // `transformer`.
  std::map<std::string, std::string, std::less<>> operation_transformers;

  const std::string& TransformerFor(std::string_view operation) const;

  // `domain` is the name between "klarna." and the version in the package of
  // the domain's service.
  const Endpoint& For(std::string_view domain) const;
};

struct ResumeTokens {
  std::vector<auth::Secret>
      secrets;  // At least one. The first signs, all verify.
  absl::Duration lifetime = absl::Hours(24);
};

struct Limits {
  int64_t page_budget_bytes = int64_t{256} << 20;
  int prefetch_pages = 2;
  int64_t batch_bytes = int64_t{32} << 10;
  absl::Duration stall_give_up = absl::Seconds(5);
  absl::Duration stall_end = absl::Minutes(30);
  int read_attempts = 4;
  absl::Duration read_backoff = absl::Milliseconds(200);
  absl::Duration read_backoff_max = absl::Seconds(5);
  int replicas = 1;
  absl::Duration quota_wait = absl::Seconds(2);
  int max_concurrency = 1000;
  int max_streams = 16384;
  int max_changes = 4096;
  absl::Duration stream_lifetime = absl::Minutes(30);
};

struct Config {
  std::string listen = "0.0.0.0:50051";
  int event_loops = 1;
  std::vector<Account> accounts;  // At least one; names differ.
  std::string default_account_name;
  ResumeTokens resume_tokens;
  std::string ca_file;  // Empty: the system's.
  observability::Level log_level = observability::Level::kInfo;
  Limits limits;
  bool reflection = true;
  absl::Duration drain_wait = absl::Seconds(3);
  std::vector<Transformer> transformers;  // Names differ.

  // Null when no account has the name.
  const Account* FindAccount(std::string_view name) const;
  // Null when no transformer has the name.
  const Transformer* FindTransformer(std::string_view name) const;
  const Account& default_account() const;
};

// Makes `after` use the credentials of `before` wherever they did not change,
// so that tokens fetched with them stay good.
void KeepCredentials(const Config& before, Config& after);

}  // namespace klarna::config
