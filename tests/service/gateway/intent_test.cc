// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/intent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "service/auth/uuid.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

using ::testing::HasSubstr;

constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";
// 2023-11-14T22:13:20Z, the time in kId.
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class IntentTest : public ::testing::Test {
 protected:
  IntentTest() {
    account_.merchant_key = "M1";
    route_.label = "order_management.create_capture";
  }

  absl::StatusOr<Intent> Make(
      absl::string_view id = kId,
      std::optional<google::protobuf::Timestamp> first_attempt = std::nullopt,
      absl::string_view content = "content") {
    const IntentScope scope{tenant_, account_, route_, path_};
    return MakeIntent(scope, id, first_attempt ? &*first_attempt : nullptr,
                      content, kNow, random_);
  }

  std::string Key(absl::string_view id = kId) {
    const auto intent = Make(id, At(1'700'000'000));
    return intent.ok() ? intent->key : "";
  }

  static google::protobuf::Timestamp At(int64_t seconds, int32_t nanos = 0) {
    google::protobuf::Timestamp time;
    time.set_seconds(seconds);
    time.set_nanos(nanos);
    return time;
  }

  static std::string FieldOf(const absl::Status& status) {
    google::rpc::BadRequest detail;
    return rest::GetDetail(status, detail) ? detail.field_violations(0).field()
                                           : "";
  }

  std::string tenant_ = "default";
  config::Account account_;
  rest::Route route_;
  std::string path_ = "/ordermanagement/v1/orders/1/captures";
  testing::CountingRandom random_;
};

// A crashed client that comes back tomorrow, or another replica, must make the
// same key. So this text must never change.
TEST_F(IntentTest, KeyIsTheSameForEver) {
  EXPECT_EQ(Key(), "724d2264-8c4f-5c8f-8db0-2e6d76a5b06c");
}

TEST_F(IntentTest, KeyIsAUuidOfVersionFive) {
  EXPECT_THAT(Key(), ::testing::MatchesRegex(
                         "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]"
                         "[0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST_F(IntentTest, KeyDependsOnEveryPartOfTheScope) {
  const std::string key = Key();
  EXPECT_NE(Key("another-id"), key);
  tenant_ = "another";
  EXPECT_NE(Key(), key);
  tenant_ = "default";
  account_.merchant_key = "M2";
  EXPECT_NE(Key(), key);
  account_.merchant_key = "M1";
  route_.label = "order_management.create_refund";
  EXPECT_NE(Key(), key);
  route_.label = "order_management.create_capture";
  path_ = "/ordermanagement/v1/orders/2/captures";
  EXPECT_NE(Key(), key);
}

TEST_F(IntentTest, PartsOfTheKeyCannotRunIntoEachOther) {
  tenant_ = "ab";
  account_.merchant_key = "c";
  const std::string key = Key();
  tenant_ = "a";
  account_.merchant_key = "bc";
  EXPECT_NE(Key(), key);
}

// An account may be renamed without forgetting what was done under its name.
// Who knows another one's request_id, or makes one up that looks like the end
// of another part, still has a key of his own.
TEST_F(IntentTest, NoTwoIntentsShareAKey) {
  std::mt19937_64 random(1);
  const auto part = [&random](size_t most) {
    constexpr char kLetters[] = "a/|0\n~";
    std::string text;
    for (size_t size = 1 + random() % most; size > 0; --size) {
      text += kLetters[random() % (sizeof(kLetters) - 1)];
    }
    return text;
  };
  std::map<std::string, std::vector<std::string>> intents;
  for (int i = 0; i < 100'000; ++i) {
    tenant_ = part(2);
    account_.merchant_key = part(2);
    route_.label = part(2);
    path_ = part(2);
    std::string id = part(3);
    std::replace(id.begin(), id.end(), '\n', 'n');  // It has to be printable.
    const std::vector<std::string> parts = {tenant_, account_.merchant_key,
                                            route_.label, path_, id};
    const std::string key = Key(id);
    ASSERT_NE(key, "");
    ASSERT_EQ(intents.emplace(key, parts).first->second, parts);
  }
  EXPECT_GT(intents.size(), 50'000u);
}

TEST_F(IntentTest, KeyDoesNotDependOnNameContentOrTime) {
  const std::string key = Key();
  account_.name = "renamed";
  EXPECT_EQ(Key(), key);
  EXPECT_EQ(Make(kId, std::nullopt, "other content")->key, key);
  EXPECT_EQ(Make(kId, At(1'600'000'000))->key, key);
}

TEST_F(IntentTest, ContentHashTellsContentsApart) {
  EXPECT_EQ(Make()->content_hash, Make()->content_hash);
  EXPECT_NE(Make()->content_hash,
            Make(kId, std::nullopt, "other")->content_hash);
  EXPECT_EQ(Make()->content_hash.size(), 32u);
}

TEST_F(IntentTest, FirstAttemptIsTheTimeOfTheUuid) {
  EXPECT_EQ(Make()->first_attempt, kNow);
  EXPECT_EQ(Make(kId, At(1'600'000'000))->first_attempt, kNow)
      << "the id cannot be given another age";
}

TEST_F(IntentTest, FirstAttemptOfAnyOtherIdIsTheCallers) {
  EXPECT_EQ(Make("order-4711", At(1'600'000'000, 500))->first_attempt,
            absl::FromUnixSeconds(1'600'000'000) + absl::Nanoseconds(500));
}

TEST_F(IntentTest, MissingIdIsRefusedWithAFreshOne) {
  const absl::Status status = Make("").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldOf(status), "request_id");
  const std::string text(status.message());
  ASSERT_GE(text.size(), 36u);
  EXPECT_EQ(auth::TimeOfUuid(text.substr(text.size() - 36)), kNow) << text;
}

TEST_F(IntentTest, TakesAnyPrintableTokenOfUpTo64Characters) {
  EXPECT_TRUE(Make("!", At(1'700'000'000)).ok());
  EXPECT_TRUE(Make(std::string(64, '~'), At(1'700'000'000)).ok());
}

TEST_F(IntentTest, RefusesWhatIsNoToken) {
  for (const std::string& id :
       {std::string(65, 'a'), std::string("a b"), std::string(" "),
        std::string("a\r\nb"), std::string("a\0b", 3), std::string("a\x7f"),
        std::string("r\xc3\xa9")}) {
    const absl::Status status = Make(id, At(1'700'000'000)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << id;
    EXPECT_EQ(FieldOf(status), "request_id");
  }
}

TEST_F(IntentTest, ATokenThatIsNoUuidNeedsItsFirstAttempt) {
  for (const char* id :
       {"order-4711", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f"}) {
    const absl::Status status = Make(id).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldOf(status), "first_attempt_at");
  }
}

TEST_F(IntentTest, RefusesATimeThatIsNone) {
  for (const auto& time :
       {At(253402300800), At(-62135596801), At(0, -1), At(0, 1'000'000'000),
        At(std::numeric_limits<int64_t>::max()),
        At(std::numeric_limits<int64_t>::min())}) {
    EXPECT_EQ(FieldOf(Make("order-4711", time).status()), "first_attempt_at");
  }
  EXPECT_TRUE(Make("order-4711", At(-62135596800)).ok());
}

TEST_F(IntentTest, RefusesTheFutureButForClockSkew) {
  EXPECT_TRUE(Make("order-4711", At(1'700'000'000 + 300)).ok());
  const absl::Status status =
      Make("order-4711", At(1'700'000'000 + 301)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("clock"));
  const std::string tomorrow = auth::TimeUuid(kNow + absl::Hours(24), random_);
  EXPECT_EQ(Make(tomorrow).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace klarna::gateway
