// SPDX-License-Identifier: Apache-2.0
#include "service/auth/uuid.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/ascii.h"

namespace klarna::auth {
namespace {

constexpr char kDns[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

class FixedRandom final : public runtime::Random {
 public:
  explicit FixedRandom(uint64_t value) : value_(value) {}
  uint64_t Next() override { return value_++; }

 private:
  uint64_t value_;
};

// RFC 9562, appendices A.4 and B.
TEST(UuidTest, NameUuidIsThatOfTheRfc) {
  EXPECT_EQ(NameUuid(kDns, "www.example.com"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(UuidTest, NameUuidIsThatOfOtherImplementations) {
  EXPECT_EQ(NameUuid(kDns, "python.org"),
            "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  EXPECT_EQ(NameUuid(kDns, ""), "4ebd0208-8328-5d69-8c44-ec50939c0967");
}

TEST(UuidTest, NameUuidDependsOnNamespaceAndName) {
  EXPECT_EQ(NameUuid(kDns, "a"), NameUuid(kDns, "a"));
  EXPECT_NE(NameUuid(kDns, "a"), NameUuid(kDns, "b"));
  EXPECT_NE(NameUuid(kDns, "a"),
            NameUuid("6ba7b811-9dad-11d1-80b4-00c04fd430c8", "a"));
}

// RFC 9562, appendix A.6.
TEST(UuidTest, ReadsTheTimeOfTheRfcsExample) {
  EXPECT_EQ(TimeOfUuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"),
            absl::FromUnixMillis(1645557742000));
  EXPECT_EQ(TimeOfUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
            absl::FromUnixMillis(1645557742000));
}

TEST(UuidTest, ATimeSurvivesTheRoundTripToTheMillisecond) {
  FixedRandom random(0);
  for (const int64_t millis :
       {int64_t{0}, int64_t{1}, int64_t{1'700'000'000'123},
        int64_t{253'402'300'799'999}, (int64_t{1} << 48) - 1}) {
    const std::string uuid = TimeUuid(
        absl::FromUnixMillis(millis) + absl::Microseconds(999), random);
    EXPECT_EQ(TimeOfUuid(uuid), absl::FromUnixMillis(millis)) << uuid;
  }
}

TEST(UuidTest, TimeUuidIsWellFormedWhateverTheRandomBits) {
  for (const uint64_t bits : {uint64_t{0}, ~uint64_t{1000}}) {
    FixedRandom random(bits);
    const std::string uuid =
        TimeUuid(absl::FromUnixMillis(1'700'000'000'000), random);
    EXPECT_EQ(uuid.size(), 36u);
    EXPECT_EQ(uuid.substr(0, 15), "018bcfe5-6800-7");
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    EXPECT_EQ(uuid, absl::AsciiStrToLower(uuid));
  }
}

TEST(UuidTest, TimeUuidsOfOneMillisecondDiffer) {
  FixedRandom random(7);
  std::set<std::string> uuids;
  for (int i = 0; i < 1000; ++i) {
    uuids.insert(TimeUuid(absl::FromUnixMillis(1), random));
  }
  EXPECT_EQ(uuids.size(), 1000u);
}

TEST(UuidTest, LaterTimesSortBehind) {
  FixedRandom random(~uint64_t{1000});
  std::string before;
  for (int64_t millis = 1; millis < (int64_t{1} << 47); millis *= 3) {
    const std::string uuid = TimeUuid(absl::FromUnixMillis(millis), random);
    EXPECT_LT(before, uuid);
    before = uuid;
  }
}

TEST(UuidTest, OnlyVersionSevenHasATime) {
  for (const char* text : {
           "", "order-4711",
           "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",   // Version 4.
           "017f22e2-79b0-6cc3-98c4-dc0c0c07398f",   // Version 6.
           "017f22e2-79b0-8cc3-98c4-dc0c0c07398f",   // Version 8.
           "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",   // Another variant.
           "017f22e2-79b0-7cc3-d8c4-dc0c0c07398f",   // Another variant.
           "017f22e279b07cc398c4dc0c0c07398f",       // No hyphens.
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398",    // Too short.
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",  // Too long.
           "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",   // Braces.
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",   // Not hexadecimal.
           "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",   // A hyphen elsewhere.
           "017f22e2-79b0-7cc3-98c4-dc0c0c0-398f",   // One hyphen more.
       }) {
    EXPECT_FALSE(TimeOfUuid(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace klarna::auth
