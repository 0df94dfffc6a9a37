// SPDX-License-Identifier: Apache-2.0
//
// An operation's label and an answer. Whatever it is, it makes a status that is
// an error, fits into trailers and can be printed; and an HTML page leaves no
// trace in it.
#include <string>

#include "absl/strings/match.h"
#include "google/rpc/error_details.pb.h"
#include "service/rest/klarna_error.h"
#include "service/rest/status_details.h"
#include "tests/fuzz/contract.h"
#include "tests/fuzz/engine_checks.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scripted_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  if (fuzz::KnowsCredentials(data, size)) return 0;
  static const rest::KlarnaErrorMapper mapper;
  const fuzz::Input input(data, size);
  const rest::Route& route = *fuzz::OperationNamed(input[0]).route;
  const testing::ScriptedAnswer answer = fuzz::ParseAnswer(input[1]);
  const absl::Status status = mapper.Map(
      {.operation = route.label, .domain = route.domain, .account = "shop"},
      {.http_status = answer.head.status,
       .headers = answer.head.headers,
       .body = answer.body,
       .came = absl::UnixEpoch()});
  fuzz::Require(!status.ok(), "an error that is none");
  fuzz::CheckStatus(status);
  google::rpc::ErrorInfo info;
  fuzz::Require(rest::GetDetail(status, info) && !info.reason().empty(),
                "no reason");
  const std::string& body = answer.body;
  if (body.substr(0, 1) == "<" && body.size() > 20) {
    fuzz::Require(
        !absl::StrContains(rest::ToRpcStatus(status).SerializeAsString(), body),
        "the page comes out");
  }
  return 0;
}
