// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/redaction.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/observability/json_text.h"
#include "service/upstream/redacted_json.h"

namespace klarna::upstream {
namespace {

constexpr absl::string_view kRedacted = "[redacted]";

bool IsSensitive(const rest::Route& route, const rest::Binding& binding) {
  const json::Field* field =
      route.table->FindByNumber(static_cast<uint32_t>(binding.field));
  return field == nullptr || field->sensitive || NamesSecret(binding.name);
}

// Whether a value that the route puts there under this name may be shown.
bool IsShown(const rest::Route& route, rest::Binding::Place place,
             absl::string_view name) {
  return std::any_of(route.bindings.begin(), route.bindings.end(),
                     [&](const rest::Binding& binding) {
                       const bool path = place == rest::Binding::Place::kPath;
                       return binding.place == place &&
                              name ==
                                  (path ? binding.field_name : binding.name) &&
                              !IsSensitive(route, binding);
                     });
}

bool IsPagingParameter(const rest::Route& route, absl::string_view name) {
  const rest::ListPaging& paging = route.paging;
  return name == paging.offset_parameter || name == paging.size_parameter ||
         name == paging.cursor_parameter;
}

// A path that is not the route's is shown by nothing.
std::string RedactedPath(const rest::Route& route, absl::string_view path) {
  std::vector<absl::string_view> shown = absl::StrSplit(path, '/');
  const std::vector<absl::string_view> wanted =
      absl::StrSplit(route.path.text(), '/');
  if (shown.size() != wanted.size()) return absl::StrCat("/", kRedacted);
  for (size_t i = 0; i < shown.size(); ++i) {
    absl::string_view variable = wanted[i];
    const bool is_variable = absl::ConsumePrefix(&variable, "{") &&
                             absl::ConsumeSuffix(&variable, "}");
    if (!is_variable && shown[i] != wanted[i]) {
      return absl::StrCat("/", kRedacted);
    }
    if (is_variable && !IsShown(route, rest::Binding::Place::kPath, variable)) {
      shown[i] = kRedacted;
    }
  }
  return absl::StrJoin(shown, "/");
}

std::string RedactedQuery(const rest::Route& route, absl::string_view query) {
  std::vector<std::string> shown;
  for (absl::string_view parameter : absl::StrSplit(query, '&')) {
    const absl::string_view name = parameter.substr(0, parameter.find('='));
    const bool known = IsShown(route, rest::Binding::Place::kQuery, name) ||
                       IsPagingParameter(route, name);
    shown.push_back(known ? std::string(parameter) : std::string(kRedacted));
  }
  return absl::StrJoin(shown, "&");
}

// Proves who somebody is, or may hold what does.
bool Authenticates(absl::string_view name) {
  // Made of the request_id; proves nothing.
  if (absl::EqualsIgnoreCase(name, "Klarna-Idempotency-Key")) return false;
  if (NamesSecret(name)) return true;
  const std::string lower = absl::AsciiStrToLower(name);
  for (const char* word :
       {"auth", "cookie", "credential", "session", "signature"}) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

// A URL can hold a token, a file's name that of a person.
bool LeadsSomewhere(absl::string_view name) {
  for (const absl::string_view header :
       {"Location", "Content-Location", "Content-Disposition", "Link",
        "Referer", "Refresh"}) {
    if (absl::EqualsIgnoreCase(name, header)) return true;
  }
  return false;
}

bool IsSensitiveHeader(const rest::Route* route, absl::string_view name) {
  if (route == nullptr) return false;
  return std::any_of(route->bindings.begin(), route->bindings.end(),
                     [&](const rest::Binding& binding) {
                       return binding.place == rest::Binding::Place::kHeader &&
                              absl::EqualsIgnoreCase(binding.name, name) &&
                              IsSensitive(*route, binding);
                     });
}

}  // namespace

std::string RedactedUrl(const rest::Route* route, std::string_view base_uri,
                        std::string_view url) {
  absl::string_view rest(url.data(), url.size());
  if (route == nullptr) return std::string(rest.substr(0, rest.find('?')));
  const absl::string_view base(base_uri.data(), base_uri.size());
  if (!absl::ConsumePrefix(&rest, base)) return std::string(kRedacted);
  const size_t mark = rest.find('?');
  const absl::string_view path = rest.substr(0, mark);
  std::string shown = absl::StrCat(base, RedactedPath(*route, path));
  if (mark != rest.npos) {
    absl::StrAppend(&shown, "?", RedactedQuery(*route, rest.substr(mark + 1)));
  }
  return shown;
}

void AppendRedactedHeaders(const http::Headers& headers,
                           const rest::Route* route, std::string& out) {
  const size_t limit = out.size() + kMaxLoggedHeaders;
  out += '{';
  for (size_t i = 0; i < headers.size(); ++i) {
    if (i > 0) out += ',';
    if (out.size() >= limit) {
      absl::StrAppend(&out, "\"...\":", headers.size() - i);
      break;
    }
    const auto& [name, value] = headers[i];
    const bool hidden = Authenticates(name) || LeadsSomewhere(name) ||
                        IsSensitiveHeader(route, name);
    observability::AppendJsonText(name, out);
    out += ':';
    observability::AppendJsonText(
        hidden ? std::string_view("[redacted]") : value, out);
  }
  out += '}';
}

}  // namespace klarna::upstream
