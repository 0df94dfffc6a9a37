// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/simulated_klarna.h"

#include <curl/curl.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace klarna::demo {
namespace {

using nlohmann::json;

size_t Append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

// Calls the control port and returns the JSON it answers.
absl::StatusOr<json> Call(const char* method, const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(
      curl_easy_init(), &curl_easy_cleanup);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode result = curl_easy_perform(curl.get());
  if (result != CURLE_OK) {
    return absl::UnavailableError(
        absl::StrCat(method, " ", url, ": ", curl_easy_strerror(result)));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (status != 200 || answer.is_discarded()) {
    return absl::FailedPreconditionError(
        absl::StrCat(method, " ", url, ": HTTP ", status, " ", body));
  }
  return answer;
}

}  // namespace

absl::StatusOr<std::string> SimulatedKlarna::AuthorizeSession(
    const std::string& session_id) {
  absl::StatusOr<json> answer =
      Call("POST", absl::StrCat(url_, "/sandbox/payments/sessions/", session_id,
                                "/authorize"));
  if (!answer.ok()) return answer.status();
  return answer->value("authorization_token", "");
}

absl::StatusOr<std::vector<Effect>> SimulatedKlarna::Effects() {
  absl::StatusOr<json> answer =
      Call("GET", absl::StrCat(url_, "/sandbox/ledger"));
  if (!answer.ok()) return answer.status();
  std::vector<Effect> effects;
  for (const json& entry : *answer) {
    effects.push_back({entry.value("operation", ""), entry.value("key", ""),
                       entry.value("amount", int64_t{0})});
  }
  return effects;
}

}  // namespace klarna::demo
