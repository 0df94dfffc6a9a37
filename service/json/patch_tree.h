// SPDX-License-Identifier: Apache-2.0
//
// A PatchTree merges unmapped values into a message on its way to JSON.
//
//   PatchTree tree(wire, table);
//   for (const Unmapped& entry : unmapped) {
//     RETURN_IF_ERROR(tree.Add(entry.pointer, entry.json));
//   }
//   RETURN_IF_ERROR(tree.Write(out));
//
// Only messages and lists that a pointer leads through are taken apart; all
// others stay bytes, which MessageWriter writes. `wire` and the texts must
// outlive the tree. Not thread-safe. Errors are INVALID_ARGUMENT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/json/gap_list.h"
#include "service/json/message_writer.h"
#include "service/json/output_buffer.h"
#include "service/json/schema.h"
#include "service/json/wire.h"

namespace klarna::json {

class PatchTree {
 public:
  PatchTree(std::string_view wire, const MessageTable& table);

  // The "add" of RFC 6902, but never replacing anything and never entering
  // what an earlier Add put there.
  absl::Status Add(std::string_view pointer, std::string_view json);

  absl::Status Write(OutputBuffer& out);

 private:
  using NodeId = uint32_t;
  static constexpr NodeId kRoot = 0;

  enum class Shape : uint8_t {
    kMessage,  // not taken apart: bytes
    kObject,   // a message taken apart: index into objects_
    kList,     // index into lists_
    kValue,    // of a field: bits or bytes
    kJson,     // text as it was given: bytes
  };
  struct Node {
    Shape shape = Shape::kValue;
    const Field* field = nullptr;  // nullptr at the root and for kJson
    uint64_t bits = 0;             // or an index
    std::string_view bytes;
  };
  struct Object {
    const MessageTable* table = nullptr;
    std::vector<std::pair<std::string, NodeId>> members;
  };
  using MemberKey = std::pair<uint64_t, std::string>;

  NodeId NewNode(Node node);
  // What one wire field holds, other than a packed run.
  NodeId NewValue(const WireField& value, const Field& field);
  // False if the object has such a member.
  bool AddMember(uint64_t object, std::string name, NodeId node);

  // Takes a message apart; does nothing to one that is.
  absl::Status Open(NodeId node, int depth);
  absl::Status OpenField(uint64_t object, const WireField& value,
                         const Field& field);
  absl::Status AddElements(NodeId list, const WireField& value,
                           const Field& field);

  absl::Status AddTo(std::string_view pointer, std::string_view json);
  absl::StatusOr<NodeId> Child(NodeId node, std::string_view token);
  absl::Status Insert(NodeId node, std::string token, std::string_view json);
  absl::Status InsertElement(GapList<NodeId>& list, std::string_view token,
                             std::string_view json);

  absl::Status WriteNode(NodeId node, int depth, OutputBuffer& out);
  absl::Status WriteObject(uint64_t object, int depth, OutputBuffer& out);
  absl::Status WriteList(uint64_t list, int depth, OutputBuffer& out);
  absl::Status WriteBytes(NodeId node, int depth, OutputBuffer& out);

  std::string_view wire_;
  const MessageTable& table_;
  std::vector<Node> nodes_;
  std::vector<Object> objects_;
  std::vector<GapList<NodeId>> lists_;
  // Sorted, not hashed: no choice of names makes it slow.
  absl::btree_map<MemberKey, NodeId> members_;
  size_t moved_ = 0;
};

}  // namespace klarna::json
