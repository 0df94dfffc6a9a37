// SPDX-License-Identifier: Apache-2.0
//
// JSON -> Protobuf wire, strict and lossless: what has a place in the typed
// message goes onto the wire, everything else into `unmapped` with its text.
//
//   {"amount": 100, "note": null}    with   optional int64 amount = 1;
//
//   wire      08 64
//   unmapped  {pointer: "/note", json: "null"}
//
// Not fitting, hence unmapped: an unknown member, null, an empty list, an
// integer written -0 or with fraction or exponent or out of range, a string
// with a lone surrogate, a value of another type. A list keeps its fitting
// elements; each other one is an entry whose pointer ends with its index in
// the upstream list. A list without a fitting element is one entry. Entries
// are in document order, so that applying them in order, each as the "add" of
// RFC 6902, to the JSON of the typed message rebuilds the document.
//
// Errors are INVALID_ARGUMENT with the byte offset and never the content:
// anything that RFC 8259 does not allow, broken UTF-8, a byte order mark,
// duplicate keys at any depth, a lone surrogate in a key, and the bounds below.
// On an error `out` holds nothing of use. FAILED_PRECONDITION: the message has
// no JSON form (MessageTable::json_obstacle).
//
// A typed message and its JSON equal each other only where scalars have
// presence (`optional`). Thread-safe. Time is linear in the input; memory a
// small multiple of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "service/json/schema.h"

namespace klarna::json {

inline constexpr size_t kMaxJsonSize = size_t{1} << 28;
// Values and keys of one document.
inline constexpr int kMaxTokens = 1 << 20;
// Entries of one document: an entry costs 20 times the smallest text that
// makes one, so tokens alone would not bound memory well.
inline constexpr size_t kMaxUnmapped = size_t{1} << 16;
// Their pointers all in all: beside a value, the names of all that it stands in
// are repeated.
inline constexpr size_t kMaxPointerBytes = size_t{4} << 20;

// A value without a place in the typed message.
struct Unmapped {
  // Index, in the upstream list of a page, of the entity that the pointer
  // starts at. -1: the pointer starts at the document.
  int32_t entity = -1;
  // JSON Pointer (RFC 6901). Empty: the whole entity or document.
  std::string pointer;
  // The value, byte for byte as it came.
  std::string json;
};

struct DecodedMessage {
  std::string wire;
  std::vector<Unmapped> unmapped;
};

// Decodes one entity. A document that is not an object is one entry with an
// empty pointer.
absl::Status DecodeMessage(std::string_view json, const MessageTable& table,
                           DecodedMessage& out);

struct DecodedPage {
  // Each entity that fits as tag, length and bytes of the wrapper's items
  // field, ready to be put on the wire.
  std::string items;
  // For each element of the upstream list, where it ends in `items`. An
  // element that does not fit (null, a string) ends where the one before does.
  std::vector<uint32_t> item_ends;
  // True when the list was there, empty or not.
  bool has_items = false;
  // Wire of the wrapper's other fields.
  std::string rest;
  // An element that does not fit is an entry with its index and an empty
  // pointer, also when none fits. An empty list is an entry of the page.
  std::vector<Unmapped> unmapped;
};

// Decodes a page: the wrapper's JSON, or with `top_level_array` the bare list
// of its items. `items_field_number` is that of a repeated message field of
// the wrapper. `out` is cleared first and keeps its capacity.
absl::Status DecodePage(std::string_view json, const MessageTable& wrapper,
                        int items_field_number, bool top_level_array,
                        DecodedPage& out);

}  // namespace klarna::json
