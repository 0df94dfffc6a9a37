// SPDX-License-Identifier: Apache-2.0
#include "service/config/account_builder.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/auth/credentials.h"
#include "service/auth/oauth2.h"
#include "service/auth/shipping_digest.h"
#include "service/config/base_uri.h"
#include "service/config/setting_value.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

using SharedCredentials = std::shared_ptr<const auth::Credentials>;

constexpr char kShippingDomain[] = "shipping_service_callback";

bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
}

// What a message says of where calls go; a value of 0 means not given.
struct Location {
  bool has_base_uri = false;
  std::string base_uri;
  v1::Region region = v1::REGION_UNSPECIFIED;
  v1::Environment environment = v1::ENVIRONMENT_UNSPECIFIED;
  v1::Provider provider = v1::PROVIDER_UNSPECIFIED;

  bool has_names() const { return region || environment || provider; }
};

// Of an Account or a DomainOverride, whose first fields are the same.
template <typename Message>
Location LocationOf(const Message& message) {
  return {.has_base_uri = message.has_base_uri(),
          .base_uri = message.base_uri(),
          .region = message.region(),
          .environment = message.environment(),
          .provider = message.provider()};
}

RequestLogging RequestLoggingOf(v1::RequestLogging logging) {
  switch (logging) {
    case v1::REQUEST_LOGGING_HEADERS:
      return RequestLogging::kHeaders;
    case v1::REQUEST_LOGGING_BODIES:
      return RequestLogging::kBodies;
    default:
      return RequestLogging::kOff;
  }
}

// https://docs.klarna.com/api/api-urls
std::string KlarnaHost(v1::Region region, v1::Environment environment) {
  std::string host = "https://api";
  if (region == v1::REGION_NA) host += "-na";
  if (region == v1::REGION_OC) host += "-oc";
  if (environment == v1::ENVIRONMENT_PLAYGROUND) host += ".playground";
  return host + ".klarna.com";
}

// What Klarna grants every merchant at this host.
// https://docs.klarna.com/api/rate-limit/
Quota QuotaAt(std::string_view base_uri) {
  for (const auto region : {v1::REGION_EU, v1::REGION_NA, v1::REGION_OC}) {
    const auto at = [&](v1::Environment environment) {
      return base_uri.starts_with(KlarnaHost(region, environment));
    };
    if (at(v1::ENVIRONMENT_LIVE)) {
      return {.calls_per_second = 200, .sessions_per_second = 40};
    }
    if (at(v1::ENVIRONMENT_PLAYGROUND)) {
      return {.calls_per_second = 50, .sessions_per_second = 5};
    }
  }
  return {};
}

// https://help.kustom.co/en/articles/454956-kustom-api-endpoint-switch-guide
std::string KustomHost(v1::Environment environment) {
  return environment == v1::ENVIRONMENT_PLAYGROUND
             ? "https://api.playground.kustom.co"
             : "https://api.kustom.co";
}

class Builder {
 public:
  Builder(SecretLoader& secrets, ProblemReport& report)
      : secrets_(secrets), report_(report) {}

  Account Build(const v1::Account& settings, const std::string& key) {
    Account account;
    account.name = settings.name();
    account.merchant_key =
        settings.has_merchant_key() ? settings.merchant_key() : settings.name();
    CheckName(account.name, key + ".name");
    if (settings.has_merchant_key()) {
      CheckName(account.merchant_key, key + ".merchant_key");
    }
    account.endpoint.base_uri = BaseUri(LocationOf(settings), key);
    account.endpoint.quota =
        BuildQuota(settings.quota(), account.endpoint.base_uri);
    SetCredentials(settings.credentials(), key + ".credentials", /*domain=*/"",
                   account.endpoint);
    BuildDomains(settings.domains(), key + ".domains", account);
    account.timeouts = BuildTimeouts(settings.timeouts());
    account.raw_calls = settings.raw_calls();
    account.request_logging = RequestLoggingOf(settings.request_logging());
    return account;
  }

 private:
  void CheckName(const std::string& name, const std::string& key) {
    if (IsAccountName(name)) return;
    report_.Add(key, "needs 1 to 64 letters, digits, `-`, `_` or `.`");
  }

  std::string BaseUri(const Location& location, const std::string& key) {
    if (location.has_base_uri) return GivenBaseUri(location, key);
    if (location.environment == v1::ENVIRONMENT_UNSPECIFIED) {
      report_.Add(key,
                  "needs `base_uri`, or `environment` (live or playground) "
                  "with `region` or with `provider: kustom`");
      return "";
    }
    const bool kustom = location.provider == v1::PROVIDER_KUSTOM;
    const bool has_region = location.region != v1::REGION_UNSPECIFIED;
    if (kustom && has_region) {
      report_.Add(key + ".region", "Kustom has no regions; remove it");
    } else if (!kustom && !has_region) {
      report_.Add(key, "needs `region`: eu, na or oc, that of the merchant");
    }
    return kustom ? KustomHost(location.environment)
                  : KlarnaHost(location.region, location.environment);
  }

  std::string GivenBaseUri(const Location& location, const std::string& key) {
    const std::string uri_key = key + ".base_uri";
    if (location.has_names()) {
      report_.Add(uri_key,
                  "cannot stand beside region, environment or provider; "
                  "remove it or them");
    }
    absl::StatusOr<std::string> uri = NormalizeBaseUri(location.base_uri);
    if (uri.ok()) return *std::move(uri);
    report_.Add(uri_key, std::string(uri.status().message()));
    return "";
  }

  void SetCredentials(const v1::Credentials& settings, const std::string& key,
                      const std::string& domain, Endpoint& endpoint) {
    secrets_.BeginDigest();
    endpoint.credentials = Credentials(settings, key, domain);
    endpoint.credentials_digest =
        secrets_.EndDigest(settings.SerializeAsString());
  }

  SharedCredentials Credentials(const v1::Credentials& settings,
                                const std::string& key,
                                const std::string& domain) {
    switch (settings.kind_case()) {
      case v1::Credentials::kBasic:
        return Basic(settings.basic(), key + ".basic");
      case v1::Credentials::kApiKey:
        return ApiKey(settings.api_key(), key + ".api_key");
      case v1::Credentials::kShippingDigest:
        if (domain != kShippingDomain) {
          report_.Add(
              key + ".shipping_digest",
              absl::StrCat("is for `domains.", kShippingDomain,
                           "` only; Klarna takes `basic` or `api_key`"));
        }
        return ShippingDigest(settings.shipping_digest(),
                              key + ".shipping_digest");
      case v1::Credentials::kOauth2:
        return OAuth2(settings.oauth2(), key + ".oauth2");
      case v1::Credentials::KIND_NOT_SET:
        report_.Add(key,
                    "needs `basic`, `api_key`, `oauth2` or `shipping_digest`");
    }
    return nullptr;
  }

  SharedCredentials Basic(const v1::BasicCredentials& settings,
                          const std::string& key) {
    const std::string& user = settings.user();
    if (user.empty() || !IsPrintableAscii(user) ||
        user.find(':') != std::string::npos) {
      report_.Add(key + ".user", "needs printable ASCII without a colon");
    }
    return std::make_shared<auth::BasicCredentials>(
        user, secrets_.Load(settings.password(), key + ".password"));
  }

  SharedCredentials ApiKey(const v1::ApiKeyCredentials& settings,
                           const std::string& key) {
    const auth::Secret secret = secrets_.Load(settings.key(), key + ".key");
    if (!IsPrintableAscii(secret.Reveal())) {
      report_.Add(key + ".key",
                  "holds characters that no header can carry; an API key is "
                  "printable ASCII in one line");
    }
    return std::make_shared<auth::ApiKeyCredentials>(secret);
  }

  SharedCredentials ShippingDigest(
      const v1::ShippingDigestCredentials& settings, const std::string& key) {
    const std::string& identifier = settings.identifier();
    if (identifier.empty() || !IsPrintableAscii(identifier)) {
      report_.Add(key + ".identifier", "needs printable ASCII");
    }
    return std::make_shared<auth::ShippingDigestCredentials>(
        identifier, secrets_.Load(settings.key(), key + ".key"));
  }

  SharedCredentials OAuth2(const v1::OAuth2Credentials& settings,
                           const std::string& key) {
    const absl::StatusOr<std::string> url =
        NormalizeBaseUri(settings.token_url());
    if (!url.ok()) {
      report_.Add(key + ".token_url", std::string(url.status().message()));
    }
    if (settings.client_id().empty()) {
      report_.Add(key + ".client_id", "is required");
    }
    return std::make_shared<auth::OAuth2Credentials>(
        url.value_or(""), settings.client_id(),
        secrets_.Load(settings.client_secret(), key + ".client_secret"),
        settings.scope());
  }

  void BuildDomains(const v1::Domains& settings, const std::string& key,
                    Account& account) {
    std::vector<const google::protobuf::FieldDescriptor*> given;
    settings.GetReflection()->ListFields(settings, &given);
    for (const auto* domain : given) {
      const auto& override = static_cast<const v1::DomainOverride&>(
          settings.GetReflection()->GetMessage(settings, domain));
      account.domains[domain->name()] =
          BuildOverride(override, absl::StrCat(key, ".", domain->name()),
                        domain->name(), account.endpoint);
    }
  }

  Endpoint BuildOverride(const v1::DomainOverride& settings,
                         const std::string& key, const std::string& domain,
                         const Endpoint& fallback) {
    Endpoint endpoint = fallback;
    const Location location = LocationOf(settings);
    const bool moved = location.has_base_uri || location.has_names();
    if (moved) {
      endpoint.base_uri = BaseUri(location, key);
      endpoint.quota = QuotaAt(endpoint.base_uri);
    }
    if (settings.has_credentials()) {
      SetCredentials(settings.credentials(), key + ".credentials", domain,
                     endpoint);
    } else if (moved) {
      report_.Add(key,
                  "needs `credentials`: those of the account are not sent to "
                  "another host");
    }
    return endpoint;
  }

  static Quota BuildQuota(const v1::Quota& settings,
                          const std::string& base_uri) {
    Quota quota = QuotaAt(base_uri);
    if (settings.has_calls_per_second()) {
      quota.calls_per_second = settings.calls_per_second();
    }
    if (settings.has_sessions_per_second()) {
      quota.sessions_per_second = settings.sessions_per_second();
    }
    return quota;
  }

  static Timeouts BuildTimeouts(const v1::Timeouts& settings) {
    Timeouts timeouts;
    if (settings.has_total()) timeouts.total = ToDuration(settings.total());
    if (settings.has_idle()) timeouts.idle = ToDuration(settings.idle());
    return timeouts;
  }

  SecretLoader& secrets_;
  ProblemReport& report_;
};

}  // namespace

bool IsAccountName(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), allowed);
}

Account BuildAccount(const v1::Account& settings, const std::string& key,
                     SecretLoader& secrets, ProblemReport& report) {
  return Builder(secrets, report).Build(settings, key);
}

}  // namespace klarna::config
