// SPDX-License-Identifier: Apache-2.0
#include "service/rest/read_back.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace klarna::rest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool IsString(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING;
}

class ReadBackCompiler {
 public:
  ReadBackCompiler(const v1::ReadBack& rule, const Descriptor& change,
                   const Method& subscribe)
      : rule_(rule), change_(change), subscribe_(subscribe) {}

  absl::StatusOr<ReadBack> Compile() {
    for (auto step :
         {&ReadBackCompiler::FindRead, &ReadBackCompiler::FindItems,
          &ReadBackCompiler::CompileFields, &ReadBackCompiler::CompileMatches,
          &ReadBackCompiler::CompileFacts}) {
      if (absl::Status status = (this->*step)(); !status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("read_back: ", status.message()));
      }
    }
    return std::move(out_);
  }

 private:
  absl::Status FindRead() {
    const FieldDescriptor* operation =
        subscribe_.descriptor->input_type()->FindFieldByName(rule_.read());
    const auto route = operation == nullptr
                           ? subscribe_.routes.end()
                           : subscribe_.routes.find(operation->number());
    if (route == subscribe_.routes.end() ||
        route->second.result.table == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", rule_.read(), "\" reads no entity"));
    }
    out_.read = &route->second;
    read_ = operation->message_type();
    found_ = subscribe_.descriptor->output_type()
                 ->FindFieldByNumber(out_.read->result.field)
                 ->message_type();
    return absl::OkStatus();
  }

  absl::Status FindItems() {
    if (rule_.items().empty()) return absl::OkStatus();
    const FieldDescriptor* items = found_->FindFieldByName(rule_.items());
    if (items == nullptr || !items->is_repeated() ||
        items->message_type() == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("items \"", rule_.items(), "\" is no list of messages"));
    }
    out_.items_field = items->number();
    found_ = items->message_type();
    return absl::OkStatus();
  }

  absl::Status CompileFields() {
    for (const v1::ReadBackField& field : rule_.fields()) {
      const FieldDescriptor* to = read_->FindFieldByName(field.field());
      absl::StatusOr<CompiledFieldPath> from =
          CompileFieldPath(change_, field.from());
      if (!from.ok()) return from.status();
      if (to == nullptr || !IsString(*to) || !IsString(*from->end)) {
        return absl::InvalidArgumentError(
            absl::StrCat("field \"", field.field(), "\" is no string"));
      }
      out_.fields.emplace_back(to->number(), std::move(from->path));
    }
    return absl::OkStatus();
  }

  absl::Status CompileMatches() {
    if (rule_.matches().empty()) {
      return absl::InvalidArgumentError("matches nothing");
    }
    for (const v1::ReadBackMatch& match : rule_.matches()) {
      absl::StatusOr<CompiledFieldPath> found =
          CompileFieldPath(*found_, match.found());
      if (!found.ok()) return found.status();
      ReadBack::Match out;
      out.found = std::move(found->path);
      out.text = match.text();
      out.unique = match.unique();
      if (match.has_sent()) {
        absl::StatusOr<CompiledFieldPath> sent =
            CompileFieldPath(change_, match.sent());
        if (!sent.ok()) return sent.status();
        if (sent->end->type() != found->end->type()) {
          return absl::InvalidArgumentError(
              absl::StrCat("\"", match.sent(), "\" is of another type"));
        }
        out.sent = std::move(sent->path);
      }
      out_.matches.push_back(std::move(out));
    }
    return absl::OkStatus();
  }

  absl::Status CompileFacts() {
    out_.not_found_means_none = rule_.not_found_means_none();
    for (const auto& [text, path] :
         {std::pair(&rule_.id(), &out_.id),
          std::pair(&rule_.made_at(), &out_.made_at)}) {
      if (text->empty()) continue;
      absl::StatusOr<CompiledFieldPath> compiled =
          CompileFieldPath(*found_, *text);
      if (!compiled.ok()) return compiled.status();
      if (!IsString(*compiled->end)) {
        return absl::InvalidArgumentError(
            absl::StrCat("\"", *text, "\" is no string"));
      }
      *path = std::move(compiled->path);
    }
    return absl::OkStatus();
  }

  const v1::ReadBack& rule_;
  const Descriptor& change_;
  const Method& subscribe_;
  const Descriptor* read_ = nullptr;   // The read's operation message.
  const Descriptor* found_ = nullptr;  // What is looked at.
  ReadBack out_;
};

}  // namespace

absl::StatusOr<ReadBack> CompileReadBack(const v1::ReadBack& rule,
                                         const Descriptor& change,
                                         const Method& subscribe) {
  return ReadBackCompiler(rule, change, subscribe).Compile();
}

}  // namespace klarna::rest
