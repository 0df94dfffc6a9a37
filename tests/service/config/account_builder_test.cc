// SPDX-License-Identifier: Apache-2.0
#include "service/config/account_builder.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/auth/fake_files.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

constexpr char kBasic[] =
    "credentials { basic { user: 'user' password { file: '/password' } } } ";
constexpr char kPlayground[] =
    "region: REGION_EU environment: ENVIRONMENT_PLAYGROUND ";

struct Result {
  Account account;
  std::string problems;
};

Result Build(const std::string& text) {
  v1::Account settings;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &settings));
  const auth::FakeFiles files({{"/password", "password\n"},
                               {"/key", "CANARY_key\n"},
                               {"/lines", "CANARY\nkey"}});
  const auth::EnvironmentLookup environment = [](const std::string&) {
    return std::nullopt;
  };
  ProblemReport report;
  SecretLoader secrets("/etc", files, environment, report);
  Result result;
  result.account = BuildAccount(settings, "accounts[0]", secrets, report);
  result.problems = std::string(report.ToStatus("f").message());
  return result;
}

std::string_view Authorization(const Endpoint& endpoint) {
  const auth::Secret* header = endpoint.credentials->authorization();
  return header == nullptr ? "" : header->Reveal();
}

TEST(AccountBuilderTest, KnowsEveryPublishedHost) {
  const std::pair<const char*, const char*> cases[] = {
      {"region: REGION_EU environment: ENVIRONMENT_LIVE",
       "https://api.klarna.com"},
      {"region: REGION_NA environment: ENVIRONMENT_LIVE",
       "https://api-na.klarna.com"},
      {"region: REGION_OC environment: ENVIRONMENT_LIVE",
       "https://api-oc.klarna.com"},
      {"region: REGION_EU environment: ENVIRONMENT_PLAYGROUND",
       "https://api.playground.klarna.com"},
      {"region: REGION_NA environment: ENVIRONMENT_PLAYGROUND",
       "https://api-na.playground.klarna.com"},
      {"region: REGION_OC environment: ENVIRONMENT_PLAYGROUND",
       "https://api-oc.playground.klarna.com"},
      {"provider: PROVIDER_KLARNA region: REGION_OC environment: "
       "ENVIRONMENT_LIVE",
       "https://api-oc.klarna.com"},
      {"provider: PROVIDER_KUSTOM environment: ENVIRONMENT_LIVE",
       "https://api.kustom.co"},
      {"provider: PROVIDER_KUSTOM environment: ENVIRONMENT_PLAYGROUND",
       "https://api.playground.kustom.co"},
      {"base_uri: 'https://proxy.example/klarna/'",
       "https://proxy.example/klarna"},
  };
  for (const auto& [location, uri] : cases) {
    const Result result = Build(absl::StrCat("name: 'a' ", kBasic, location));
    EXPECT_EQ(result.problems, "");
    EXPECT_EQ(result.account.endpoint.base_uri, uri);
  }
}

TEST(AccountBuilderTest, FillsInDefaults) {
  const Account account =
      Build(absl::StrCat("name: 'shop'", kBasic, kPlayground)).account;
  EXPECT_EQ(account.name, "shop");
  EXPECT_EQ(account.merchant_key, "shop");
  EXPECT_EQ(account.timeouts.total, absl::Seconds(65));
  EXPECT_EQ(account.timeouts.idle, absl::Seconds(60));
  EXPECT_EQ(account.request_logging, RequestLogging::kOff);
  EXPECT_TRUE(account.domains.empty());
  EXPECT_EQ(Authorization(account.endpoint), "Basic dXNlcjpwYXNzd29yZA==");
}

TEST(AccountBuilderTest, TakesWhatIsGiven) {
  const Account account =
      Build(absl::StrCat(
                "name: 'shop' merchant_key: 'merchant' timeouts { total { "
                "seconds: 5 } idle { seconds: 4 } } credentials { api_key { "
                "key { file: '/key' } } }",
                kPlayground))
          .account;
  EXPECT_EQ(account.merchant_key, "merchant");
  EXPECT_EQ(account.timeouts.total, absl::Seconds(5));
  EXPECT_EQ(account.timeouts.idle, absl::Seconds(4));
  EXPECT_EQ(Authorization(account.endpoint), "Basic CANARY_key");
}

TEST(AccountBuilderTest, KnowsWhatKlarnaGrantsEverybody) {
  struct Case {
    const char* settings;
    int calls;
    int sessions;
  };
  const Case cases[] = {
      {"region: REGION_EU environment: ENVIRONMENT_LIVE", 200, 40},
      {"region: REGION_OC environment: ENVIRONMENT_PLAYGROUND", 50, 5},
      {"base_uri: 'https://api-na.klarna.com'", 200, 40},
      {"base_uri: 'http://127.0.0.1:8080'", 0, 0},
      {"provider: PROVIDER_KUSTOM environment: ENVIRONMENT_LIVE", 0, 0},
      {"region: REGION_EU environment: ENVIRONMENT_LIVE "
       "quota { calls_per_second: 400 }",
       400, 40},
      {"base_uri: 'http://127.0.0.1:8080' quota { sessions_per_second: 3 }", 0,
       3},
  };
  for (const Case& tested : cases) {
    const Result result =
        Build(absl::StrCat("name: 'a' ", kBasic, tested.settings));
    EXPECT_EQ(result.problems, "");
    const Quota& quota = result.account.endpoint.quota;
    EXPECT_EQ(quota.calls_per_second, tested.calls) << tested.settings;
    EXPECT_EQ(quota.sessions_per_second, tested.sessions) << tested.settings;
  }
}

TEST(AccountBuilderTest, ADomainWithAnotherHostHasThatHostsQuota) {
  const Account account =
      Build(absl::StrCat("name: 'a' ", kBasic, kPlayground,
                         "quota { calls_per_second: 7 } domains { "
                         "payments { ",
                         kBasic,
                         "} "
                         "checkout { provider: PROVIDER_KUSTOM environment: "
                         "ENVIRONMENT_LIVE ",
                         kBasic, "} }"))
          .account;
  EXPECT_EQ(account.For("payments").quota.calls_per_second, 7);
  EXPECT_EQ(account.For("checkout").quota.calls_per_second, 0);
}

TEST(AccountBuilderTest, TakesEveryLevelOfRequestLogging) {
  const std::pair<const char*, RequestLogging> cases[] = {
      {"REQUEST_LOGGING_OFF", RequestLogging::kOff},
      {"REQUEST_LOGGING_HEADERS", RequestLogging::kHeaders},
      {"REQUEST_LOGGING_BODIES", RequestLogging::kBodies},
  };
  for (const auto& [name, logging] : cases) {
    const Result result = Build(absl::StrCat(
        "name: 'shop' ", kPlayground, kBasic, "request_logging: ", name));
    EXPECT_EQ(result.problems, "");
    EXPECT_EQ(result.account.request_logging, logging) << name;
  }
}

TEST(AccountBuilderTest, OverridesADomain) {
  const Result result = Build(absl::StrCat(
      "name: 'shop' ", kBasic, kPlayground,
      "domains { checkout { provider: PROVIDER_KUSTOM environment: "
      "ENVIRONMENT_LIVE credentials { api_key { key { file: '/key' } } } } "
      "disputes { credentials { api_key { key { file: '/key' } } } } "
      "payments {} "
      "shipping_service_callback { base_uri: 'https://ship.example' "
      "credentials { shipping_digest { identifier: 'id' key { file: '/key' } "
      "} } } }"));
  ASSERT_EQ(result.problems, "");
  const Account& account = result.account;
  EXPECT_EQ(account.For("checkout").base_uri, "https://api.kustom.co");
  EXPECT_EQ(Authorization(account.For("checkout")), "Basic CANARY_key");
  EXPECT_EQ(account.For("disputes").base_uri, account.endpoint.base_uri);
  EXPECT_EQ(Authorization(account.For("disputes")), "Basic CANARY_key");
  EXPECT_EQ(account.For("payments").base_uri, account.endpoint.base_uri);
  EXPECT_EQ(account.For("payments").credentials, account.endpoint.credentials);
  EXPECT_EQ(account.For("settlements").credentials,
            account.endpoint.credentials);
  const Endpoint& shipping = account.For("shipping_service_callback");
  EXPECT_EQ(shipping.base_uri, "https://ship.example");
  EXPECT_NE(shipping.credentials->token_exchange(), nullptr);
}

TEST(AccountBuilderTest, TakesAnOAuth2Client) {
  const Result result = Build(
      absl::StrCat("name: 'shop' ", kBasic, kPlayground,
                   "domains { disputes { credentials { oauth2 { "
                   "token_url: 'https://login.example/token' client_id: 'id' "
                   "client_secret { file: '/key' } scope: 'disputes' } } } }"));
  ASSERT_EQ(result.problems, "");
  const Endpoint& disputes = result.account.For("disputes");
  EXPECT_EQ(disputes.base_uri, result.account.endpoint.base_uri);
  EXPECT_NE(disputes.credentials->token_exchange(), nullptr);
}

TEST(AccountBuilderTest, RawCallsAreOffUnlessAllowed) {
  const std::string whole = absl::StrCat("name: 'shop' ", kBasic, kPlayground);
  EXPECT_FALSE(Build(whole).account.raw_calls);
  EXPECT_TRUE(Build(whole + "raw_calls: true").account.raw_calls);
}

struct BadCase {
  const char* what;
  std::string text;
  const char* problem;
};

TEST(AccountBuilderTest, SaysWhatIsWrong) {
  const std::string named = "name: 'a' ";
  const std::string good = named + kPlayground;
  const std::string located = named + kBasic;
  const std::string whole = good + kBasic;
  const BadCase cases[] = {
      {"NoName", std::string(kPlayground) + kBasic,
       "accounts[0].name: needs 1 to 64 letters"},
      {"NameWithSpace", "name: 'a b'" + std::string(kPlayground) + kBasic,
       "accounts[0].name: needs"},
      {"LongName",
       "name: '" + std::string(65, 'a') + "' " + kPlayground + kBasic,
       "accounts[0].name: needs"},
      {"EmptyMerchantKey", whole + "merchant_key: ''",
       "accounts[0].merchant_key: needs"},
      {"NoLocation", located, "accounts[0]: needs `base_uri`, or"},
      {"NoEnvironment", located + "region: REGION_EU",
       "accounts[0]: needs `base_uri`, or"},
      {"NoRegion", located + "environment: ENVIRONMENT_LIVE",
       "accounts[0]: needs `region`"},
      {"KustomWithRegion", whole + "provider: PROVIDER_KUSTOM",
       "accounts[0].region: Kustom has no regions"},
      {"TwoLocations", whole + "base_uri: 'https://host'",
       "accounts[0].base_uri: cannot stand beside region"},
      {"PlainHttp", located + "base_uri: 'http://host'",
       "accounts[0].base_uri: must begin with https://"},
      {"EmptyBaseUri", located + "base_uri: ''",
       "accounts[0].base_uri: must begin with https://"},
      {"NoCredentials", good,
       "accounts[0].credentials: needs `basic`, `api_key`, `oauth2` or"},
      {"NoUser", good + "credentials { basic { password { file: '/key' } } }",
       "credentials.basic.user: needs printable ASCII"},
      {"ColonInUser",
       good + "credentials { basic { user: 'a:b' password { file: '/key' } } }",
       "credentials.basic.user: needs printable ASCII without a colon"},
      {"NoPassword", good + "credentials { basic { user: 'a' } }",
       "credentials.basic.password: needs `file` or `env`"},
      {"MissingPassword",
       good + "credentials { basic { user: 'a' password { file: '/x' } } }",
       "credentials.basic.password.file: no such file"},
      {"KeyOfTwoLines",
       good + "credentials { api_key { key { file: '/lines' "
              "} } }",
       "credentials.api_key.key: holds characters that no header"},
      {"ShippingDigestForKlarna",
       good + "credentials { shipping_digest { identifier: 'a' key { file: "
              "'/key' } } }",
       "credentials.shipping_digest: is for `domains.shipping_service"},
      {"ShippingDigestForADomain",
       whole + "domains { payments { credentials { shipping_digest { "
               "identifier: 'a' key { file: '/key' } } } } }",
       "domains.payments.credentials.shipping_digest: is for"},
      {"PlainHttpTokenUrl",
       good + "credentials { oauth2 { token_url: 'http://host/token' "
              "client_id: 'a' client_secret { file: '/key' } } }",
       "credentials.oauth2.token_url: must begin with https://"},
      {"NoClientId",
       good + "credentials { oauth2 { token_url: 'https://host/token' "
              "client_secret { file: '/key' } } }",
       "credentials.oauth2.client_id: is required"},
      {"NoClientSecret",
       good + "credentials { oauth2 { token_url: 'https://host/token' "
              "client_id: 'a' } }",
       "credentials.oauth2.client_secret: needs `file` or `env`"},
      {"NoIdentifier",
       whole + "domains { shipping_service_callback { credentials { "
               "shipping_digest { key { file: '/key' } } } } }",
       "shipping_digest.identifier: needs printable ASCII"},
      {"CredentialsWouldGoToAnotherHost",
       whole + "domains { payments { base_uri: 'https://host' } }",
       "accounts[0].domains.payments: needs `credentials`: those of the "
       "account are not sent to another host"},
      {"HalfALocation",
       whole + "domains { payments { environment: ENVIRONMENT_LIVE " + kBasic +
           "} }",
       "accounts[0].domains.payments: needs `region`"},
      {"EmptyCredentialsOfADomain",
       whole + "domains { payments { credentials {} } }",
       "domains.payments.credentials: needs `basic`"},
  };
  for (const BadCase& each : cases) {
    const std::string problems = Build(each.text).problems;
    EXPECT_NE(problems.find(each.problem), std::string::npos)
        << each.what << ": " << problems;
    EXPECT_EQ(problems.find('\n'), std::string::npos)
        << each.what << " is one problem: " << problems;
    EXPECT_EQ(problems.find("CANARY"), std::string::npos) << each.what;
  }
}

TEST(AccountBuilderTest, NamesTakeOnlySafeCharacters) {
  EXPECT_TRUE(IsAccountName("Shop-EU_1.se"));
  EXPECT_TRUE(IsAccountName(std::string(64, 'a')));
  for (const std::string name : {"", "a b", "a/b", "a\n", "\xC3\xA9", "a:b"}) {
    EXPECT_FALSE(IsAccountName(name)) << name;
  }
}

}  // namespace
}  // namespace klarna::config
