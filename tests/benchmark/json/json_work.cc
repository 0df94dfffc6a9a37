// SPDX-License-Identifier: Apache-2.0
//
// json_work WORK TIMES: does one kind of work a number of times, so that
// callgrind's count for more times, less that for fewer, is the work alone.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "klarna/settlements/v1/transaction.pb.h"
#include "service/json/check_wire.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"
#include "service/json/wire_to_json.h"
#include "tests/benchmark/json/transaction_page.h"

namespace {

using ::klarna::json::DecodedPage;
using ::klarna::json::Members;
using ::klarna::json::MessageTable;
using ::klarna::settlements::v1::TransactionCollection;

constexpr int kItems = TransactionCollection::kTransactionsFieldNumber;

// False when the work failed.
bool Work(std::string_view work, const std::string& page,
          const DecodedPage& decoded, const MessageTable& table,
          DecodedPage& out) {
  if (work == "check_wire") {
    return klarna::json::CheckWire(decoded.items, table).ok();
  }
  if (work == "wire_to_json") {
    std::string json;
    return klarna::json::Encode(decoded.items, table, {}, json).ok();
  }
  return klarna::json::DecodePage(page, table, kItems, false, out).ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr,
                 "json_work json_to_wire|json_to_wire_shuffled|"
                 "json_to_wire_spaced|wire_to_json|check_wire TIMES\n");
    return 2;
  }
  const std::string_view work = argv[1];
  const auto schema =
      klarna::json::Schema::Compile({TransactionCollection::descriptor()});
  const MessageTable& table =
      *(*schema)->Find(TransactionCollection::descriptor());
  const std::string page = klarna::json::TransactionPage(
      work == "json_to_wire_shuffled" ? Members::kShuffled
      : work == "json_to_wire_spaced" ? Members::kSpaced
                                      : Members::kInSchemaOrder);
  DecodedPage decoded;
  if (!klarna::json::DecodePage(page, table, kItems, false, decoded).ok()) {
    return 1;
  }
  DecodedPage out;
  for (int i = std::atoi(argv[2]); i > 0; --i) {
    if (!Work(work, page, decoded, table, out)) return 1;
  }
  return 0;
}
