// SPDX-License-Identifier: Apache-2.0
#include "service/http/ip_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>

namespace klarna::http {
namespace {

struct Case {
  const char* text;
  bool is_public;
  bool is_loopback;
};

// Each range with both of its ends and the public neighbours.
constexpr Case kCases[] = {
    {"8.8.8.8", true, false},
    {"0.0.0.0", false, false},
    {"0.255.255.255", false, false},
    {"1.0.0.0", true, false},
    {"9.255.255.255", true, false},
    {"10.0.0.0", false, false},
    {"10.255.255.255", false, false},
    {"11.0.0.0", true, false},
    {"100.63.255.255", true, false},
    {"100.64.0.0", false, false},
    {"100.127.255.255", false, false},
    {"100.128.0.0", true, false},
    {"126.255.255.255", true, false},
    {"127.0.0.1", false, true},
    {"127.255.255.255", false, true},
    {"128.0.0.0", true, false},
    {"169.254.169.254", false, false},
    {"169.255.0.0", true, false},
    {"172.15.255.255", true, false},
    {"172.16.0.0", false, false},
    {"172.31.255.255", false, false},
    {"172.32.0.0", true, false},
    {"192.0.0.8", false, false},
    {"192.0.2.1", false, false},
    {"192.167.255.255", true, false},
    {"192.168.0.0", false, false},
    {"192.169.0.0", true, false},
    {"198.17.255.255", true, false},
    {"198.18.0.0", false, false},
    {"198.19.255.255", false, false},
    {"198.51.100.7", false, false},
    {"203.0.113.7", false, false},
    {"223.255.255.255", true, false},
    {"224.0.0.1", false, false},
    {"255.255.255.255", false, false},
    {"2a00:1450:4001:80b::200e", true, false},
    {"::", false, false},
    {"::1", false, true},
    {"::2", false, false},
    {"::8.8.8.8", false, false},
    {"::ffff:8.8.8.8", true, false},
    {"::ffff:10.0.0.1", false, false},
    {"::ffff:127.0.0.1", false, true},
    {"64:ff9b::8.8.8.8", true, false},
    {"64:ff9b::10.0.0.1", false, false},
    {"64:ff9b:1::1", false, false},
    {"100::1", false, false},
    {"2001::1", false, false},
    {"2001:db8::1", false, false},
    {"2002:0808:0808::1", true, false},
    {"2002:0a00:0001::1", false, false},
    {"fc00::1", false, false},
    {"fdff:ffff::1", false, false},
    {"fe80::1", false, false},
    {"febf::1", false, false},
    {"fec0::1", false, false},
    {"ff02::1", false, false},
};

TEST(IpAddressTest, KnowsWhatIsPublicAndWhatIsLoopback) {
  for (const Case& c : kCases) {
    const std::optional<IpAddress> address = IpAddress::Parse(c.text);
    ASSERT_TRUE(address.has_value()) << c.text;
    EXPECT_EQ(address->IsPublic(), c.is_public) << c.text;
    EXPECT_EQ(address->IsLoopback(), c.is_loopback) << c.text;
  }
}

TEST(IpAddressTest, RefusesOtherSpellings) {
  for (const char* text :
       {"", "1", "127.1", "127.0.0", "127.0.0.1.", "0x7f.0.0.1", "2130706433",
        "0127.0.0.1", "256.0.0.1", " 127.0.0.1", "127.0.0.1 ", "[::1]",
        "fe80::1%lo", "::g", "1::2::3", "localhost"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string("::1\0x", 5)).has_value());
  EXPECT_FALSE(IpAddress::Parse(std::string(100'000, '1')).has_value());
}

TEST(IpAddressTest, PrintsTheUsualForm) {
  EXPECT_EQ(IpAddress::Parse("127.0.0.1")->ToString(), "127.0.0.1");
  EXPECT_EQ(IpAddress::Parse("::ffff:1.2.3.4")->ToString(), "1.2.3.4");
  EXPECT_EQ(IpAddress::Parse("2A00:0:0::1")->ToString(), "2a00::1");
}

TEST(IpAddressTest, ReadsSocketAddresses) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(IpAddress::FromSocketAddress(reinterpret_cast<sockaddr&>(v4)),
            IpAddress::Parse("127.0.0.1"));
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(IpAddress::FromSocketAddress(reinterpret_cast<sockaddr&>(v6)),
            IpAddress::Parse("::1"));
  sockaddr_un local = {};
  local.sun_family = AF_UNIX;
  EXPECT_EQ(IpAddress::FromSocketAddress(reinterpret_cast<sockaddr&>(local)),
            std::nullopt);
}

}  // namespace
}  // namespace klarna::http
