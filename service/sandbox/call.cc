// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/call.h"

#include <algorithm>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "service/sandbox/json_text.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr size_t kMostParameters = 1000;

std::string DecodeQueryPart(absl::string_view text) {
  return PercentDecode(absl::StrReplaceAll(text, {{"+", " "}}));
}

absl::string_view ErrorType(int status) {
  if (status == 401 || status == 429) return "ACCESS_ERROR";
  if (status >= 500) return "TECHNICAL_ERROR";
  return status == 400 ? "INPUT_ERROR" : "RESOURCE_ERROR";
}

absl::string_view ContentType(Domain domain, int status) {
  if (domain == Domain::kShipping) return "application/json";
  if (domain == Domain::kPayments && status == 200) {
    return "application/json;charset=utf-8";
  }
  return "application/json";
}

json ErrorBody(const Call& call, int status, absl::string_view code,
               absl::string_view message) {
  switch (call.operation.domain) {
    case Domain::kDisputes:
      return {{"error_id", call.correlation_id},
              {"error_code", code},
              {"error_type", ErrorType(status)},
              {"error_message", message}};
    case Domain::kShipping:
      return {{"failure_reason", message}};
    default:
      return {{"correlation_id", call.correlation_id},
              {"error_code", code},
              {"error_messages", json::array({message})}};
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ParseQuery(
    absl::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  if (query.empty()) return parameters;
  for (absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    if (parameters.size() == kMostParameters) break;
    const size_t equals = std::min(part.find('='), part.size());
    parameters.emplace_back(
        DecodeQueryPart(part.substr(0, equals)),
        DecodeQueryPart(part.substr(std::min(equals + 1, part.size()))));
  }
  return parameters;
}

Answer Empty(int status) {
  Answer answer;
  answer.status = status;
  return answer;
}

Answer Reply(const Call& call, int status, const json& body) {
  const Domain domain = call.operation.domain;
  Answer answer;
  answer.status = status;
  answer.headers.push_back(
      {"Content-Type", std::string(ContentType(domain, status))});
  answer.body =
      domain == Domain::kPayments ? SpreadJson(body) : CompactJson(body);
  return answer;
}

Answer Refuse(const Call& call, int status, absl::string_view code,
              absl::string_view message) {
  return Reply(call, status, ErrorBody(call, status, code, message));
}

}  // namespace klarna::sandbox
