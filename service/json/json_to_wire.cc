// SPDX-License-Identifier: Apache-2.0
#include "service/json/json_to_wire.h"

#include <algorithm>
#include <cstring>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "service/json/field_set.h"
#include "service/json/number.h"
#include "service/json/output_buffer.h"
#include "service/json/pointer.h"
#include "service/json/scanner.h"
#include "service/json/string_literal.h"
#include "service/json/wide.h"

namespace klarna::json {
namespace {

// Strings below this size have a length of one byte and no second pass.
constexpr int kShortString = 128;
// Room for tag, length and a short string copied in wide steps.
constexpr int kScalarRoom = 8 + 10 + kShortString + kWide;

// Room for it is worth a copy of what was written before.
constexpr size_t kLongText = 1 << 20;
constexpr const char* kTooManyUnmapped =
    "too many values that the message has no place for";

// Where a value stands: a chain of stack frames up to the root.
struct Path {
  const Path* parent;
  std::string_view name;  // of a member; empty data for an element
  size_t index = 0;       // of an element
};

void AppendPointer(const Path* path, std::string& pointer) {
  if (path == nullptr) return;
  AppendPointer(path->parent, pointer);
  if (path->name.data() != nullptr) {
    AppendPointerToken(path->name, pointer);
  } else {
    AppendPointerIndex(path->index, pointer);
  }
}

// Walks one document once. The functions take and return positions as Scanner
// does: nullptr means that the document is refused, or, where they are told to
// read one kind, that the value does not fit it; scan_.ok() tells which.
class Decoder {
 public:
  Decoder(std::string_view json, std::vector<Unmapped>& unmapped)
      : scan_(json), unmapped_(unmapped) {}

  absl::Status ReadMessage(const MessageTable& table, OutputBuffer& out);
  absl::Status ReadPage(const MessageTable& wrapper, const Field& items,
                        bool top_level_array, OutputBuffer& rest,
                        OutputBuffer& items_out, DecodedPage& page);

 private:
  const char* Object(const char* p, const MessageTable& table, const Path* path,
                     int depth, OutputBuffer& out);
  // Finds the value of the member at `p`, and its field: comes in as the one
  // expected, leaves as nullptr when the message has none of that name.
  const char* MemberName(const char* p, const MessageTable& table,
                         const Field*& field, Scanner::Key& key);
  const char* Member(const char* p, const Field& field, const Path* parent,
                     int depth, OutputBuffer& out);
  const char* CompoundMember(const char* p, const Field& field,
                             const Path* parent, int depth, OutputBuffer& out);
  const char* Message(const char* p, const Field& field, const Path* path,
                      int depth, OutputBuffer& out);
  const char* List(const char* p, const Field& field, const Path* path,
                   int depth, OutputBuffer& out);
  const char* Elements(const char* p, const Field& field, const Path* path,
                       int depth, OutputBuffer& out);
  const char* Element(const char* p, const Field& field, const Path* path,
                      int depth, OutputBuffer& out);
  const char* Items(const char* p, const Path* path, int depth);

  // Inlined, as they are on the way of every member.
  ABSL_ATTRIBUTE_ALWAYS_INLINE const char* Scalar(const char* p,
                                                  const Field& field,
                                                  OutputBuffer& out);
  const char* ScalarElement(const char* p, const Field& field,
                            OutputBuffer& out);

  // Each writes at `to`, which has kScalarRoom, after the tag.
  ABSL_ATTRIBUTE_ALWAYS_INLINE const char* Number(const char* p, Kind kind,
                                                  char* to, OutputBuffer& out);
  ABSL_ATTRIBUTE_ALWAYS_INLINE const char* ShortString(const char* p, char* to,
                                                       OutputBuffer& out);
  const char* LongString(const char* p, const Field& field, OutputBuffer& out);
  const char* NumberText(const char* p, const Field& field, OutputBuffer& out);

  // Keeps the value at `p` as it is.
  const char* Unfit(const char* p, const Path* path, int depth);
  const char* AddUnmapped(const char* p, const char* end, const Path* path);

  bool IsMember(const char* p, const Field& field) const;

  Scanner scan_;
  std::vector<Unmapped>& unmapped_;
  size_t pointer_bytes_ = 0;
  // Of a page.
  DecodedPage* page_ = nullptr;
  const Field* items_ = nullptr;
  OutputBuffer* items_out_ = nullptr;
  int32_t entity_ = -1;
  // The order of the members in the entities so far: which field came after
  // each one, by index; the last element is which came first.
  std::vector<const Field*> order_;
};

absl::Status Decoder::ReadMessage(const MessageTable& table,
                                  OutputBuffer& out) {
  const char* p = scan_.Start();
  if (p != nullptr) {
    p = *p == '{' ? Object(p, table, nullptr, 1, out) : Unfit(p, nullptr, 0);
  }
  if (p != nullptr) scan_.Finish(p);
  return scan_.status();
}

absl::Status Decoder::ReadPage(const MessageTable& wrapper, const Field& items,
                               bool top_level_array, OutputBuffer& rest,
                               OutputBuffer& items_out, DecodedPage& page) {
  page_ = &page;
  items_ = &items;
  items_out_ = &items_out;
  for (const Field& field : items.message->fields()) {
    order_.push_back(field.next);
  }
  order_.push_back(items.message->first());
  if (!top_level_array) return ReadMessage(wrapper, rest);
  const char* p = scan_.Start();
  if (p != nullptr) {
    p = *p == '[' ? Items(p, nullptr, 1) : Unfit(p, nullptr, 0);
  }
  if (p != nullptr) scan_.Finish(p);
  return scan_.status();
}

const char* Decoder::Object(const char* p, const MessageTable& table,
                            const Path* path, int depth, OutputBuffer& out) {
  if (depth > kMaxDepth) return scan_.Fail(p, Scanner::kTooDeep);
  p = scan_.SkipSpace(p + 1);
  if (p != scan_.end() && *p == '}') return p + 1;
  const size_t mark = scan_.keys().Mark();
  FieldSet seen;
  // Entities of a page mostly have their members in the same order.
  const bool learns = items_ != nullptr && items_->message == &table;
  size_t last = table.fields().size();
  const Field* expected = learns ? order_[last] : table.first();
  do {
    const Field* field = expected;
    Scanner::Key key;
    p = MemberName(p, table, field, key);
    if (p == nullptr) return nullptr;
    if (!scan_.CountTokens(2)) return scan_.Fail(p, Scanner::kTooManyTokens);
    if (field != nullptr) {
      if (!seen.Add(field->index)) return scan_.Fail(p, Scanner::kDuplicateKey);
      if (learns) order_[last] = field;
      last = field->index;
      expected = learns ? order_[last] : field->next;
      p = Member(p, *field, path, depth, out);
    } else {
      scan_.keys().Add(key.text, key.offset);
      const Path member{path, key.text};
      p = Unfit(p, &member, depth);
    }
    if (p == nullptr) return nullptr;
    p = scan_.NextItem(p, '}');
    if (p == nullptr) return nullptr;
  } while (*p != '}');
  return scan_.CloseObject(p, mark);
}

inline const char* Decoder::MemberName(const char* p, const MessageTable& table,
                                       const Field*& field, Scanner::Key& key) {
  if (field != nullptr && IsMember(p, *field)) {
    p = scan_.SkipSpace(p + field->member_size);
  } else {
    p = scan_.ReadKey(p, key);
    if (p == nullptr) return nullptr;
    field = table.FindByJsonName(key.text);
  }
  return p == scan_.end() ? scan_.Fail(p, Scanner::kTruncated) : p;
}

inline bool Decoder::IsMember(const char* p, const Field& field) const {
  const char* text = field.member_text.data();
  const auto size = static_cast<ptrdiff_t>(field.member_text.size());
  if (scan_.end() - p < size) return false;
  const char* const last = text + size - kWide;
  for (; text != last; text += kWide, p += kWide) {
    if (EqualBytes(p, text) != 0xffff) return false;
  }
  const uint32_t mask = field.member_tail_mask;
  return (EqualBytes(p, text) & mask) == mask;
}

inline const char* Decoder::Member(const char* p, const Field& field,
                                   const Path* parent, int depth,
                                   OutputBuffer& out) {
  if (!field.repeated) {
    const char* const end = Scalar(p, field, out);
    if (end != nullptr) return end;
  }
  return CompoundMember(p, field, parent, depth, out);
}

const char* Decoder::CompoundMember(const char* p, const Field& field,
                                    const Path* parent, int depth,
                                    OutputBuffer& out) {
  if (!scan_.ok()) return nullptr;
  const Path path{parent, field.json_name};
  if (field.repeated && *p == '[') {
    const bool is_items = &field == items_ && depth == 1 && entity_ < 0;
    return is_items ? Items(p, &path, depth + 1)
                    : List(p, field, &path, depth + 1, out);
  }
  if (!field.repeated && field.kind == Kind::kMessage && *p == '{') {
    return Message(p, field, &path, depth + 1, out);
  }
  return Unfit(p, &path, depth);
}

const char* Decoder::Message(const char* p, const Field& field,
                             const Path* path, int depth, OutputBuffer& out) {
  out.Append({field.tag.data(), field.tag_size});
  const size_t start = out.BeginLength();
  p = Object(p, *field.message, path, depth, out);
  if (p != nullptr) out.EndLength(start);
  return p;
}

const char* Decoder::List(const char* p, const Field& field, const Path* path,
                          int depth, OutputBuffer& out) {
  const char* const text = p;
  const size_t before = out.size();
  const size_t unmapped_before = unmapped_.size();
  const size_t pointers_before = pointer_bytes_;
  size_t start = before;
  if (field.packable()) {
    out.Append({field.packed_tag.data(), field.tag_size});
    start = out.BeginLength();
  }
  p = Elements(p, field, path, depth, out);
  if (p == nullptr) return nullptr;
  if (out.size() == start) {
    // Nothing fits: the list is one value without a place.
    out.Truncate(before);
    unmapped_.erase(unmapped_.begin() + static_cast<ptrdiff_t>(unmapped_before),
                    unmapped_.end());
    pointer_bytes_ = pointers_before;
    return AddUnmapped(text, p, path);
  }
  if (field.packable()) out.EndLength(start);
  return p;
}

const char* Decoder::Elements(const char* p, const Field& field,
                              const Path* path, int depth, OutputBuffer& out) {
  if (depth > kMaxDepth) return scan_.Fail(p, Scanner::kTooDeep);
  p = scan_.SkipSpace(p + 1);
  if (p == scan_.end()) return scan_.Fail(p, Scanner::kTruncated);
  if (*p == ']') return p + 1;
  Path element{path, {}, 0};
  do {
    if (!scan_.CountTokens(1)) return scan_.Fail(p, Scanner::kTooManyTokens);
    p = Element(p, field, &element, depth, out);
    if (p == nullptr) return nullptr;
    p = scan_.NextItem(p, ']');
    if (p == nullptr) return nullptr;
    ++element.index;
  } while (*p != ']');
  return p + 1;
}

const char* Decoder::Element(const char* p, const Field& field,
                             const Path* path, int depth, OutputBuffer& out) {
  if (field.kind == Kind::kMessage) {
    if (*p == '{') return Message(p, field, path, depth + 1, out);
    return Unfit(p, path, depth);
  }
  const char* const end = ScalarElement(p, field, out);
  if (end != nullptr || !scan_.ok()) return end;
  return Unfit(p, path, depth);
}

const char* Decoder::Items(const char* p, const Path* path, int depth) {
  page_->has_items = true;
  const char* const text = p;
  p = scan_.SkipSpace(p + 1);
  if (p == scan_.end()) return scan_.Fail(p, Scanner::kTruncated);
  if (*p == ']') return AddUnmapped(text, p + 1, path);
  do {
    if (!scan_.CountTokens(1)) return scan_.Fail(p, Scanner::kTooManyTokens);
    entity_ = static_cast<int32_t>(page_->item_ends.size());
    // Pointers within an entity start at the entity.
    p = *p == '{' ? Message(p, *items_, nullptr, depth + 1, *items_out_)
                  : Unfit(p, nullptr, depth);
    if (p == nullptr) return nullptr;
    page_->item_ends.push_back(static_cast<uint32_t>(items_out_->size()));
    p = scan_.NextItem(p, ']');
    if (p == nullptr) return nullptr;
  } while (*p != ']');
  entity_ = -1;
  return p + 1;
}

inline const char* Decoder::Scalar(const char* p, const Field& field,
                                   OutputBuffer& out) {
  char* to = out.Reserve(kScalarRoom);
  std::memcpy(to, field.tag.data(), field.tag.size());
  to += field.tag_size;
  switch (field.kind) {
    case Kind::kString: {
      if (*p != '"') return nullptr;
      const char* const end = ShortString(p, to, out);
      return end != nullptr ? end : LongString(p, field, out);
    }
    case Kind::kInt64:
    case Kind::kInt32:
    case Kind::kBool:
      return Number(p, field.kind, to, out);
    case Kind::kNumberText:
      return NumberText(p, field, out);
    default:
      return nullptr;
  }
}

// With tag and, for the packed form of numbers, without.
const char* Decoder::ScalarElement(const char* p, const Field& field,
                                   OutputBuffer& out) {
  if (!field.packable()) return Scalar(p, field, out);
  return Number(p, field.kind, out.Reserve(kScalarRoom), out);
}

inline const char* Decoder::Number(const char* p, Kind kind, char* to,
                                   OutputBuffer& out) {
  uint64_t bits = 0;
  if (kind == Kind::kBool) {
    p = ReadBool(p, scan_.end(), bits);
    if (p == nullptr) return nullptr;
  } else {
    int64_t value = 0;
    p = ReadInteger(p, scan_.end(), value);
    if (p == nullptr) return nullptr;
    if (kind == Kind::kInt32 && value != static_cast<int32_t>(value)) {
      return nullptr;
    }
    bits = static_cast<uint64_t>(value);
  }
  out.Advance(WriteVarint(bits, to));
  return p;
}

// nullptr for what needs LongString: 128 bytes or more, escapes, controls, and
// the end of the document.
inline const char* Decoder::ShortString(const char* p, char* to,
                                        OutputBuffer& out) {
  ++p;
  if (scan_.end() - p < kShortString) return nullptr;
  for (int done = 0; done < kShortString; done += kWide) {
    const uint32_t special = CopyAndFindSpecial(p + done, to + 1 + done);
    if (special == 0) continue;
    const int size = done + __builtin_ctz(special);
    if (p[size] != '"') return nullptr;
    *to = static_cast<char>(size);
    out.Advance(to + 1 + size);
    return p + size + 1;
  }
  return nullptr;
}

const char* Decoder::LongString(const char* p, const Field& field,
                                OutputBuffer& out) {
  const char* const end = scan_.SkipString(p);
  if (end == nullptr) return nullptr;
  const std::string_view body(p + 1, static_cast<size_t>(end - p - 2));
  const size_t before = out.size();
  out.Append({field.tag.data(), field.tag_size});
  if (body.find('\\') == body.npos) {
    out.PutVarint(body.size());
    out.Append(body);
    return end;
  }
  const size_t start = out.BeginLength();
  char* const text_end = Unescape(body, out.Reserve(body.size()));
  if (text_end == nullptr) {
    out.Truncate(before);
    // The text is kept elsewhere; the room for it would come on top.
    if (body.size() >= kLongText) out.GiveBack();
    return nullptr;
  }
  out.Advance(text_end);
  out.EndLength(start);
  return end;
}

const char* Decoder::NumberText(const char* p, const Field& field,
                                OutputBuffer& out) {
  if (*p != '-' && static_cast<unsigned char>(*p - '0') > 9) return nullptr;
  const char* const end = scan_.SkipNumber(p);
  if (end == nullptr) return nullptr;
  const std::string_view text(p, static_cast<size_t>(end - p));
  out.Append({field.tag.data(), field.tag_size});
  out.PutVarint(text.size());
  out.Append(text);
  return end;
}

const char* Decoder::Unfit(const char* p, const Path* path, int depth) {
  const char* const end = scan_.SkipValue(p, depth);
  return end == nullptr ? nullptr : AddUnmapped(p, end, path);
}

const char* Decoder::AddUnmapped(const char* p, const char* end,
                                 const Path* path) {
  if (unmapped_.size() == kMaxUnmapped) {
    return scan_.Fail(p, kTooManyUnmapped);
  }
  Unmapped& entry = unmapped_.emplace_back();
  entry.entity = entity_;
  AppendPointer(path, entry.pointer);
  pointer_bytes_ += entry.pointer.size();
  if (pointer_bytes_ > kMaxPointerBytes) return scan_.Fail(p, kTooManyUnmapped);
  entry.json.assign(p, end);
  return end;
}

absl::Status CheckJsonForm(const MessageTable& table) {
  if (table.json_obstacle().empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      table.full_name(), " has no JSON form: ", table.json_obstacle()));
}

// Wire is about half as long as JSON; growing would copy it. A long document is
// not worth the room that it may not need.
size_t ExpectedSize(std::string_view json) {
  constexpr size_t kMost = 1 << 20;
  return std::min(json.size() / 8 * 5 + 256, kMost);
}

}  // namespace

absl::Status DecodeMessage(std::string_view json, const MessageTable& table,
                           DecodedMessage& out) {
  out.unmapped.clear();
  if (absl::Status form = CheckJsonForm(table); !form.ok()) return form;
  OutputBuffer wire(out.wire, 0, ExpectedSize(json));
  Decoder decoder(json, out.unmapped);
  absl::Status status = decoder.ReadMessage(table, wire);
  wire.Finish();
  return status;
}

absl::Status DecodePage(std::string_view json, const MessageTable& wrapper,
                        int items_field_number, bool top_level_array,
                        DecodedPage& out) {
  out.item_ends.clear();
  out.has_items = false;
  out.unmapped.clear();
  if (absl::Status form = CheckJsonForm(wrapper); !form.ok()) return form;
  const Field* items =
      wrapper.FindByNumber(static_cast<uint32_t>(items_field_number));
  if (items == nullptr || !items->repeated || items->kind != Kind::kMessage) {
    return absl::FailedPreconditionError(
        absl::StrCat(wrapper.full_name(), ": field ", items_field_number,
                     " is not a repeated message"));
  }
  OutputBuffer rest(out.rest, 0, 256);
  OutputBuffer items_out(out.items, 0, ExpectedSize(json));
  Decoder decoder(json, out.unmapped);
  absl::Status status =
      decoder.ReadPage(wrapper, *items, top_level_array, rest, items_out, out);
  rest.Finish();
  items_out.Finish();
  return status;
}

}  // namespace klarna::json
