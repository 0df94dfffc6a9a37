// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_settings.h"

namespace klarna::http {
namespace {

constexpr long kNo = 0;
constexpr long kYes = 1;

}  // namespace

void CurlSettings::SetPolicy(const CurlTransportOptions& options) {
  // Nothing of the environment, nothing that leaves the host of the URL.
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(CURLOPT_FOLLOWLOCATION, kNo);
  Set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  Set(CURLOPT_DISALLOW_USERNAME_IN_URL, kYes);
  // libcurl would squash /orders/../../other before it sends it.
  Set(CURLOPT_PATH_AS_IS, kYes);
  Set(CURLOPT_NOSIGNAL, kYes);
  // Without it a hanging lookup is waited for when its transfer is given up.
  Set(CURLOPT_QUICK_EXIT, kYes);

  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_HTTP09_ALLOWED, kNo);
  Set(CURLOPT_BUFFERSIZE, 256L << 10);
  Set(CURLOPT_DNS_CACHE_TIMEOUT, 30L);
  // Below the minute after which servers and load balancers drop what is idle.
  Set(CURLOPT_MAXAGE_CONN, 50L);
  Set(CURLOPT_MAXLIFETIME_CONN, 300L);

  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_SSL_VERIFYPEER, kYes);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    Set(CURLOPT_CAINFO, options.ca_file.c_str());
    // libcurl has a default directory, which would add to what is trusted.
    Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
}

}  // namespace klarna::http
