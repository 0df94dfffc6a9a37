// SPDX-License-Identifier: Apache-2.0
#include "service/config/base_uri.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::config {
namespace {

TEST(BaseUriTest, TakesSafeUris) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://api.klarna.com", "https://api.klarna.com"},
      {"https://api.klarna.com/", "https://api.klarna.com"},
      {"https://proxy.example:8443/klarna/eu-1/",
       "https://proxy.example:8443/klarna/eu-1"},
      {"https://10.0.0.1", "https://10.0.0.1"},
      {"https://[2001:db8::1]:443/x", "https://[2001:db8::1]:443/x"},
      {"http://localhost:8080", "http://localhost:8080"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
      {"http://127.8.9.255", "http://127.8.9.255"},
      {"http://[::1]:8080/a", "http://[::1]:8080/a"},
  };
  for (const auto& [uri, normal] : cases) {
    const absl::StatusOr<std::string> result = NormalizeBaseUri(uri);
    ASSERT_TRUE(result.ok()) << uri << ": " << result.status();
    EXPECT_EQ(*result, normal);
  }
}

TEST(BaseUriTest, RefusesTheRestAndSaysWhy) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "https://"},
      {"api.klarna.com", "https://"},
      {"HTTPS://api.klarna.com", "https://"},
      {"ftp://api.klarna.com", "https://"},
      {"file:///etc/passwd", "https://"},
      {"http://api.klarna.com", "this machine only"},
      {"http://127.0.0.1.evil.example", "this machine only"},
      {"http://127.0.0.256", "this machine only"},
      {"http://127.1", "this machine only"},
      {"http://localhost.evil.example", "this machine only"},
      {"http://10.0.0.1", "this machine only"},
      {"https://user:CANARY@api.klarna.com", "no user"},
      {"https://api.klarna.com@evil.example", "no user"},
      {"https://api.klarna.com?x=1", "`?` or `#`"},
      {"https://api.klarna.com/#x", "`?` or `#`"},
      {"https://", "a host"},
      {"https:///path", "a host"},
      {"https://:8443", "a host"},
      {"https://host:", "a host"},
      {"https://host:x", "a host"},
      {"https://host:65536", "a host"},
      {"https://host:-1", "a host"},
      {"https://ho st", "a host"},
      {"https://host\\evil", "a host"},
      {"https://host\r\nX: y", "a host"},
      {"https://.host", "a host"},
      {"https://-host", "a host"},
      {"https://[::1", "a host"},
      {"https://[host]", "a host"},
      {"https://[1234]", "a host"},
      {"https://::1", "a host"},
      {"https://h\xC3\xB6st.example", "a host"},
      {"https://host//a", "segment"},
      {"https://host//", "segment"},
      {"https://host/a//b", "segment"},
      {"https://host/./a", "segment"},
      {"https://host/a/..", "segment"},
      {"https://host/a%2e", "segment"},
      {"https://host/a b", "segment"},
      {"https://host/a;b", "segment"},
  };
  for (const auto& [uri, text] : cases) {
    const absl::Status status = NormalizeBaseUri(uri).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << uri;
    EXPECT_NE(status.message().find(text), std::string::npos)
        << uri << ": " << status;
    EXPECT_EQ(status.message().find("CANARY"), std::string::npos);
  }
}

TEST(BaseUriTest, RefusesAHostThatIsTooLong) {
  EXPECT_TRUE(NormalizeBaseUri("https://" + std::string(253, 'a')).ok());
  EXPECT_FALSE(NormalizeBaseUri("https://" + std::string(254, 'a')).ok());
}

}  // namespace
}  // namespace klarna::config
