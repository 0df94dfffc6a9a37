// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <vector>

namespace klarna::http {

// Keeps libcurl's easy handles for the next transfer, with every option set
// back to its default. A new handle costs an allocation of a receive buffer.
// Not thread-safe.
class CurlHandlePool {
 public:
  CurlHandlePool() = default;
  ~CurlHandlePool();
  CurlHandlePool(const CurlHandlePool&) = delete;
  CurlHandlePool& operator=(const CurlHandlePool&) = delete;

  // Null when there is no memory.
  CURL* Take();
  void Give(CURL* easy);

 private:
  std::vector<CURL*> free_;
};

}  // namespace klarna::http
