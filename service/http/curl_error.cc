// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_error.h"

namespace klarna::http {
namespace {

struct Row {
  CURLcode code;
  TransferError error;
};

constexpr Row kRows[] = {
    {CURLE_OK, TransferError::kNone},
    {CURLE_URL_MALFORMAT, TransferError::kBadRequest},
    {CURLE_UNSUPPORTED_PROTOCOL, TransferError::kMalformed},  // HTTP/0.9
    {CURLE_WEIRD_SERVER_REPLY, TransferError::kMalformed},
    {CURLE_BAD_CONTENT_ENCODING, TransferError::kMalformed},
    {CURLE_WRITE_ERROR, TransferError::kMalformed},
    {CURLE_COULDNT_RESOLVE_PROXY, TransferError::kResolve},
    {CURLE_COULDNT_RESOLVE_HOST, TransferError::kResolve},
    {CURLE_COULDNT_CONNECT, TransferError::kConnect},
    {CURLE_OPERATION_TIMEDOUT, TransferError::kTimeout},
    {CURLE_PARTIAL_FILE, TransferError::kTruncated},
    {CURLE_GOT_NOTHING, TransferError::kReset},
    {CURLE_SEND_ERROR, TransferError::kReset},
    {CURLE_RECV_ERROR, TransferError::kReset},
    // It wanted to send a mutation again and was not given the means.
    {CURLE_SEND_FAIL_REWIND, TransferError::kReset},
    {CURLE_ABORTED_BY_CALLBACK, TransferError::kReset},
    {CURLE_SSL_CONNECT_ERROR, TransferError::kTls},
    {CURLE_PEER_FAILED_VERIFICATION, TransferError::kTls},
    {CURLE_SSL_ENGINE_NOTFOUND, TransferError::kTls},
    {CURLE_SSL_ENGINE_SETFAILED, TransferError::kTls},
    {CURLE_SSL_ENGINE_INITFAILED, TransferError::kTls},
    {CURLE_SSL_CERTPROBLEM, TransferError::kTls},
    {CURLE_SSL_CIPHER, TransferError::kTls},
    {CURLE_SSL_CACERT_BADFILE, TransferError::kTls},
    {CURLE_SSL_CRL_BADFILE, TransferError::kTls},
    {CURLE_SSL_ISSUER_ERROR, TransferError::kTls},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, TransferError::kTls},
    {CURLE_SSL_INVALIDCERTSTATUS, TransferError::kTls},
    {CURLE_SSL_CLIENTCERT, TransferError::kTls},
};

}  // namespace

TransferError TransferErrorOf(CURLcode code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row.error;
  }
  return TransferError::kReset;
}

}  // namespace klarna::http
