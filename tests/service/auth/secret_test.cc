// SPDX-License-Identifier: Apache-2.0
#include "service/auth/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace {

// The block that a test looks at when it is freed.
const char* watched = nullptr;
size_t watched_size = 0;
bool was_wiped = false;

}  // namespace

// Not inlined: the compiler would take the pairs apart and warn of a mismatch.
[[gnu::noinline]] void* operator new[](size_t size) {
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete[](void* block) noexcept {
  if (block != nullptr && block == watched) {
    was_wiped = std::all_of(watched, watched + watched_size,
                            [](char c) { return c == '\0'; });
    watched = nullptr;
  }
  std::free(block);
}
[[gnu::noinline]] void operator delete[](void* block, size_t) noexcept {
  operator delete[](block);
}

namespace klarna::auth {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept Catable = std::is_convertible_v<const T&, absl::AlphaNum>;

static_assert(Streamable<std::string> && Catable<std::string>);
static_assert(!Streamable<Secret>);
static_assert(!Catable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::equality_comparable<Secret>);

constexpr std::string_view kText = "a password longer than a small string";

void Watch(const Secret& secret) {
  watched = secret.Reveal().data();
  watched_size = secret.Reveal().size();
  was_wiped = false;
}

TEST(SecretTest, RevealsItsBytes) {
  EXPECT_EQ(Secret(kText).Reveal(), kText);
  EXPECT_EQ(Secret(std::string_view("a\0b", 3)).Reveal().size(), 3u);
  EXPECT_FALSE(Secret(kText).empty());
}

TEST(SecretTest, IsEmptyByDefault) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret().Reveal(), "");
}

TEST(SecretTest, TakeWipesTheSource) {
  std::string source(kText);
  const char* const bytes = source.data();
  const Secret secret = Secret::Take(source);
  EXPECT_EQ(secret.Reveal(), kText);
  EXPECT_TRUE(source.empty());
  EXPECT_TRUE(std::all_of(bytes, bytes + kText.size(),
                          [](char c) { return c == '\0'; }));
}

TEST(SecretTest, CopiesAreIndependent) {
  Secret first(kText);
  const Secret second = first;
  first = Secret("other");
  EXPECT_EQ(first.Reveal(), "other");
  EXPECT_EQ(second.Reveal(), kText);
}

TEST(SecretTest, MoveLeavesTheSourceEmpty) {
  Secret first(kText);
  const Secret second = std::move(first);
  EXPECT_EQ(second.Reveal(), kText);
  EXPECT_TRUE(first.empty());  // NOLINT: what a move leaves is the point
  EXPECT_EQ(first.Reveal(), "");
}

TEST(SecretTest, IsWipedAtItsEnd) {
  {
    const Secret secret(kText);
    Watch(secret);
  }
  EXPECT_TRUE(was_wiped);
}

TEST(SecretTest, IsWipedWhenReplaced) {
  Secret secret(kText);
  Watch(secret);
  secret = Secret("other");
  EXPECT_TRUE(was_wiped);
}

TEST(SecretTest, SurvivesAssignmentToItself) {
  Secret secret(kText);
  const Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.Reveal(), kText);
}

}  // namespace
}  // namespace klarna::auth
