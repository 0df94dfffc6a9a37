// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"

namespace klarna::demo {

absl::Status ToStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string text = status.error_message();
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : details.details()) {
      google::rpc::ErrorInfo info;
      gateway::v1::KlarnaError error;
      gateway::v1::Outcome outcome;
      if (detail.UnpackTo(&info)) {
        absl::StrAppend(&text, " [", info.reason(), "]");
      } else if (detail.UnpackTo(&error)) {
        absl::StrAppend(&text, " Klarna: ", error.error_code(), " ",
                        absl::StrJoin(error.error_messages(), "; "));
      } else if (detail.UnpackTo(&outcome)) {
        absl::StrAppend(&text, " (",
                        gateway::v1::Verdict_Name(outcome.verdict()), ")");
      }
    }
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), text);
}

}  // namespace klarna::demo
