// SPDX-License-Identifier: Apache-2.0
//
// The codec beside protobuf's JSON parser and simdjson's, over one page of 500
// transactions; and documents made to be slow, of 1 MiB each.
#include <string>

#include "benchmark/benchmark.h"
#include "google/protobuf/util/json_util.h"
#include "klarna/settlements/v1/transaction.pb.h"
#include "service/json/check_wire.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"
#include "service/json/wire_to_json.h"
#include "simdjson.h"
#include "tests/benchmark/json/transaction_page.h"

namespace klarna::json {
namespace {

using settlements::v1::TransactionCollection;

constexpr int kItems = TransactionCollection::kTransactionsFieldNumber;

const MessageTable& Table() {
  static const auto schema =
      Schema::Compile({TransactionCollection::descriptor()});
  return *(*schema)->Find(TransactionCollection::descriptor());
}

void CountTransactions(benchmark::State& state, size_t page_size) {
  state.SetItemsProcessed(state.iterations() * kTransactions);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(page_size));
}

void JsonToWire(benchmark::State& state) {
  const std::string page =
      TransactionPage(static_cast<Members>(state.range(0)));
  DecodedPage out;
  for (auto _ : state) {
    if (!DecodePage(page, Table(), kItems, false, out).ok()) {
      state.SkipWithError("refused");
    }
  }
  CountTransactions(state, page.size());
  state.counters["wire"] = static_cast<double>(out.items.size());
}
BENCHMARK(JsonToWire)
    ->ArgName("order")
    ->Arg(static_cast<int>(Members::kInSchemaOrder))
    ->Arg(static_cast<int>(Members::kShuffled))
    ->Arg(static_cast<int>(Members::kSpaced));

void JsonToMessageByProtobuf(benchmark::State& state) {
  const std::string page = TransactionPage();
  for (auto _ : state) {
    TransactionCollection message;
    if (!google::protobuf::util::JsonStringToMessage(page, &message).ok()) {
      state.SkipWithError("refused");
    }
  }
  CountTransactions(state, page.size());
}
BENCHMARK(JsonToMessageByProtobuf);

void JsonToDomBySimdjson(benchmark::State& state) {
  const simdjson::padded_string page(TransactionPage());
  simdjson::dom::parser parser;
  for (auto _ : state) {
    if (parser.parse(page).error()) state.SkipWithError("refused");
  }
  CountTransactions(state, page.size());
}
BENCHMARK(JsonToDomBySimdjson);

std::string Wire() {
  DecodedPage out;
  DecodePage(TransactionPage(), Table(), kItems, false, out).IgnoreError();
  return out.items;
}

void WireToJson(benchmark::State& state) {
  const std::string wire = Wire();
  std::string json;
  for (auto _ : state) {
    json.clear();
    if (!Encode(wire, Table(), {}, json).ok()) state.SkipWithError("refused");
  }
  CountTransactions(state, json.size());
}
BENCHMARK(WireToJson);

void CheckWireOfPage(benchmark::State& state) {
  const std::string wire = Wire();
  for (auto _ : state) {
    if (!CheckWire(wire, Table()).ok()) state.SkipWithError("refused");
  }
  CountTransactions(state, wire.size());
}
BENCHMARK(CheckWireOfPage);

// Refused or not, each must take little time.
void Hostile(benchmark::State& state, std::string (*document)(size_t)) {
  const std::string json = document(1 << 20);
  DecodedPage out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecodePage(json, Table(), kItems, false, out));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(json.size()));
}

// `part` after `part`, each with a number of its own in place of #.
std::string Repeated(size_t size, std::string_view head, std::string_view part,
                     std::string_view tail) {
  std::string json(head);
  const size_t number = part.find('#');
  for (size_t i = 0; json.size() + part.size() + tail.size() < size; ++i) {
    if (i > 0) json += ',';
    if (number == part.npos) {
      json += part;
      continue;
    }
    json += part.substr(0, number);
    json += std::to_string(i);
    json += part.substr(number + 1);
  }
  return json.append(tail);
}

BENCHMARK_CAPTURE(Hostile, open_brackets,
                  [](size_t n) { return std::string(n, '['); });
BENCHMARK_CAPTURE(Hostile, one_string, [](size_t n) {
  return R"({"a":")" + std::string(n, 'x') + "\"}";
});
BENCHMARK_CAPTURE(Hostile, one_typed_string, [](size_t n) {
  return R"({"transactions":[{"type":")" + std::string(n, 'x') + "\"}]}";
});
BENCHMARK_CAPTURE(Hostile, one_string_of_escapes, [](size_t n) {
  std::string json = R"({"transactions":[{"type":")";
  while (json.size() < n) json += "\\u0041\\n";
  return json + "\"}]}";
});
BENCHMARK_CAPTURE(Hostile, one_number, [](size_t n) {
  return R"({"a":)" + std::string(n, '9') + "}";
});
BENCHMARK_CAPTURE(Hostile, one_long_typed_number, [](size_t n) {
  return R"({"transactions":[{"amount":)" + std::string(n, '9') + "}]}";
});
BENCHMARK_CAPTURE(Hostile, spaces,
                  [](size_t n) { return std::string(n, ' ') + "{}"; });
BENCHMARK_CAPTURE(Hostile, multibyte_characters, [](size_t n) {
  std::string json = "[\"";
  while (json.size() < n) json += "\xc3\xa5x\xe2\x82\xac\xf0\x9f\x98\x80";
  return json + "\"]";
});
BENCHMARK_CAPTURE(Hostile, unmapped_keys_of_the_page,
                  [](size_t n) { return Repeated(n, "{", R"("#":0)", "}"); });
BENCHMARK_CAPTURE(Hostile, keys_of_one_unmapped_object, [](size_t n) {
  return Repeated(n, R"({"a":{)", R"("#":0)", "}}");
});
BENCHMARK_CAPTURE(Hostile, escaped_keys, [](size_t n) {
  return Repeated(n, R"({"a":{)", R"("\n#":0)", "}}");
});
BENCHMARK_CAPTURE(Hostile, keys_with_a_long_common_part, [](size_t n) {
  return Repeated(n, R"({"a":{)", "\"" + std::string(1000, 'x') + R"(#":0)",
                  "}}");
});
BENCHMARK_CAPTURE(Hostile, keys_of_equal_beginning_and_size, [](size_t n) {
  return Repeated(n, R"({"a":{)", R"("aaaaaaaaaaaaaaaaaaaaaaaa1#":0)", "}}");
});
BENCHMARK_CAPTURE(Hostile, unmapped_keys_of_entities, [](size_t n) {
  return Repeated(n, R"({"transactions":[)", R"({"a":0,"b":0,"c":0,"d":0})",
                  "]}");
});
BENCHMARK_CAPTURE(Hostile, elements_that_do_not_fit, [](size_t n) {
  return Repeated(n, R"({"transactions":[)", "0", "]}");
});
BENCHMARK_CAPTURE(Hostile, empty_entities, [](size_t n) {
  return Repeated(n, R"({"transactions":[)", "{}", "]}");
});
BENCHMARK_CAPTURE(Hostile, empty_objects, [](size_t n) {
  return Repeated(n, R"({"a":[)", "{}", "]}");
});

}  // namespace
}  // namespace klarna::json

BENCHMARK_MAIN();
