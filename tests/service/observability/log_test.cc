// SPDX-License-Identifier: Apache-2.0
#include "service/observability/log.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "service/auth/secret.h"

namespace klarna::observability {
namespace {

static_assert(!std::is_convertible_v<auth::Secret, LogValue>,
              "a secret must not become a log field");

class LevelLog final : public Log {
 public:
  bool Enabled(Level) const override { return true; }
  void Write(Level level, std::string_view message, LogFields fields) override {
    lines.push_back(std::string(LevelName(level)) + " " + std::string(message) +
                    " " + std::to_string(fields.size()));
  }
  std::vector<std::string> lines;
};

TEST(LogTest, PassesLevelMessageAndFields) {
  LevelLog log;
  log.Debug("a");
  log.Info("b", {{"one", 1}});
  log.Warn("c", {{"one", "x"}, {"two", 2.5}});
  log.Error("d", {{"one", true}, {"two", std::string("y")}, {"three", 3u}});
  EXPECT_EQ(log.lines, (std::vector<std::string>{"debug a 0", "info b 1",
                                                 "warn c 2", "error d 3"}));
}

TEST(LogTest, KeepsTheKindOfAValue) {
  const auto holds = [](LogValue value, size_t index) {
    return value.value().index() == index;
  };
  EXPECT_TRUE(holds("text", 0));
  EXPECT_TRUE(holds(std::string_view("text"), 0));
  EXPECT_TRUE(holds(absl::string_view("text"), 0));
  EXPECT_TRUE(holds(-1, 1));
  EXPECT_TRUE(holds(size_t{1}, 2));
  EXPECT_TRUE(holds(0.5f, 3));
  EXPECT_TRUE(holds(false, 4));
}

}  // namespace
}  // namespace klarna::observability
