// SPDX-License-Identifier: Apache-2.0
#include "service/rest/path_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace klarna::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PathTemplate MustCompile(absl::string_view text) {
  absl::StatusOr<PathTemplate> path = PathTemplate::Compile(text);
  EXPECT_TRUE(path.ok()) << path.status();
  return path.ok() ? *path : PathTemplate();
}

TEST(PathTemplateTest, NamesItsVariablesInOrder) {
  const PathTemplate path =
      MustCompile("/orders/{order_id}/captures/{capture_id}/extend-due-date");
  EXPECT_THAT(path.variables(), ElementsAre("order_id", "capture_id"));
  EXPECT_EQ(path.text(),
            "/orders/{order_id}/captures/{capture_id}/extend-due-date");
}

TEST(PathTemplateTest, ExpandsLiteralsAndVariables) {
  struct Case {
    absl::string_view text;
    std::vector<absl::string_view> values;
    absl::string_view path;
  };
  const Case cases[] = {
      {"/payouts", {}, "/payouts"},
      {"/payouts/{reference}", {"XISA93DJ"}, "/payouts/XISA93DJ"},
      {"/{a}/{b}", {"1", "2"}, "/1/2"},
      {"/o/{id}/captures/{c2}/x", {"A", "B"}, "/o/A/captures/B/x"},
      {"/v4/a-b_c.d~e", {}, "/v4/a-b_c.d~e"},
  };
  for (const Case& c : cases) {
    const auto path = MustCompile(c.text).Expand(c.values);
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, c.path);
  }
  EXPECT_THAT(MustCompile("/payouts").variables(), IsEmpty());
}

TEST(PathTemplateTest, RefusesWhatIsNoTemplate) {
  struct Case {
    absl::string_view text;
    absl::string_view problem;
  };
  const Case cases[] = {
      {"", "does not begin with"},
      {"orders", "does not begin with"},
      {"/", "neither a literal nor a {variable}"},
      {"//orders", "neither a literal nor a {variable}"},
      {"/orders/", "neither a literal nor a {variable}"},
      {"/orders/.", "neither a literal nor a {variable}"},
      {"/orders/..", "neither a literal nor a {variable}"},
      {"/orders?size=1", "neither a literal nor a {variable}"},
      {"/orders%2F", "neither a literal nor a {variable}"},
      {"/orders/{}", "neither a literal nor a {variable}"},
      {"/orders/{order_id", "neither a literal nor a {variable}"},
      {"/orders/{orderId}", "neither a literal nor a {variable}"},
      {"/orders/{order_id=**}", "neither a literal nor a {variable}"},
      {"/orders/v{version}", "neither a literal nor a {variable}"},
      {"/orders/{id}/refunds/{id}", "names {id} twice"},
  };
  for (const Case& c : cases) {
    const auto path = PathTemplate::Compile(c.text);
    ASSERT_FALSE(path.ok()) << c.text;
    EXPECT_EQ(path.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(path.status().message()),
                HasSubstr(std::string(c.problem)))
        << c.text;
  }
}

TEST(PathTemplateTest, EncodesHostileValuesIntoOneSegment) {
  struct Case {
    std::string value;
    absl::string_view segment;
  };
  const Case cases[] = {
      {"../admin", "..%2Fadmin"},
      {"..%2fadmin", "..%252fadmin"},
      {"%2e%2e", "%252e%252e"},
      {"a/b", "a%2Fb"},
      {"a?x=1", "a%3Fx%3D1"},
      {"a#b", "a%23b"},
      {"a;b", "a%3Bb"},
      {"a\\b", "a%5Cb"},
      {std::string("a\0b", 3), "a%00b"},
      {"a b\r\nHost: x", "a%20b%0D%0AHost%3A%20x"},
      {"\xC0\xAE\xC0\xAE", "%C0%AE%C0%AE"},
      {"\xFF", "%FF"},
      {"...", "..."},
      {".a", ".a"},
      {"{order_id}", "%7Border_id%7D"},
      {"krn:network:us1:live:payment:dispute:5169719611111",
       "krn%3Anetwork%3Aus1%3Alive%3Apayment%3Adispute%3A5169719611111"},
  };
  const PathTemplate path = MustCompile("/orders/{order_id}/captures");
  for (const Case& c : cases) {
    const auto expanded = path.Expand({c.value});
    ASSERT_TRUE(expanded.ok()) << expanded.status();
    EXPECT_EQ(*expanded, "/orders/" + std::string(c.segment) + "/captures");
    EXPECT_EQ(std::count(expanded->begin(), expanded->end(), '/'), 3);
  }
}

TEST(PathTemplateTest, RefusesValuesThatWouldChangeThePath) {
  struct Case {
    std::string value;
    absl::string_view problem;
  };
  const Case cases[] = {
      {"", "order_id is required and empty or missing"},
      {".", "order_id must not be \".\" or \"..\""},
      {"..", "order_id must not be \".\" or \"..\""},
      {std::string(257, 'a'), "order_id is longer than 256 bytes"},
      {std::string(65536, '/'), "order_id is longer than 256 bytes"},
  };
  const PathTemplate path = MustCompile("/orders/{order_id}");
  for (const Case& c : cases) {
    const auto expanded = path.Expand({c.value});
    ASSERT_FALSE(expanded.ok());
    EXPECT_EQ(expanded.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(expanded.status().message()),
                HasSubstr(std::string(c.problem)));
  }
  EXPECT_TRUE(path.Expand({std::string(256, 'a')}).ok());
}

TEST(PathTemplateTest, WantsAValueForEachVariable) {
  EXPECT_EQ(MustCompile("/o/{a}/{b}").Expand({"1"}).status().code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace klarna::rest
