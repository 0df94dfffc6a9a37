// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/engine_checks.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "service/http/request_check.h"
#include "service/json/utf8.h"
#include "service/rest/status_details.h"
#include "tests/fuzz/require.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::fuzz {
namespace {

using testing::EngineUnderTest;

// With the details; gRPC itself takes 8 KiB of trailers.
constexpr size_t kMaxStatusBytes = 4 << 10;

}  // namespace

bool KnowsCredentials(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  return input.find(EngineUnderTest::kAuthorization) != input.npos;
}

void CheckRequestOut(const http::HttpRequest& request) {
  const auto target = http::CheckRequest(request);
  Require(target.ok(), target.status().ToString());
  Require(absl::StartsWith(request.url,
                           std::string(EngineUnderTest::kBaseUri) + "/"),
          request.url);
  const auto authorizes = [](const http::Header& header) {
    return absl::EqualsIgnoreCase(header.first, "Authorization");
  };
  Require(std::count_if(request.headers.begin(), request.headers.end(),
                        authorizes) == 1 &&
              http::FindHeader(request.headers, "Authorization") ==
                  EngineUnderTest::kAuthorization,
          "other credentials than the account's");
}

void CheckStatus(const absl::Status& status) {
  const std::string wire = rest::ToRpcStatus(status).SerializeAsString();
  Require(wire.size() <= kMaxStatusBytes, "the status is too large");
  const std::string message(status.message());
  Require(json::IsUtf8(message) &&
              std::none_of(message.begin(), message.end(),
                           [](char c) { return c >= 0 && c < 0x20; }),
          "the status is no text");
  Require(!absl::StrContains(wire, EngineUnderTest::kAuthorization),
          "the status holds credentials");
}

void CheckLog(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const std::string_view text = line;
    Require(text.substr(0, text.size() - 1).find('\n') == text.npos &&
                nlohmann::json::accept(text),
            line);
    Require(!absl::StrContains(line, EngineUnderTest::kAuthorization), line);
  }
}

std::unique_ptr<google::protobuf::Message> CheckMessage(
    const google::protobuf::Descriptor& type, const std::string& bytes) {
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(&type)
          ->New());
  Require(message->ParseFromString(bytes) &&
              message->GetReflection()->GetUnknownFields(*message).empty(),
          "not a message of the contract");
  return message;
}

}  // namespace klarna::fuzz
