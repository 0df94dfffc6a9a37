// SPDX-License-Identifier: Apache-2.0
#include "service/json/read_only.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/json/field_set.h"
#include "service/json/wire.h"

namespace klarna::json {
namespace {

// Looks only into messages that can hold such a field: few do.
class Finder {
 public:
  explicit Finder(size_t most) : most_(most) {}

  // `path` leads to the message and is empty or ends with a dot.
  void Search(std::string_view wire, const MessageTable& table,
              const std::string& path, int depth) {
    if (depth > kMaxDepth) return;
    FieldSet seen;
    std::map<const Field*, int> elements;
    WireReader reader(wire);
    for (WireField value; found_.size() < most_ && reader.Next(value);) {
      const Field* field = table.FindByNumber(value.number);
      if (field == nullptr) return;
      if (field->read_only) {
        if (seen.Add(field->index)) {
          found_.push_back(absl::StrCat(path, field->proto_name));
        }
      } else if (field->message != nullptr && field->message->has_read_only()) {
        const std::string index =
            field->repeated ? absl::StrCat("[", elements[field]++, "]") : "";
        Search(value.bytes, *field->message,
               absl::StrCat(path, field->proto_name, index, "."), depth + 1);
      }
    }
  }

  std::vector<std::string> found() && { return std::move(found_); }

 private:
  const size_t most_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> FindReadOnly(std::string_view wire,
                                      const MessageTable& table, size_t most) {
  Finder finder(most);
  if (table.has_read_only()) finder.Search(wire, table, "", 1);
  return std::move(finder).found();
}

}  // namespace klarna::json
