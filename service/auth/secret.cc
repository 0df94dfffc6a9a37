// SPDX-License-Identifier: Apache-2.0
#include "service/auth/secret.h"

#include <string.h>

#include <algorithm>

namespace klarna::auth {

Secret::Secret(std::string_view bytes)
    : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

Secret::~Secret() {
  // Unlike memset it is not optimized away.
  if (bytes_ != nullptr) explicit_bzero(bytes_.get(), size_);
}

Secret Secret::Take(std::string& source) {
  Secret secret(source);
  explicit_bzero(source.data(), source.size());
  source.clear();
  return secret;
}

}  // namespace klarna::auth
