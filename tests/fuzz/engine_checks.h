// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "service/http/transport.h"

namespace klarna::fuzz {

// What holds for every call, whatever was asked and answered.

// Whether the input holds the credentials, which libFuzzer learns: an upstream
// may say what it knows, so nothing below holds then.
bool KnowsCredentials(const uint8_t* data, size_t size);

// Goes to the configured host, as one request, with its credentials once.
void CheckRequestOut(const http::HttpRequest& request);

// Fits into a trailer, and is text.
void CheckStatus(const absl::Status& status);

// Each line is one JSON object without a secret.
void CheckLog(const std::vector<std::string>& lines);

// A message of the contract without unknown fields.
std::unique_ptr<google::protobuf::Message> CheckMessage(
    const google::protobuf::Descriptor& type, const std::string& bytes);

}  // namespace klarna::fuzz
