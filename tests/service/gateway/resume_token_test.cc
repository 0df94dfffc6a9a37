// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/resume_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "service/auth/digest.h"
#include "service/auth/secret.h"
#include "service/rest/status_details.h"
#include "tests/testing/manual_executor.h"

namespace klarna::gateway {
namespace {

using ::testing::HasSubstr;

constexpr char kList[] = "default|shop|settlements.list_payouts|?currency=EUR";
constexpr absl::Duration kLifetime = absl::Hours(24);

std::vector<auth::Secret> Secrets(const std::vector<std::string>& texts) {
  std::vector<auth::Secret> secrets;
  for (const std::string& text : texts) secrets.emplace_back(text);
  return secrets;
}

class ResumeTokenTest : public ::testing::Test {
 protected:
  ResumeTokens Tokens(const std::vector<std::string>& secrets) {
    return ResumeTokens(Secrets(secrets), kLifetime, clock_);
  }

  testing::ManualClock clock_;
  const ResumeTokens tokens_ = Tokens({"a secret of thirty-two characters"});
  const Position position_ = {.offset = 1500,
                              .cursor = "krn:payment:dispute:1",
                              .skip = 20,
                              .delivered = 1520,
                              .first_total = 4711};
};

// The text of a refusal; empty if the token was taken or the status is odd.
std::string Refusal(const absl::StatusOr<Position>& read) {
  google::rpc::BadRequest detail;
  if (read.ok() || read.status().code() != absl::StatusCode::kInvalidArgument ||
      !rest::GetDetail(read.status(), detail) ||
      detail.field_violations(0).field() != "paging.resume_token") {
    return "";
  }
  return std::string(read.status().message());
}

TEST_F(ResumeTokenTest, GivesThePositionBack) {
  const Position positions[] = {
      {},
      position_,
      {.offset = std::numeric_limits<int64_t>::max(),
       .cursor = std::string("\0\xFF", 2),
       .skip = std::numeric_limits<int64_t>::max(),
       .delivered = std::numeric_limits<int64_t>::max(),
       .first_total = std::numeric_limits<int64_t>::max() - 1},
  };
  for (const Position& position : positions) {
    const auto read = tokens_.Read(tokens_.Make(position, kList), kList);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, position);
  }
}

TEST_F(ResumeTokenTest, IsShortAndFitForAUrl) {
  const std::string token =
      tokens_.Make({.offset = 1, .cursor = std::string(512, 'c')}, kList);
  EXPECT_LE(token.size(), 1024u);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  EXPECT_TRUE(tokens_.Read(token, kList).ok());
}

TEST_F(ResumeTokenTest, RefusesEveryFlippedBit) {
  // Cursors of several lengths end at different places of a base64 group.
  for (size_t length : {0u, 1u, 2u, 3u}) {
    Position position = position_;
    position.cursor = std::string(length, 'c');
    const std::string token = tokens_.Make(position, kList);
    for (size_t i = 0; i < token.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string forged = token;
        forged[i] = static_cast<char>(forged[i] ^ (1 << bit));
        EXPECT_NE(Refusal(tokens_.Read(forged, kList)), "")
            << "byte " << i << " bit " << bit;
      }
    }
  }
}

TEST_F(ResumeTokenTest, RefusesEveryFlippedBitOfWhatItHolds) {
  std::string bytes;
  ASSERT_TRUE(
      absl::WebSafeBase64Unescape(tokens_.Make(position_, kList), &bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string forged = bytes;
      forged[i] = static_cast<char>(forged[i] ^ (1 << bit));
      EXPECT_THAT(
          Refusal(tokens_.Read(absl::WebSafeBase64Escape(forged), kList)),
          HasSubstr("was altered"));
    }
  }
}

TEST_F(ResumeTokenTest, RefusesEveryTruncationAndExtension) {
  const std::string token = tokens_.Make(position_, kList);
  for (size_t size = 0; size < token.size(); ++size) {
    EXPECT_NE(Refusal(tokens_.Read(token.substr(0, size), kList)), "") << size;
  }
  for (const char* more : {"A", "AAAA", "=", "==", " ", "\n", ".", "%"}) {
    EXPECT_NE(Refusal(tokens_.Read(absl::StrCat(token, more), kList)), "")
        << more;
  }
}

TEST_F(ResumeTokenTest, RefusesJunk) {
  for (const std::string& junk :
       {std::string(), std::string("junk"), std::string(1025, 'A'),
        std::string(1 << 20, 'A'), std::string("\0\0\0\0", 4),
        std::string("../../etc"), std::string("' OR 1=1"),
        std::string(64, 'A')}) {
    EXPECT_NE(Refusal(tokens_.Read(junk, kList)), "") << junk.size();
  }
}

TEST_F(ResumeTokenTest, ExpiresToTheSecond) {
  const std::string token = tokens_.Make(position_, kList);
  clock_.Advance(kLifetime - absl::Seconds(1));
  EXPECT_TRUE(tokens_.Read(token, kList).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Refusal(tokens_.Read(token, kList)), HasSubstr("has expired"));
}

TEST_F(ResumeTokenTest, BelongsToOneList) {
  const std::string token = tokens_.Make(position_, kList);
  for (const std::string& list :
       {std::string(), absl::StrCat(kList, " "),
        std::string("other|shop|settlements.list_payouts|?currency=EUR")}) {
    EXPECT_THAT(Refusal(tokens_.Read(token, list)),
                HasSubstr("belongs to another account, operation or filter"));
  }
}

TEST_F(ResumeTokenTest, WorksOnAReplicaWithTheSameSecret) {
  const ResumeTokens replica = Tokens({"a secret of thirty-two characters"});
  const auto read = replica.Read(tokens_.Make(position_, kList), kList);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, position_);
}

TEST_F(ResumeTokenTest, RefusesTheTokenOfAnotherSecret) {
  const ResumeTokens other = Tokens({"another secret"});
  EXPECT_THAT(Refusal(other.Read(tokens_.Make(position_, kList), kList)),
              HasSubstr("signed with a secret that is not configured"));
}

TEST_F(ResumeTokenTest, SecretsCanBeReplacedUnderWay) {
  const ResumeTokens before = Tokens({"old"});
  const ResumeTokens prepared = Tokens({"old", "new"});
  const ResumeTokens switched = Tokens({"new", "old"});
  const ResumeTokens after = Tokens({"new"});
  const auto reads = [&](const ResumeTokens& maker,
                         const ResumeTokens& reader) {
    return reader.Read(maker.Make(position_, kList), kList).ok();
  };
  // Replicas of two neighbouring steps run side by side.
  EXPECT_TRUE(reads(before, prepared));
  EXPECT_TRUE(reads(prepared, before));
  EXPECT_TRUE(reads(prepared, switched));
  EXPECT_TRUE(reads(switched, prepared));
  EXPECT_TRUE(reads(switched, after));
  EXPECT_TRUE(reads(after, switched));
  EXPECT_FALSE(reads(before, after));
}

TEST_F(ResumeTokenTest, RefusesAnotherVersionThoughItIsGenuine) {
  std::string bytes;
  ASSERT_TRUE(
      absl::WebSafeBase64Unescape(tokens_.Make(position_, kList), &bytes));
  std::string payload = bytes.substr(16);
  payload[0] = 1;
  const std::string signature =
      auth::HmacSha256("a secret of thirty-two characters", payload)
          .substr(0, 16);
  EXPECT_THAT(Refusal(tokens_.Read(
                  absl::WebSafeBase64Escape(signature + payload), kList)),
              HasSubstr("is of another version"));
}

// Genuine tokens with bits flipped, cut, put together of two, or of another
// list, secret or time; and any bytes. KLARNA_TOKENS=1000000 for more.
TEST_F(ResumeTokenTest, RefusesForgeries) {
  const char* wanted = std::getenv("KLARNA_TOKENS");
  const int count = wanted == nullptr ? 20'000 : std::atoi(wanted);
  const ResumeTokens other = Tokens({"another secret"});
  std::mt19937_64 random(1);
  for (int n = 0; n < count; ++n) {
    const Position position = {
        .offset = static_cast<int64_t>(random() >> 1),
        .cursor = std::string(random() % 40, 'c'),
        .delivered = static_cast<int64_t>(random() >> 1)};
    std::string bytes;
    absl::WebSafeBase64Unescape(tokens_.Make(position, kList), &bytes);
    std::string second;
    absl::WebSafeBase64Unescape(tokens_.Make(position_, kList), &second);
    switch (n % 6) {
      case 0:
        for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
          const size_t at = random() % bytes.size();
          // Bits of different bytes, so that no flip undoes another.
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << flips));
        }
        break;
      case 1:
        bytes.resize(random() % bytes.size());
        break;
      case 2:
        bytes = bytes.substr(0, 16) + second.substr(16);
        break;
      case 3:
        absl::WebSafeBase64Unescape(other.Make(position, kList), &bytes);
        break;
      case 4:
        absl::WebSafeBase64Unescape(tokens_.Make(position, "another list"),
                                    &bytes);
        break;
      default:
        for (char& byte : bytes) byte = static_cast<char>(random());
        break;
    }
    ASSERT_FALSE(tokens_.Read(absl::WebSafeBase64Escape(bytes), kList).ok())
        << n;
  }
}

TEST_F(ResumeTokenTest, RefusalsSayWhatToDo) {
  EXPECT_THAT(Refusal(tokens_.Read("junk", kList)),
              HasSubstr("start the stream without a resume_token"));
}

}  // namespace
}  // namespace klarna::gateway
