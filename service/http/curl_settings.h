// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "service/http/curl_transport.h"

namespace klarna::http {

// Sets options of one easy handle and remembers the first that libcurl refused:
// a protection that is not there must not go unnoticed.
//
//   CurlSettings settings(easy);
//   settings.Set(CURLOPT_NOSIGNAL, 1L);
//   settings.SetPolicy(options);
//   if (settings.code() != CURLE_OK) ...
class CurlSettings {
 public:
  explicit CurlSettings(CURL* easy) : easy_(easy) {}

  template <typename T>
  void Set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code_ == CURLE_OK) code_ = code;
  }

  // What holds for every transfer, whatever its request is.
  void SetPolicy(const CurlTransportOptions& options);

  CURLcode code() const { return code_; }

 private:
  CURL* const easy_;
  CURLcode code_ = CURLE_OK;
};

}  // namespace klarna::http
