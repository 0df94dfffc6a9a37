// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/keyring.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace klarna::sandbox {
namespace {

constexpr size_t kMaxTokens = 1000;

bool Contains(const std::vector<std::string>& headers,
              const std::string& header) {
  return std::find(headers.begin(), headers.end(), header) != headers.end();
}

Answer TokenAnswer(int status, const nlohmann::json& body) {
  Answer answer;
  answer.status = status;
  answer.headers = {{"Content-Type", "application/json"},
                    {"Cache-Control", "no-store"}};
  answer.body = body.dump();
  return answer;
}

}  // namespace

Keyring::Keyring(const SandboxOptions& options, Identifiers& ids)
    : options_(options), ids_(ids) {
  SetPasswords({options.password});
  SetApiKeys({options.api_key});
}

void Keyring::SetPasswords(std::vector<std::string> passwords) {
  if (passwords.empty()) return;
  passwords_.clear();
  tokens_.clear();
  for (const std::string& password : passwords) {
    passwords_.push_back(absl::StrCat(
        "Basic ",
        absl::Base64Escape(absl::StrCat(options_.user, ":", password))));
  }
}

void Keyring::SetApiKeys(std::vector<std::string> api_keys) {
  if (api_keys.empty()) return;
  api_keys_.clear();
  for (const std::string& key : api_keys) {
    api_keys_.push_back(absl::StrCat("Basic ", key));
  }
}

bool Keyring::Opens(const Request& request, absl::Time now) const {
  const std::string* header = request.Find("Authorization");
  if (header == nullptr) return false;
  absl::string_view token = *header;
  if (absl::ConsumePrefix(&token, "Bearer ")) {
    const auto it = tokens_.find(token);
    return it != tokens_.end() && now < it->second;
  }
  return Contains(passwords_, *header) || Contains(api_keys_, *header);
}

bool Keyring::KnowsClient(const Request& request) const {
  const std::string* header = request.Find("Authorization");
  return header != nullptr && Contains(passwords_, *header);
}

Answer Keyring::IssueToken(const Request& request, absl::Time now) {
  if (!absl::StartsWith(request.body, "grant_type=client_credentials")) {
    return TokenAnswer(400, {{"error", "unsupported_grant_type"}});
  }
  if (!KnowsClient(request)) {
    return TokenAnswer(401, {{"error", "invalid_client"}});
  }
  if (tokens_.size() >= kMaxTokens) tokens_.clear();
  const std::string token = ids_.Next(IdKind::kShippingToken);
  tokens_[token] = now + options_.token_lifetime;
  return TokenAnswer(
      200, {{"access_token", token},
            {"token_type", "Bearer"},
            {"expires_in", absl::ToInt64Seconds(options_.token_lifetime)}});
}

}  // namespace klarna::sandbox
