// SPDX-License-Identifier: Apache-2.0
#include "service/rest/read_only.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/json/read_only.h"
#include "service/json/wire.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

// More would not fit into the status.
constexpr size_t kMostFields = 12;
constexpr char kWhy[] =
    "is Klarna's to set; leave it out. Where it must be sent nevertheless, "
    "unmapped can";

const Binding* BodyThatMayHold(const Route& route) {
  for (const Binding& binding : route.bindings) {
    if (binding.place == Binding::Place::kBody &&
        binding.table->has_read_only()) {
      return &binding;
    }
  }
  return nullptr;
}

absl::Status Refuse(const std::string& parent,
                    const std::vector<std::string>& paths) {
  absl::Status status = InvalidField(parent + paths.front(), kWhy);
  for (size_t i = 1; i < paths.size(); ++i) {
    AddFieldViolation(parent + paths[i], kWhy, status);
  }
  return status;
}

}  // namespace

absl::Status CheckReadOnly(const Route& route, std::string_view operation) {
  const Binding* body = BodyThatMayHold(route);
  if (body == nullptr) return absl::OkStatus();
  json::WireReader reader(operation);
  for (json::WireField field; reader.Next(field);) {
    if (field.number != static_cast<uint32_t>(body->field)) continue;
    const std::vector<std::string> paths =
        json::FindReadOnly(field.bytes, *body->table, kMostFields);
    if (paths.empty()) continue;
    return Refuse(absl::StrCat(route.operation, ".", body->field_name, "."),
                  paths);
  }
  return absl::OkStatus();
}

}  // namespace klarna::rest
