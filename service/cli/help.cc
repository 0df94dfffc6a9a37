// SPDX-License-Identifier: Apache-2.0
#include "service/cli/help.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "service/cli/proto_comments.h"
#include "service/config/setting_value.h"
#include "service/config/settings.h"

namespace klarna::cli {
namespace {

using google::protobuf::FieldDescriptor;

constexpr size_t kWidth = 78;
constexpr absl::string_view kIndent = "      ";

std::string Wrapped(const std::string& text) {
  std::string wrapped;
  size_t column = kWidth;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    const bool fits = column + 1 + word.size() <= kWidth;
    if (!fits) column = kIndent.size() - 1;
    absl::StrAppend(&wrapped,
                    fits              ? " "
                    : wrapped.empty() ? ""
                                      : "\n",
                    fits ? "" : kIndent, word);
    column += 1 + word.size();
  }
  return wrapped + "\n";
}

// "1024 to 1048576; default 32768".
std::string Facts(const FieldDescriptor& field) {
  const auto& facts = config::FactsOf(field);
  std::vector<std::string> parts;
  if (!facts.min().empty()) {
    parts.push_back(absl::StrCat(facts.min(), " to ", facts.max()));
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    parts.push_back(absl::StrJoin(
        config::ValueNames(*field.enum_type()), "|",
        [](std::string* out, const auto& value) { out->append(value.first); }));
  }
  if (!facts.default_value().empty()) {
    parts.push_back(absl::StrCat("default ", facts.default_value()));
  }
  return absl::StrJoin(parts, "; ");
}

}  // namespace

std::string SettingsHelp() {
  std::string help =
      "Settings. Each is also an environment variable, "
      "KLARNA_GATEWAY_LOG_LEVEL for\n--log.level, and a key of the file, log: "
      "{level: ...}. A flag counts before a\nvariable, and that before the "
      "file. Secrets are named by the file or the\nvariable that holds them.\n";
  for (const config::Setting& setting : config::AllSettings()) {
    const std::string facts = Facts(setting.field());
    absl::StrAppend(&help, "\n  ", setting.flag,
                    facts.empty() ? "" : absl::StrCat("  (", facts, ")"), "\n",
                    Wrapped(CommentOf(setting.field())));
  }
  return help;
}

}  // namespace klarna::cli
