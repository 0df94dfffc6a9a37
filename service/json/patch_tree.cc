// SPDX-License-Identifier: Apache-2.0
#include "service/json/patch_tree.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/json/pointer.h"
#include "service/json/scanner.h"
#include "service/json/string_literal.h"
#include "service/json/utf8.h"

namespace klarna::json {
namespace {

// Elements that the insertions into lists may move, all in all.
constexpr size_t kMaxMoved = size_t{1} << 24;
constexpr size_t kMaxShownPointer = 200;

absl::Status Refuse(const std::string& why) {
  return absl::InvalidArgumentError(why);
}

absl::Status WithPointer(const absl::Status& status, std::string_view pointer) {
  std::string shown(pointer.substr(0, kMaxShownPointer));
  shown.resize(ValidUtf8Prefix(shown));
  return absl::InvalidArgumentError(absl::StrCat(
      "unmapped field \"", absl::Utf8SafeCEscape(shown),
      shown.size() < pointer.size() ? "..." : "", "\": ", status.message()));
}

}  // namespace

PatchTree::PatchTree(std::string_view wire, const MessageTable& table)
    : wire_(wire), table_(table) {
  NewNode({.shape = Shape::kMessage, .bytes = wire});
}

absl::Status PatchTree::Add(std::string_view pointer, std::string_view json) {
  absl::Status status = AddTo(pointer, json);
  return status.ok() ? status : WithPointer(status, pointer);
}

absl::Status PatchTree::AddTo(std::string_view pointer, std::string_view json) {
  if (!IsUtf8(pointer)) return Refuse("the pointer is not UTF-8");
  if (absl::Status text = CheckJson(json); !text.ok()) return text;
  if (pointer.empty()) {
    Node& root = nodes_[kRoot];
    if (root.shape != Shape::kMessage || !root.bytes.empty()) {
      return Refuse(
          "an empty pointer stands for the whole document, but the message "
          "is not empty; give the pointer of a member");
    }
    root = {.shape = Shape::kJson, .bytes = json};
    return absl::OkStatus();
  }
  PointerReader reader(pointer);
  std::string token;
  NodeId node = kRoot;
  int depth = 1;
  while (reader.Next(token)) {
    if (absl::Status opened = Open(node, depth); !opened.ok()) return opened;
    if (reader.at_end()) return Insert(node, std::move(token), json);
    absl::StatusOr<NodeId> child = Child(node, token);
    if (!child.ok()) return child.status();
    // A list is no message: it does not count on the wire.
    if (nodes_[*child].shape != Shape::kList) ++depth;
    node = *child;
  }
  return Refuse(
      "not a JSON Pointer; it begins with / and escapes ~ as ~0, / as ~1");
}

absl::StatusOr<PatchTree::NodeId> PatchTree::Child(NodeId node,
                                                   std::string_view token) {
  const Node& parent = nodes_[node];
  if (parent.shape == Shape::kObject) {
    const auto it = members_.find(MemberKey(parent.bits, std::string(token)));
    if (it != members_.end()) return it->second;
  }
  if (parent.shape == Shape::kList) {
    const GapList<NodeId>& list = lists_[parent.bits];
    const std::optional<size_t> index = ListIndex(token, list.size());
    if (index.has_value() && *index < list.size()) return list.At(*index);
  }
  return Refuse("its parent is not there");
}

absl::Status PatchTree::Insert(NodeId node, std::string token,
                               std::string_view json) {
  const Shape shape = nodes_[node].shape;
  const uint64_t index = nodes_[node].bits;
  if (shape == Shape::kList) {
    return InsertElement(lists_[index], token, json);
  }
  if (shape == Shape::kJson) {
    return Refuse(
        "its parent is an unmapped field, too; put it into that one's json");
  }
  if (shape != Shape::kObject) {
    return Refuse("its parent is neither an object nor a list");
  }
  if (!AddMember(index, std::move(token),
                 NewNode({.shape = Shape::kJson, .bytes = json}))) {
    return Refuse("that member is set already; set it in one place");
  }
  return absl::OkStatus();
}

absl::Status PatchTree::InsertElement(GapList<NodeId>& list,
                                      std::string_view token,
                                      std::string_view json) {
  const std::optional<size_t> index = ListIndex(token, list.size());
  if (!index.has_value()) {
    return Refuse(absl::StrCat("its last part is no index from 0 to ",
                               list.size(), ", the size of the list"));
  }
  moved_ +=
      list.Insert(*index, NewNode({.shape = Shape::kJson, .bytes = json}));
  if (moved_ > kMaxMoved) {
    return Refuse(
        "too many insertions all over a list; give them in ascending order");
  }
  return absl::OkStatus();
}

PatchTree::NodeId PatchTree::NewNode(Node node) {
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

PatchTree::NodeId PatchTree::NewValue(const WireField& value,
                                      const Field& field) {
  if (field.kind == Kind::kMessage &&
      value.type == WireType::kLengthDelimited) {
    return NewNode(
        {.shape = Shape::kMessage, .field = &field, .bytes = value.bytes});
  }
  const bool is_number = value.type == WireType::kVarint;
  return NewNode({.shape = Shape::kValue,
                  .field = &field,
                  .bits = is_number ? value.value : 0,
                  .bytes = is_number ? std::string_view() : value.bytes});
}

bool PatchTree::AddMember(uint64_t object, std::string name, NodeId node) {
  if (!members_.try_emplace(MemberKey(object, name), node).second) return false;
  objects_[object].members.emplace_back(std::move(name), node);
  return true;
}

absl::Status PatchTree::Open(NodeId node, int depth) {
  if (nodes_[node].shape != Shape::kMessage) return absl::OkStatus();
  const Field* const field = nodes_[node].field;
  const MessageTable& table = field == nullptr ? table_ : *field->message;
  if (depth > kMaxDepth) return Refuse("messages nested too deep");
  const std::string_view wire = nodes_[node].bytes;
  const uint64_t object = objects_.size();
  objects_.push_back({.table = &table, .members = {}});
  nodes_[node] = {
      .shape = Shape::kObject, .field = field, .bits = object, .bytes = {}};
  WireReader reader(wire);
  for (WireField value; reader.Next(value);) {
    const Field* part = table.FindByNumber(value.number);
    if (part == nullptr) return Refuse("the message has an unknown field");
    absl::Status status = OpenField(object, value, *part);
    if (!status.ok()) return status;
  }
  return reader.ok() ? absl::OkStatus() : Refuse("malformed Protobuf bytes");
}

absl::Status PatchTree::OpenField(uint64_t object, const WireField& value,
                                  const Field& field) {
  if (value.type != WireType::kLengthDelimited &&
      (value.type != WireType::kVarint || !field.packable())) {
    return Refuse(absl::StrCat(field.proto_name, ": wire type does not fit"));
  }
  const auto it = members_.find(MemberKey(object, field.json_name));
  if (!field.repeated) {
    if (it != members_.end()) {
      return Refuse(absl::StrCat(field.proto_name, " is set twice"));
    }
    AddMember(object, field.json_name, NewValue(value, field));
    return absl::OkStatus();
  }
  if (it != members_.end()) return AddElements(it->second, value, field);
  if (field.packable() && value.type == WireType::kLengthDelimited &&
      value.bytes.empty()) {
    return absl::OkStatus();
  }
  const NodeId list = NewNode({.shape = Shape::kList,
                               .field = &field,
                               .bits = lists_.size(),
                               .bytes = {}});
  lists_.emplace_back();
  AddMember(object, field.json_name, list);
  return AddElements(list, value, field);
}

absl::Status PatchTree::AddElements(NodeId list_node, const WireField& value,
                                    const Field& field) {
  GapList<NodeId>& list = lists_[nodes_[list_node].bits];
  if (!field.packable() || value.type == WireType::kVarint) {
    list.Insert(list.size(), NewValue(value, field));
    return absl::OkStatus();
  }
  const char* p = value.bytes.data();
  const char* const end = p + value.bytes.size();
  while (p < end) {
    WireField element;
    p = ReadVarint(p, end, element.value);
    if (p == nullptr) return Refuse("malformed packed list");
    list.Insert(list.size(), NewValue(element, field));
  }
  return absl::OkStatus();
}

absl::Status PatchTree::Write(OutputBuffer& out) {
  return WriteNode(kRoot, 1, out);
}

absl::Status PatchTree::WriteNode(NodeId node, int depth, OutputBuffer& out) {
  const Node value = nodes_[node];
  switch (value.shape) {
    case Shape::kObject:
      return WriteObject(value.bits, depth, out);
    case Shape::kList:
      return WriteList(value.bits, depth, out);
    case Shape::kMessage:
      return WriteBytes(node, depth, out);
    case Shape::kJson:
      out.Append(value.bytes);
      return absl::OkStatus();
    case Shape::kValue:
      break;
  }
  MessageWriter writer(wire_, out);
  WireField wire;
  wire.type = value.bytes.data() == nullptr ? WireType::kVarint
                                            : WireType::kLengthDelimited;
  wire.value = value.bits;
  wire.bytes = value.bytes;
  writer.WriteValue(wire, *value.field, depth);
  return writer.status();
}

absl::Status PatchTree::WriteObject(uint64_t object, int depth,
                                    OutputBuffer& out) {
  std::string name;
  out.Put('{');
  // By index: taking a message apart below adds to objects_.
  for (size_t i = 0; i < objects_[object].members.size(); ++i) {
    if (i > 0) out.Put(',');
    name.clear();
    AppendEscaped(objects_[object].members[i].first, name);
    out.Put('"');
    out.Append(name);
    out.Append("\":");
    absl::Status status =
        WriteNode(objects_[object].members[i].second, depth + 1, out);
    if (!status.ok()) return status;
  }
  out.Put('}');
  return absl::OkStatus();
}

absl::Status PatchTree::WriteList(uint64_t list, int depth, OutputBuffer& out) {
  out.Put('[');
  for (size_t i = 0; i < lists_[list].size(); ++i) {
    if (i > 0) out.Put(',');
    absl::Status status = WriteNode(lists_[list].At(i), depth, out);
    if (!status.ok()) return status;
  }
  out.Put(']');
  return absl::OkStatus();
}

absl::Status PatchTree::WriteBytes(NodeId node, int depth, OutputBuffer& out) {
  const Field* const field = nodes_[node].field;
  const MessageTable& table = field == nullptr ? table_ : *field->message;
  const size_t before = out.size();
  MessageWriter writer(wire_, out);
  switch (writer.WriteMessage(nodes_[node].bytes, table, depth)) {
    case MessageWriter::Result::kWritten:
      return absl::OkStatus();
    case MessageWriter::Result::kRefused:
      return writer.status();
    case MessageWriter::Result::kScattered:
      break;
  }
  out.Truncate(before);
  absl::Status opened = Open(node, depth);
  return opened.ok() ? WriteNode(node, depth, out) : opened;
}

}  // namespace klarna::json
