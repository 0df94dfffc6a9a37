// SPDX-License-Identifier: Apache-2.0
//
// A request of a mebibyte whose unmapped values are to be merged into its body
// costs at most 50 ms of processor time.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "klarna/order_management/v1/order.pb.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire.h"
#include "service/json/wire_to_json.h"
#include "service/rest/route.h"
#include "tests/bombs/thread_time.h"

namespace klarna::bombs {
namespace {

using json::Unmapped;

// What an entry costs on the wire beside its texts.
constexpr size_t kEntryBytes = 6;

struct Patch {
  const char* name;
  std::string wire;
  std::vector<Unmapped> unmapped;
};

template <typename Entry>
std::vector<Unmapped> Many(size_t bytes, const Entry& entry) {
  std::vector<Unmapped> all;
  for (size_t used = 0; used < bytes;) {
    Unmapped next = entry(all.size());
    used += next.pointer.size() + next.json.size() + kEntryBytes;
    all.push_back(std::move(next));
  }
  return all;
}

// An order with so many empty lines.
std::string Lines(size_t bytes) {
  std::string wire;
  while (wire.size() < bytes) {
    json::AppendLengthDelimited(
        order_management::v1::Order::kOrderLinesFieldNumber, "", wire);
  }
  return wire;
}

std::vector<Patch> Patches() {
  const size_t half = kMebibyte / 2;
  const auto at = [](const std::string& pointer) {
    return [pointer](size_t) { return Unmapped{-1, pointer, "1"}; };
  };
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "/a";
  return {
      {"ManyMembers", "",
       Many(kMebibyte,
            [](size_t i) {
              return Unmapped{-1, absl::StrCat("/", absl::Hex(i)), "1"};
            })},
      {"OneMemberOverAndOver", "", Many(kMebibyte, at("/a"))},
      {"DeepPointers", "", Many(kMebibyte, at(deep))},
      {"MembersOfManyLines", Lines(half),
       Many(half,
            [](size_t i) {
              return Unmapped{-1, absl::StrCat("/order_lines/", i, "/x"), "1"};
            })},
      {"LinesInFront", Lines(half), Many(half, at("/order_lines/0"))},
      {"LinesBehind", Lines(half), Many(half, at("/order_lines/-"))},
      {"LinesInFrontAndBehind", Lines(half),
       Many(half,
            [](size_t i) {
              return Unmapped{
                  -1, i % 2 == 0 ? "/order_lines/0" : "/order_lines/-", "1"};
            })},
      {"LongValues", "",
       Many(kMebibyte,
            [](size_t i) {
              return Unmapped{-1, absl::StrCat("/", absl::Hex(i)),
                              "\"" + std::string(1000, 'x') + "\""};
            })},
      {"OneLongPointer", "", {{-1, "/" + std::string(kMebibyte, '~'), "1"}}},
      {"OneValue", "", {{-1, "/a", "[" + std::string(kMebibyte, ' ') + "]"}}},
  };
}

TEST(PatchCostTest, OfAnOrder) {
  const auto routes = rest::RouteTable::Compile(rest::LinkedServices()).value();
  const json::MessageTable& table =
      *routes->schema().Find(order_management::v1::Order::descriptor());
  for (const Patch& patch : Patches()) {
    const absl::Duration took = ThreadTime(kLimit, [&] {
      std::string body;
      json::Encode(patch.wire, table, patch.unmapped, body).IgnoreError();
    });
    EXPECT_LE(took, kLimit) << patch.name;
    std::printf("%s: %zu entries, %.1f ms\n", patch.name, patch.unmapped.size(),
                absl::ToDoubleMilliseconds(took));
  }
}

}  // namespace
}  // namespace klarna::bombs
