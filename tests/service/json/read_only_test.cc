// SPDX-License-Identifier: Apache-2.0
#include "service/json/read_only.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Wire(const std::string& text) {
  samples::Shared message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message.SerializeAsString();
}

std::vector<std::string> Find(const std::string& wire, size_t most = 100) {
  return FindReadOnly(wire, TableOf<samples::Shared>(), most);
}

TEST(ReadOnlyTest, LeavesOtherFieldsAlone) {
  EXPECT_THAT(Find(""), IsEmpty());
  EXPECT_THAT(Find(Wire("amount: 1 info { total: 2 } child { amount: 3 }"
                        "children { } children { amount: 4 }")),
              IsEmpty());
}

TEST(ReadOnlyTest, FindsWhatIsPresentThoughEmpty) {
  EXPECT_THAT(Find(Wire("id: ''")), ElementsAre("id"));
  EXPECT_THAT(Find(Wire("made { }")), ElementsAre("made"));
}

TEST(ReadOnlyTest, FindsFieldsInTheOrderOfTheWire) {
  EXPECT_THAT(Find(Wire("made { total: 1 }") + Wire("id: 'a' amount: 1")),
              ElementsAre("made", "id"));
}

TEST(ReadOnlyTest, TakesAListForOneField) {
  EXPECT_THAT(Find(Wire("states: 'a' states: 'b'")), ElementsAre("states"));
}

TEST(ReadOnlyTest, FindsFieldsInNestedMessages) {
  EXPECT_THAT(Find(Wire("child { child { id: 'a' } states: 'b' }")),
              ElementsAre("child.states", "child.child.id"));
}

TEST(ReadOnlyTest, NamesTheElementOfAList) {
  EXPECT_THAT(Find(Wire("children { } children { id: 'a' }"
                        "children { children { made { } } }")),
              ElementsAre("children[1].id", "children[2].children[0].made"));
}

TEST(ReadOnlyTest, StopsAtTheLimit) {
  std::string wire;
  for (int i = 0; i < 100; ++i) wire += Wire("children { id: 'a' }");
  EXPECT_THAT(Find(wire, 3), ElementsAre("children[0].id", "children[1].id",
                                         "children[2].id"));
}

TEST(ReadOnlyTest, FindsNothingBelowTheDeepestMessage) {
  samples::Shared root;
  samples::Shared* deepest = &root;
  for (int depth = 1; depth < kMaxDepth; ++depth) {
    deepest = deepest->mutable_child();
  }
  deepest->set_id("a");
  EXPECT_THAT(Find(root.SerializeAsString()), SizeIs(1));
  deepest->clear_id();
  deepest->mutable_child()->set_id("a");
  EXPECT_THAT(Find(root.SerializeAsString()), IsEmpty());
}

TEST(ReadOnlyTest, SurvivesBytesCutAnywhere) {
  const std::string wire = Wire(
      "amount: 300 id: 'abc' children { id: 'd' } child { made { total: 7 } }");
  for (size_t size = 0; size < wire.size(); ++size) {
    EXPECT_LE(Find(wire.substr(0, size)).size(), 3u);
  }
}

}  // namespace
}  // namespace klarna::json
