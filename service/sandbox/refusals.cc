// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/refusals.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

Answer Page(int status, absl::string_view type, std::string body) {
  Answer answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", std::string(type)});
  answer.body = std::move(body);
  return answer;
}

std::string NginxPage(absl::string_view title) {
  return absl::StrCat("<html>\r\n<head><title>", title,
                      "</title></head>\r\n<body bgcolor=\"white\">\r\n"
                      "<center><h1>",
                      title,
                      "</h1></center>\r\n<hr><center>openresty</center>\r\n"
                      "</body>\r\n</html>\r\n");
}

// Spring's error object, which has no error_code but an internal path.
Answer SpringError(int status, absl::string_view error, absl::string_view path,
                   absl::Time now) {
  absl::string_view rest = path;
  absl::ConsumePrefix(&rest, "/ordermanagement/v1");
  const json body = {{"timestamp", Timestamp(now)},
                     {"status", status},
                     {"error", error},
                     {"message", "No message available"},
                     {"path", absl::StrCat("/merchants/M100042", rest)}};
  return Page(status, "application/json", CompactJson(body));
}

json DisputesError(absl::string_view id, absl::string_view code,
                   absl::string_view type, absl::string_view message) {
  return {{"error_id", id},
          {"error_code", code},
          {"error_type", type},
          {"error_message", message}};
}

// Order management's texts, with the blanks that it forgets.
std::string OrderManagementText(const Problem& problem) {
  switch (problem.kind) {
    case Problem::Kind::kMissing:
      return absl::StrCat("'", problem.path, "' must not be null");
    case Problem::Kind::kTooLong:
      return absl::StrCat(
          "The size of the", absl::StrReplaceAll(problem.path, {{".", "/"}}),
          "value must be between 0 and ", problem.member.longest);
    case Problem::Kind::kTooMany:
      return absl::StrCat(
          "The size of the", absl::StrReplaceAll(problem.path, {{".", "/"}}),
          "value must be between 0 and ", problem.member.most_items);
    case Problem::Kind::kOutOfRange:
      return absl::StrCat("'", problem.path, "' must be between ",
                          problem.member.least, " and ", problem.member.most);
    case Problem::Kind::kWrongKind:
      break;
  }
  return absl::StrCat("'", problem.path, "' has an invalid value");
}

std::string Paths(const std::vector<Problem>& problems) {
  return absl::StrJoin(problems, ", ",
                       [](std::string* out, const Problem& problem) {
                         out->append(problem.path);
                       });
}

Answer DisputesValidation(const Call& call,
                          const std::vector<Problem>& problems) {
  json body = DisputesError(call.correlation_id, "VALIDATION_ERROR",
                            "INPUT_ERROR", "The request is not valid");
  body["validation_errors"] = json::array();
  for (const Problem& problem : problems) {
    body["validation_errors"].push_back(
        {{"parameter", problem.path},
         {"reason", problem.kind == Problem::Kind::kMissing
                        ? "must be given"
                        : "has an invalid value"},
         {"doc_url", "https://docs.klarna.com/"}});
  }
  return Reply(call, 400, body);
}

}  // namespace

Answer Unauthorized(Domain domain, absl::string_view correlation_id) {
  if (domain == Domain::kDisputes) {
    return Page(401, "application/json",
                DisputesError(correlation_id, "UNAUTHORIZED", "ACCESS_ERROR",
                              "The presented credentials failed authentication")
                    .dump());
  }
  Answer answer =
      Page(401, "text/html", NginxPage("401 Authorization Required"));
  answer.headers.push_back(
      {"Www-Authenticate", "Basic realm=\"very closed site\""});
  return answer;
}

Answer UnknownPath(absl::string_view path, absl::Time now) {
  if (absl::StartsWith(path, "/ordermanagement/")) {
    return SpringError(404, "Not Found", path, now);
  }
  if (absl::StartsWith(path, "/v4/payment/")) {
    return Page(403, "application/json",
                DisputesError("00000000-0000-0000-0000-000000000000",
                              "OPERATION_FORBIDDEN", "RESOURCE_ERROR",
                              "Insufficient privileges")
                    .dump());
  }
  for (const absl::string_view prefix :
       {"/checkout/", "/payments/", "/customer-token/", "/hpp/",
        "/merchantcard/", "/settlements/"}) {
    if (absl::StartsWith(path, prefix)) return Empty(404);
  }
  return Page(404, "text/html", NginxPage("404 Not Found"));
}

Answer WrongMethod(Domain domain, absl::string_view path,
                   const std::string& allowed, absl::Time now) {
  Answer answer = domain == Domain::kOrderManagement
                      ? SpringError(405, "Method Not Allowed", path, now)
                      : Empty(405);
  answer.headers.push_back({"Allow", allowed});
  return answer;
}

Answer TomcatBadRequest() {
  // With an en dash in the title.
  const absl::string_view title = "HTTP Status 400 \xe2\x80\x93 Bad Request";
  Answer answer = Page(
      400, "text/html;charset=utf-8",
      absl::StrCat("<!doctype html><html lang=\"en\"><head><title>", title,
                   "</title></head><body><h1>", title, "</h1></body></html>"));
  answer.headers.push_back({"Content-Language", "en"});
  return answer;
}

Answer WrongMediaType(const Call& call) {
  switch (call.operation.domain) {
    case Domain::kDisputes:
      return Refuse(call, 400, "INVALID_CONTENT_TYPE",
                    "The content type is not supported");
    case Domain::kOrderManagement:
      return SpringError(415, "Unsupported Media Type", call.request.path,
                         call.now);
    default:
      return Empty(415);
  }
}

Answer TooLarge(const Call& call) {
  return Refuse(call, 413, "REQUEST_TOO_LARGE", "Request is too large");
}

Answer NotJson(const Call& call) {
  switch (call.operation.domain) {
    case Domain::kOrderManagement:
      return Refuse(call, 422, "UNPROCESSABLE_ENTITY", "Malformed JSON");
    case Domain::kDisputes:
      return Refuse(call, 400, "VALIDATION_ERROR", "Malformed JSON");
    case Domain::kShipping:
      return Refuse(call, 400, "", "malformed_request");
    default:
      return Refuse(call, 400, "BAD_REQUEST", "Malformed JSON");
  }
}

Answer WrongMembers(const Call& call, const std::vector<Problem>& problems) {
  switch (call.operation.domain) {
    case Domain::kOrderManagement:
      return Refuse(call, 422, "UNPROCESSABLE_ENTITY",
                    OrderManagementText(problems.front()));
    case Domain::kDisputes:
      return DisputesValidation(call, problems);
    case Domain::kShipping:
      return Refuse(call, 400, "",
                    absl::StrCat("invalid_", problems.front().path));
    default:
      return Refuse(call, 400, "BAD_VALUE",
                    absl::StrCat("Bad value: ", Paths(problems)));
  }
}

Answer WrongQuery(const Call& call, const std::vector<Problem>& problems) {
  if (call.operation.domain == Domain::kDisputes) {
    return DisputesValidation(call, problems);
  }
  return Refuse(call, 400, "BAD_REQUEST",
                absl::StrCat("Invalid query parameter: ", Paths(problems)));
}

Answer WrongSums(const Call& call, const std::vector<std::string>& members) {
  return Refuse(call, 400, "BAD_VALUE",
                absl::StrCat("Bad value: ", absl::StrJoin(members, ", ")));
}

Answer FaultyStatus(const Call& call, int status) {
  const bool order_management =
      call.operation.domain == Domain::kOrderManagement;
  switch (status) {
    case 401:
      return Unauthorized(call.operation.domain, call.correlation_id);
    case 409:
      return Refuse(call, 409,
                    call.operation.domain == Domain::kDisputes
                        ? "RESOURCE_CONFLICT"
                        : "CONFLICT",
                    "Concurrent update");
    case 500:
      return Refuse(
          call, 500,
          order_management ? "UNEXPECTED_ERROR" : "INTERNAL_SERVER_ERROR",
          "Unexpected server error");
    case 502:
    case 503:
    case 504:
      return Refuse(
          call, status,
          order_management ? "TEMPORARILY_UNAVAILABLE" : "SERVICE_UNAVAILABLE",
          "Temporarily unavailable");
    default:
      return Empty(status);
  }
}

}  // namespace klarna::sandbox
