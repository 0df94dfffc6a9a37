// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"

namespace klarna::rest {

// Errors on their way to the caller are absl::Status; their google.rpc details
// ride along as payloads until the rpc layer puts them on the wire.
//
//   absl::Status status = GatewayError(
//       absl::StatusCode::kUnavailable, "NOT_SENT", "no connection to ...");
//   AddDetail(klarna_error, status);

inline constexpr absl::string_view kGatewayDomain = "gateway.klarna";
inline constexpr absl::string_view kKlarnaDomain = "klarna.com";

using Metadata = std::vector<std::pair<std::string, std::string>>;

// A status with an ErrorInfo of the gateway's own domain.
absl::Status GatewayError(absl::StatusCode code, absl::string_view reason,
                          absl::string_view message,
                          const Metadata& metadata = {});

// A status with an ErrorInfo whose reason is Klarna's error code.
absl::Status KlarnaCodeError(absl::StatusCode code, absl::string_view reason,
                             absl::string_view message,
                             const Metadata& metadata = {});

// INVALID_ARGUMENT, reason BAD_REQUEST, with a BadRequest field violation:
// `field` is a path in the request message.
absl::Status InvalidField(absl::string_view field, absl::string_view why);

// Adds metadata to the status's ErrorInfo; one made for `kGatewayDomain` with
// `reason` if it has none yet.
void AddMetadata(absl::string_view reason, const Metadata& metadata,
                 absl::Status& status);

void AddDetail(const google::protobuf::Message& detail, absl::Status& status);
void AddFieldViolation(absl::string_view field, absl::string_view why,
                       absl::Status& status);
void AddRetryInfo(absl::Duration delay, absl::Status& status);

// Reads a detail back. False if the status has none of this type.
bool GetDetail(const absl::Status& status, google::protobuf::Message& detail);

// The status as it goes on the wire. Message and details together stay below
// 3.5 KiB, since gRPC clients report RESOURCE_EXHAUSTED instead of a status
// whose trailers are too large: what a Klarna error says is cut first, then
// field violations; the ErrorInfo and the outcome never.
google::rpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace klarna::rest
