// SPDX-License-Identifier: Apache-2.0
#include "service/json/wire_to_json.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "service/json/message_writer.h"
#include "service/json/output_buffer.h"
#include "service/json/patch_tree.h"
#include "service/json/pointer.h"

namespace klarna::json {
namespace {

// JSON is about twice as long as wire; growing would copy it.
size_t ExpectedSize(std::string_view wire) { return wire.size() / 4 * 9 + 128; }

absl::Status EncodeTree(std::string_view wire, const MessageTable& table,
                        absl::Span<const Unmapped> unmapped,
                        OutputBuffer& out) {
  PatchTree tree(wire, table);
  for (const Unmapped& entry : unmapped) {
    absl::Status status = tree.Add(entry.pointer, entry.json);
    if (!status.ok()) return status;
  }
  return tree.Write(out);
}

absl::Status EncodeTo(std::string_view wire, const MessageTable& table,
                      absl::Span<const Unmapped> unmapped, OutputBuffer& out) {
  if (!unmapped.empty()) return EncodeTree(wire, table, unmapped, out);
  const size_t before = out.size();
  MessageWriter writer(wire, out);
  switch (writer.WriteMessage(wire, table, 1)) {
    case MessageWriter::Result::kWritten:
      return absl::OkStatus();
    case MessageWriter::Result::kRefused:
      return writer.status();
    case MessageWriter::Result::kScattered:
      break;
  }
  out.Truncate(before);
  return EncodeTree(wire, table, unmapped, out);
}

// The JSON list of a page's entities; empty when the page has none.
absl::Status EncodeItems(const DecodedPage& page, const MessageTable& table,
                         std::string& list) {
  const absl::Span<const Unmapped> unmapped(page.unmapped);
  size_t begin = 0;
  size_t start = 0;
  for (size_t i = 0; i < page.item_ends.size(); ++i) {
    list.push_back(i == 0 ? '[' : ',');
    while (begin < unmapped.size() &&
           unmapped[begin].entity < static_cast<int32_t>(i)) {
      ++begin;
    }
    size_t end = begin;
    while (end < unmapped.size() &&
           unmapped[end].entity == static_cast<int32_t>(i)) {
      ++end;
    }
    const std::string_view item(page.items.data() + start,
                                page.item_ends[i] - start);
    WireField entity;
    WireReader(item).Next(entity);
    absl::Status status =
        Encode(entity.bytes, table, unmapped.subspan(begin, end - begin), list);
    if (!status.ok()) return status;
    start = page.item_ends[i];
    begin = end;
  }
  if (!list.empty()) list.push_back(']');
  return absl::OkStatus();
}

}  // namespace

absl::Status Encode(std::string_view wire, const MessageTable& table,
                    absl::Span<const Unmapped> unmapped, std::string& json) {
  if (!table.json_obstacle().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        table.full_name(), " has no JSON form: ", table.json_obstacle()));
  }
  const size_t before = json.size();
  OutputBuffer out(json, before, ExpectedSize(wire));
  absl::Status status = EncodeTo(wire, table, unmapped, out);
  if (!status.ok()) out.Truncate(before);
  out.Finish();
  return status;
}

absl::Status EncodePage(const DecodedPage& page, const MessageTable& wrapper,
                        int items_field_number, bool top_level_array,
                        std::string& json) {
  const Field* items =
      wrapper.FindByNumber(static_cast<uint32_t>(items_field_number));
  if (items == nullptr || items->message == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(wrapper.full_name(), ": field ", items_field_number,
                     " is not a repeated message"));
  }
  std::string list;
  absl::Status status = EncodeItems(page, *items->message, list);
  if (!status.ok()) return status;
  // The list is one more value to merge; top level, it is the document.
  std::vector<Unmapped> unmapped;
  if (!list.empty()) {
    Unmapped& whole = unmapped.emplace_back();
    if (!top_level_array) AppendPointerToken(items->json_name, whole.pointer);
    whole.json = std::move(list);
  }
  for (const Unmapped& entry : page.unmapped) {
    if (entry.entity < 0) unmapped.push_back(entry);
  }
  return Encode(page.rest, wrapper, unmapped, json);
}

}  // namespace klarna::json
