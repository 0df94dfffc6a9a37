// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/batcher.h"

#include <algorithm>
#include <string_view>

#include "service/json/wire.h"

namespace klarna::gateway {
namespace {

constexpr int64_t kMaxMessageBytes = 1 << 20;

}  // namespace

void AppendUnmapped(int field, int32_t entity, const json::Unmapped& unmapped,
                    std::string& message) {
  // By hand, as an entry may be as long as an answer, and each copy counts.
  using v1::UnmappedField;
  std::string head;
  if (entity >= 0) {
    json::AppendVarintField(UnmappedField::kEntityIndexFieldNumber, entity,
                            head);
  }
  json::AppendLengthDelimited(UnmappedField::kPointerFieldNumber,
                              unmapped.pointer, head);
  json::AppendTag(UnmappedField::kJsonFieldNumber,
                  json::WireType::kLengthDelimited, head);
  json::AppendVarint(unmapped.json.size(), head);
  message.reserve(message.size() + head.size() + unmapped.json.size() + 16);
  json::AppendTag(static_cast<uint32_t>(field),
                  json::WireType::kLengthDelimited, message);
  json::AppendVarint(head.size() + unmapped.json.size(), message);
  message.append(head).append(unmapped.json);
}

Batcher::Batcher(const json::DecodedPage& page, int64_t skip, int64_t limit,
                 int64_t batch_bytes)
    : page_(page),
      skip_(skip),
      limit_(std::min(limit, static_cast<int64_t>(page.item_ends.size()))),
      batch_bytes_(std::min(batch_bytes, kMaxMessageBytes)),
      begin_(skip),
      end_(skip) {
  // Page-level entries come anywhere; entities' entries in order.
  while (unmapped_end_ < page_.unmapped.size() &&
         page_.unmapped[unmapped_end_].entity < skip) {
    ++unmapped_end_;
  }
}

int64_t Batcher::EndOffset(int64_t entity) const {
  return entity < 0 ? 0 : page_.item_ends[static_cast<size_t>(entity)];
}

int64_t Batcher::UnmappedBytes(int64_t entity, size_t& cursor) const {
  int64_t bytes = 0;
  for (; cursor < page_.unmapped.size() &&
         page_.unmapped[cursor].entity <= entity;
       ++cursor) {
    const json::Unmapped& entry = page_.unmapped[cursor];
    if (entry.entity < 0) continue;
    bytes +=
        static_cast<int64_t>(entry.pointer.size() + entry.json.size()) + 16;
  }
  return bytes;
}

bool Batcher::Next() {
  if (started_ && end_ >= limit_) return false;
  started_ = true;
  begin_ = end_;
  unmapped_begin_ = unmapped_end_;
  int64_t bytes = 0;
  while (end_ < limit_) {
    size_t cursor = unmapped_end_;
    const int64_t size =
        EndOffset(end_) - EndOffset(end_ - 1) + UnmappedBytes(end_, cursor);
    if (end_ > begin_ && bytes + size > batch_bytes_) break;
    bytes += size;
    unmapped_end_ = cursor;
    ++end_;
  }
  return true;
}

std::string Batcher::Message(const EnvelopeFields& fields, int result_field,
                             const v1::Batch& batch) const {
  const bool first_of_page = begin_ == skip_;
  const std::string_view items =
      std::string_view(page_.items)
          .substr(
              static_cast<size_t>(EndOffset(begin_ - 1)),
              static_cast<size_t>(EndOffset(end_ - 1) - EndOffset(begin_ - 1)));
  const std::string_view rest =
      first_of_page ? std::string_view(page_.rest) : std::string_view();
  std::string message;
  message.reserve(items.size() + rest.size() + 256);
  json::AppendLengthDelimited(static_cast<uint32_t>(fields.batch),
                              batch.SerializeAsString(), message);
  if (first_of_page) {
    for (const json::Unmapped& entry : page_.unmapped) {
      if (entry.entity < 0) AppendUnmapped(fields.unmapped, -1, entry, message);
    }
  }
  for (size_t i = unmapped_begin_; i < unmapped_end_; ++i) {
    const json::Unmapped& entry = page_.unmapped[i];
    if (entry.entity < begin_) continue;
    AppendUnmapped(fields.unmapped, entry.entity - static_cast<int32_t>(begin_),
                   entry, message);
  }
  json::AppendTag(static_cast<uint32_t>(result_field),
                  json::WireType::kLengthDelimited, message);
  json::AppendVarint(items.size() + rest.size(), message);
  message.append(items);
  message.append(rest);
  return message;
}

}  // namespace klarna::gateway
