// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_handle_pool.h"

namespace klarna::http {
namespace {

constexpr size_t kMostFree = 64;

}  // namespace

CurlHandlePool::~CurlHandlePool() {
  for (CURL* easy : free_) curl_easy_cleanup(easy);
}

CURL* CurlHandlePool::Take() {
  if (free_.empty()) return curl_easy_init();
  CURL* easy = free_.back();
  free_.pop_back();
  return easy;
}

void CurlHandlePool::Give(CURL* easy) {
  if (free_.size() >= kMostFree) {
    curl_easy_cleanup(easy);
    return;
  }
  curl_easy_reset(easy);
  free_.push_back(easy);
}

}  // namespace klarna::http
