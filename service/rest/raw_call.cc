// SPDX-License-Identifier: Apache-2.0
#include "service/rest/raw_call.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "klarna/gateway/v1/raw.pb.h"
#include "service/json/scanner.h"
#include "service/rest/percent_encoding.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

constexpr size_t kMaxPathBytes = 2048;
constexpr size_t kMaxHeaderBytes = 4096;
constexpr int kMaxQueryParameters = 100;

bool Contains(const std::vector<std::string>& texts, absl::string_view text) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& each) {
    return absl::EqualsIgnoreCase(each, text);
  });
}

absl::Status BindMethod(const RawRules& rules, const gateway::v1::RawCall& call,
                        BoundRequest& request) {
  request.method = call.method();
  const bool known = std::find(rules.methods.begin(), rules.methods.end(),
                               call.method()) != rules.methods.end();
  return known ? absl::OkStatus()
               : InvalidField("raw.method",
                              absl::StrCat("must be ",
                                           absl::StrJoin(rules.methods, ", "),
                                           " in this RPC"));
}

absl::Status BindPath(const RawRules& rules, const gateway::v1::RawCall& call,
                      BoundRequest& request) {
  const std::string& path = call.path();
  const std::vector<absl::string_view> segments = absl::StrSplit(path, '/');
  if (path.size() > kMaxPathBytes || segments.size() < 2 ||
      !segments[0].empty() || !Contains(rules.path_roots, segments[1])) {
    return InvalidField(
        "raw.path",
        absl::StrCat("must begin with /",
                     absl::StrJoin(rules.path_roots, "/ or /"),
                     "/ and have at most ", kMaxPathBytes, " bytes"));
  }
  for (size_t i = 1; i < segments.size(); ++i) {
    const absl::string_view segment = segments[i];
    if (segment.empty() || segment == "." || segment == ".." ||
        segment.find_first_of("?#%") != absl::string_view::npos) {
      return InvalidField("raw.path",
                          "has an empty or dotted segment, or one of ?, #, %: "
                          "it is encoded by the gateway, and query parameters "
                          "go into raw.query");
    }
    request.path += '/';
    AppendPercentEncoded(segment, request.path);
  }
  return absl::OkStatus();
}

absl::Status BindQuery(const gateway::v1::RawCall& call,
                       BoundRequest& request) {
  if (call.query_size() > kMaxQueryParameters) {
    return InvalidField(
        "raw.query",
        absl::StrCat("has more than ", kMaxQueryParameters, " parameters"));
  }
  for (const gateway::v1::Parameter& parameter : call.query()) {
    if (parameter.name().empty()) {
      return InvalidField("raw.query", "has a parameter without a name");
    }
    request.AddQuery(parameter.name(), parameter.value());
  }
  return absl::OkStatus();
}

absl::Status BindHeaders(const RawRules& rules,
                         const gateway::v1::RawCall& call,
                         BoundRequest& request) {
  std::vector<std::string> allowed = {"Accept", "Content-Type"};
  allowed.insert(allowed.end(), rules.headers.begin(), rules.headers.end());
  std::vector<std::string> seen;
  for (const gateway::v1::Parameter& header : call.headers()) {
    if (!Contains(allowed, header.name())) {
      return InvalidField(
          "raw.headers",
          absl::StrCat("may hold ", absl::StrJoin(allowed, ", ")));
    }
    if (Contains(seen, header.name())) {
      return InvalidField("raw.headers", "holds a header twice");
    }
    const std::string& value = header.value();
    if (value.size() > kMaxHeaderBytes ||
        !std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f; })) {
      return InvalidField("raw.headers",
                          absl::StrCat("values must be printable ASCII, at "
                                       "most ",
                                       kMaxHeaderBytes, " bytes"));
    }
    seen.push_back(header.name());
    request.headers.emplace_back(header.name(), value);
  }
  if (!Contains(seen, "Accept")) {
    request.headers.emplace_back("Accept", "application/json");
  }
  if (!call.payload().empty() && !Contains(seen, "Content-Type")) {
    request.headers.emplace_back("Content-Type", "application/json");
  }
  return absl::OkStatus();
}

absl::Status BindPayload(const gateway::v1::RawCall& call,
                         BoundRequest& request) {
  if (call.payload().empty()) return absl::OkStatus();
  if (call.method() == "GET") {
    return InvalidField("raw.payload", "a GET has none");
  }
  if (absl::Status status = json::CheckJson(call.payload()); !status.ok()) {
    return InvalidField("raw.payload",
                        absl::StrCat("is not JSON: ", status.message()));
  }
  request.body = call.payload();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BoundRequest> BindRaw(const Method& method,
                                     std::string_view call) {
  gateway::v1::RawCall raw;  // CheckWire has seen the bytes.
  raw.ParseFromArray(call.data(), static_cast<int>(call.size()));
  const RawRules& rules = method.raw_rules;
  BoundRequest request;
  for (const absl::Status& status :
       {BindMethod(rules, raw, request), BindPath(rules, raw, request),
        BindQuery(raw, request), BindHeaders(rules, raw, request),
        BindPayload(raw, request)}) {
    if (!status.ok()) return status;
  }
  return request;
}

}  // namespace klarna::rest
