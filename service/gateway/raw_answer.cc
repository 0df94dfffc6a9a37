// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/raw_answer.h"

#include "klarna/gateway/v1/raw.pb.h"

namespace klarna::gateway {

std::string RawAnswerBytes(const upstream::Answer& answer) {
  v1::RawAnswer raw;
  raw.set_status(answer.head.status);
  raw.set_content_type(http::PlainHeader(answer.head.headers, "Content-Type"));
  raw.set_body(answer.body);
  return raw.SerializeAsString();
}

}  // namespace klarna::gateway
