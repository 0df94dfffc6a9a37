// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_error.h"

#include <gtest/gtest.h>

#include <set>

namespace klarna::http {
namespace {

TEST(CurlErrorTest, NoErrorIsEverTakenForSuccess) {
  EXPECT_EQ(TransferErrorOf(CURLE_OK), TransferError::kNone);
  for (int code = 1; code < CURL_LAST; ++code) {
    EXPECT_NE(TransferErrorOf(static_cast<CURLcode>(code)),
              TransferError::kNone)
        << code;
  }
}

TEST(CurlErrorTest, ACodeThatIsNotExpectedClaimsTheLeast) {
  EXPECT_EQ(TransferErrorOf(CURLE_FTP_WEIRD_PASV_REPLY), TransferError::kReset);
  EXPECT_EQ(TransferErrorOf(CURLE_OUT_OF_MEMORY), TransferError::kReset);
}

TEST(CurlErrorTest, NoMoreThanTheseSayThatNothingWasConnected) {
  const std::set<TransferError> unconnected = {
      TransferError::kBadRequest, TransferError::kResolve,
      TransferError::kConnect, TransferError::kTls};
  const std::set<int> expected = {3,  5,  6,  7,  35, 53, 54, 58, 59,
                                  60, 66, 77, 82, 83, 90, 91, 98};
  std::set<int> found;
  for (int code = 0; code < CURL_LAST; ++code) {
    if (unconnected.contains(TransferErrorOf(static_cast<CURLcode>(code)))) {
      found.insert(code);
    }
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace klarna::http
