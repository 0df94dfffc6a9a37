// SPDX-License-Identifier: Apache-2.0
#include "tests/bombs/shapes.h"

#include <functional>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace klarna::bombs {
namespace {

using json::Field;
using json::Kind;
using json::MessageTable;

// As many parts as there is room for, a comma between them.
std::string Many(size_t bytes, const std::function<std::string(size_t)>& part) {
  std::string out;
  out.reserve(bytes + 1024);
  for (size_t i = 0; out.size() < bytes; ++i) {
    absl::StrAppend(&out, i > 0 ? "," : "", part(i));
  }
  return out;
}

std::string Many(size_t bytes, const std::string& part) {
  return Many(bytes, [&](size_t) { return part; });
}

std::string Repeat(std::string_view text, size_t bytes) {
  std::string out;
  out.reserve(bytes + text.size());
  while (out.size() < bytes) out += text;
  return out;
}

std::string Nested(int depth, std::string_view open, std::string_view inner,
                   std::string_view close) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += open;
  out += inner;
  for (int i = 0; i < depth; ++i) out += close;
  return out;
}

std::string Key(size_t i) { return absl::StrCat("\"", absl::Hex(i), "\":"); }

// A value that the field has no place for.
std::string WrongValue(const Field& field) {
  if (field.repeated) return "[null,7.5,{}]";
  return field.kind == Kind::kString ? "1e9" : "\"x\"";
}

const Field* FirstOf(const MessageTable& table, Kind kind, bool repeated) {
  for (const Field& field : table.fields()) {
    if (field.kind == kind && field.repeated == repeated) return &field;
  }
  return nullptr;
}

std::string WrongObject(const MessageTable& table) {
  std::string out = "{";
  for (const Field& field : table.fields()) {
    absl::StrAppend(&out, out.size() > 1 ? "," : "", "\"", field.json_name,
                    "\":", WrongValue(field));
  }
  return out + "}";
}

// Values that say nothing of where they stand.
std::vector<Bomb> AnyValues(size_t bytes) {
  return {
      {"DeepArrays", Repeat("[", bytes)},
      {"DeepObjects", Repeat("{\"a\":", bytes)},
      {"ManyDeepArrays", "[" + Many(bytes, Nested(29, "[", "", "]")) + "]"},
      {"ManyDeepObjects",
       "[" + Many(bytes, Nested(28, "{\"a\":", "1", "}")) + "]"},
      {"ManyNulls", "[" + Many(bytes, "null") + "]"},
      {"ManyDigits", "[" + Many(bytes, "7") + "]"},
      {"ManyEmptyObjects", "[" + Many(bytes, "{}") + "]"},
      {"ManyEmptyStrings", "[" + Many(bytes, "\"\"") + "]"},
      {"OneHugeNumber", Repeat("1234567890", bytes)},
      {"ManyHugeExponents", "[" + Many(bytes, "-1.5e+99999999") + "]"},
      {"OneLongString", "\"" + Repeat("abcdefgh", bytes) + "\""},
      {"OneStringOfEscapes", "\"" + Repeat("\\n", bytes) + "\""},
      {"OneStringOfUnicodeEscapes", "\"" + Repeat("\\u00e4", bytes) + "\""},
      {"OneStringOfSurrogates", "\"" + Repeat("\\ud83d\\ude00", bytes) + "\""},
      {"LoneSurrogateAtTheEnd",
       "\"" + Repeat("\\ud83d\\ude00", bytes) + "\\ud83d\""},
      {"OneStringOfWideCharacters", "\"" + Repeat("\U0001F600", bytes) + "\""},
      {"OneStringOfTwoByteCharacters", "\"" + Repeat("\u00e4", bytes) + "\""},
      {"OnlySpace", Repeat(" \n\t\r", bytes)},
      {"SpaceEverywhere", "[" + Many(bytes, " \n 1 \n ") + "]"},
      {"ManyKeys",
       "{" + Many(bytes, [](size_t i) { return Key(i) + "0"; }) + "}"},
      {"ManyKeysBackwards",
       "{" + Many(bytes, [](size_t i) { return Key(0xffffffff - i) + "0"; }) +
           "}"},
      {"ManyKeysOfOnePrefix", "{" +
                                  Many(bytes,
                                       [](size_t i) {
                                         return absl::StrCat(
                                             "\"", std::string(60, 'k'),
                                             absl::Hex(i), "\":0");
                                       }) +
                                  "}"},
      {"ManyKeysOfGrowingLength",
       "{" +
           Many(bytes,
                [](size_t i) {
                  return absl::StrCat("\"", std::string(i, 'k'), "\":0");
                }) +
           "}"},
      {"ManyKeysWithEscapes", "{" +
                                  Many(bytes,
                                       [](size_t i) {
                                         return absl::StrCat(
                                             "\"\\u0061", absl::Hex(i), "\":0");
                                       }) +
                                  "}"},
      {"OneKeyOverAndOver", "{" + Many(bytes, "\"a\":0") + "}"},
      {"ManySmallObjects", "[" + Many(bytes, "{\"a\":0,\"b\":0}") + "]"},
      {"OneLongKey", "{\"" + Repeat("~/", bytes) + "\":0}"},
      {"Binary", Repeat(std::string_view("\0\xff", 2), bytes)},
  };
}

// Objects of which only the message's own names can be made.
std::vector<Bomb> NearMisses(const MessageTable& table, size_t bytes) {
  std::vector<Bomb> bombs;
  // Names that differ where a quick look does not see it.
  bombs.push_back({"NearlyKnownKeys",
                   "{" + Many(bytes, [&](size_t i) {
                     std::string name =
                         table.fields()[i % table.fields().size()].json_name;
                     name.insert(name.size() / 2, absl::StrCat(absl::Hex(i)));
                     return absl::StrCat("\"", name, "\":0");
                   }) + "}"});
  if (const Field* text = FirstOf(table, Kind::kString, false)) {
    const std::string name = absl::StrCat("{\"", text->json_name, "\":");
    bombs.push_back(
        {"LongKnownString", name + "\"" + Repeat("x", bytes) + "\"}"});
    bombs.push_back({"LongKnownStringOfEscapes",
                     name + "\"" + Repeat("\\u00e4", bytes) + "\"}"});
    bombs.push_back({"LongKnownStringThatDoesNotFit",
                     name + "\"" + Repeat("\\u00e4", bytes) + "\\ud800\"}"});
  }
  for (const Field& field : table.fields()) {
    if (field.repeated) {
      bombs.push_back({"ListThatFitsNowhere_" + field.json_name,
                       absl::StrCat("{\"", field.json_name, "\":[",
                                    Many(bytes, "null"), "]}")});
    }
    if (field.kind != Kind::kMessage || !field.repeated) continue;
    const auto list = [&](const std::string& element) {
      return absl::StrCat("{\"", field.json_name, "\":[", Many(bytes, element),
                          "]}");
    };
    bombs.push_back({"EmptyElements_" + field.json_name, list("{}")});
    bombs.push_back({"UnknownMembers_" + field.json_name,
                     list("{\"a\":0,\"b\":[],\"c\":{}}")});
    bombs.push_back(
        {"WrongTypes_" + field.json_name, list(WrongObject(*field.message))});
    bombs.push_back({"EveryOtherFits_" + field.json_name, list("{},null")});
  }
  return bombs;
}

}  // namespace

std::vector<Bomb> Bombs(const MessageTable& table, size_t bytes) {
  std::vector<Bomb> bombs = AnyValues(bytes);
  for (Bomb& bomb : AnyValues(bytes)) {
    bombs.push_back({"Unknown" + bomb.name, "{\"unknown\":" + bomb.json + "}"});
  }
  for (Bomb& bomb : NearMisses(table, bytes)) bombs.push_back(std::move(bomb));
  return bombs;
}

std::vector<Bomb> PageBombs(const Field& items, size_t bytes) {
  std::vector<Bomb> bombs;
  for (const std::string& element :
       {std::string("{}"), std::string("null"), std::string("{},null"),
        std::string("{\"a\":0}"), std::string("{\"a\":null,\"b\":{}}"),
        WrongObject(*items.message)}) {
    bombs.push_back({"Items_" + element.substr(0, 24),
                     absl::StrCat("{\"", items.json_name, "\":[",
                                  Many(bytes, element), "]}")});
  }
  for (const Bomb& inner : Bombs(*items.message, bytes)) {
    bombs.push_back(
        {"OneItem_" + inner.name,
         absl::StrCat("{\"", items.json_name, "\":[", inner.json, "]}")});
  }
  return bombs;
}

}  // namespace klarna::bombs
