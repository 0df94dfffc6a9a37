// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/key_store.h"

#include <gtest/gtest.h>

namespace klarna::sandbox {
namespace {

Answer Body(const char* body) {
  Answer answer;
  answer.body = body;
  return answer;
}

TEST(KeyStoreTest, KeepsTheFirstAnswerFor24Hours) {
  KeyStore store;
  const absl::Time start = absl::FromUnixSeconds(1000);
  EXPECT_EQ(store.Find("a", start), nullptr);
  store.Keep("a", Body("first"), start, start);
  store.Keep("a", Body("second"), start + absl::Hours(1), start);
  ASSERT_NE(store.Find("a", start + absl::Hours(23)), nullptr);
  EXPECT_EQ(store.Find("a", start + absl::Hours(23))->body, "first");
  EXPECT_EQ(store.Find("b", start), nullptr);
  EXPECT_EQ(store.Find("a", start + absl::Hours(24)), nullptr);
}

TEST(KeyStoreTest, ForgetsOnlyWhatIsOld) {
  KeyStore store;
  const absl::Time start = absl::FromUnixSeconds(1000);
  store.Keep("a", Body("a"), start, start);
  store.Keep("b", Body("b"), start + absl::Hours(2), start);
  EXPECT_EQ(store.Find("a", start + absl::Hours(25)), nullptr);
  EXPECT_NE(store.Find("b", start + absl::Hours(25)), nullptr);
}

TEST(KeyStoreTest, AKeyIsUnderWayUntilItsAnswerIsThere) {
  KeyStore store;
  const absl::Time start = absl::FromUnixSeconds(1000);
  EXPECT_FALSE(store.UnderWay("a", start));
  store.Keep("a", Body("a"), start, start + absl::Seconds(2));
  EXPECT_TRUE(store.UnderWay("a", start + absl::Seconds(1)));
  EXPECT_FALSE(store.UnderWay("a", start + absl::Seconds(2)));
}

}  // namespace
}  // namespace klarna::sandbox
