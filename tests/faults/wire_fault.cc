// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/wire_fault.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace klarna::faults {
namespace {

using http::TransferError;
using simulation::Body;
using testing::Ending;
using testing::ReadUntil;
using testing::Welcome;

constexpr char kHtml[] = "<html><body>Sign in to the network</body></html>";
constexpr char kNoContent[] = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr size_t kTooLargeHead = 128 << 10;
constexpr size_t kTooLargeBody = 9 << 20;

// What a transfer that ends like this looked like on the wire.
void SetUnsent(TransferError error, WireFault& fault) {
  switch (error) {
    case TransferError::kResolve:
      fault.way = Way::kUnresolved;
      break;
    case TransferError::kConnect:
      fault.way = Way::kRefused;
      break;
    case TransferError::kTls:
      fault.welcome = Welcome::kOtherCertificate;
      break;
    case TransferError::kTimeout:
      fault.welcome = Welcome::kSilence;
      break;
    default:
      fault.way = Way::kDropped;
      fault.executed = true;  // By a connection that is opened instead.
      break;
  }
}

void SetLost(TransferError error, WireFault& fault) {
  fault.cut = Cut::kBeforeAll;
  fault.ending = Ending::kReset;
  switch (error) {
    case TransferError::kTimeout:
      fault.ending = Ending::kSilence;
      break;
    case TransferError::kTls:
      fault.ending = Ending::kBrokenRecord;
      break;
    case TransferError::kTruncated:
      fault.cut = Cut::kBody;
      fault.ending = Ending::kClose;
      break;
    case TransferError::kMalformed:
      fault.cut = Cut::kNowhere;
      fault.instead = "\x01\x02 no HTTP at all\r\n\r\n";
      break;
    case TransferError::kHeadersTooLarge:
      fault.cut = Cut::kNowhere;
      fault.instead = absl::StrCat("HTTP/1.1 200 OK\r\nX-Filler: ",
                                   std::string(kTooLargeHead, 'x'));
      break;
    case TransferError::kBodyTooLarge:
      fault.cut = Cut::kNowhere;
      fault.instead =
          absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", kTooLargeBody,
                       "\r\n\r\n", std::string(kTooLargeBody, ' '));
      break;
    default:
      break;
  }
}

WireFault FromSimulation(const simulation::FaultKind& kind) {
  WireFault fault{.name = kind.name, .executed = kind.executed};
  if (!kind.request_sent) {
    SetUnsent(kind.error, fault);
  } else if (kind.error != TransferError::kNone) {
    SetLost(kind.error, fault);
  } else {
    fault.status = kind.status;
    fault.body = kind.body;
    fault.headers = kind.headers;
    if (!kind.framed) {
      fault.framing = Framing::kNone;
      fault.ending = Ending::kClose;
    }
  }
  return fault;
}

std::vector<WireFault> OnlyOnAWire() {
  return {
      {.name = "closed before the handshake", .welcome = Welcome::kClose},
      {.name = "reset before the handshake", .welcome = Welcome::kReset},
      {.name = "no TLS at the other end", .welcome = Welcome::kPlainText},
      {.name = "a TLS alert", .welcome = Welcome::kAlert},
      {.name = "reset after the handshake",
       .welcome = Welcome::kResetAfterwards},
      {.name = "reset after the first line",
       .read = ReadUntil::kFirstLine,
       .cut = Cut::kBeforeAll,
       .ending = Ending::kReset},
      {.name = "reset after the head",
       .read = ReadUntil::kHead,
       .cut = Cut::kBeforeAll,
       .ending = Ending::kReset},
      {.name = "closed after the head",
       .read = ReadUntil::kHead,
       .cut = Cut::kBeforeAll,
       .ending = Ending::kClose},
      {.name = "413 before the body was read",
       .read = ReadUntil::kHead,
       .status = 413,
       .body = Body::kEmpty,
       .ending = Ending::kReset},
      {.name = "closed without an answer, not executed",
       .cut = Cut::kBeforeAll,
       .ending = Ending::kClose},
      {.name = "closed without an answer, executed",
       .executed = true,
       .cut = Cut::kBeforeAll,
       .ending = Ending::kClose},
      {.name = "cut off without an answer, executed",
       .executed = true,
       .cut = Cut::kBeforeAll,
       .ending = Ending::kCut},
      {.name = "reset in the status line",
       .executed = true,
       .cut = Cut::kStatusLine,
       .ending = Ending::kReset},
      {.name = "closed in the status line",
       .executed = true,
       .cut = Cut::kStatusLine,
       .ending = Ending::kClose},
      {.name = "closed in the head",
       .executed = true,
       .cut = Cut::kHead,
       .ending = Ending::kClose},
      {.name = "silence in the head",
       .executed = true,
       .cut = Cut::kHead,
       .ending = Ending::kSilence},
      {.name = "silence in the body",
       .executed = true,
       .cut = Cut::kBody,
       .ending = Ending::kSilence},
      {.name = "reset in the body",
       .executed = true,
       .cut = Cut::kBody,
       .ending = Ending::kReset},
      {.name = "an answer in chunks",
       .executed = true,
       .framing = Framing::kChunked},
      {.name = "chunks without end",
       .executed = true,
       .framing = Framing::kChunked,
       .cut = Cut::kBody,
       .ending = Ending::kClose},
      {.name = "a body up to the close",
       .executed = true,
       .framing = Framing::kNone,
       .ending = Ending::kClose},
      {.name = "a body up to a cut of the wire",
       .executed = true,
       .framing = Framing::kNone,
       .cut = Cut::kBody,
       .ending = Ending::kCut},
      {.name = "100 and nothing more",
       .executed = true,
       .instead = "HTTP/1.1 100 Continue\r\n\r\n",
       .ending = Ending::kClose},
      {.name = "100 before the answer",
       .executed = true,
       .before = "HTTP/1.1 100 Continue\r\n\r\n"},
      {.name = "an answer behind the answer",
       .executed = true,
       .after = kNoContent},
  };
}

std::string BodyOf(const WireFault& fault, const sandbox::Answer& answer) {
  switch (fault.body) {
    case Body::kAsItWas:
      return answer.body;
    case Body::kEmpty:
      return "";
    case Body::kHtml:
      return kHtml;
    case Body::kCutInTwo:
      return answer.body.empty()
                 ? "{\"a\":"
                 : answer.body.substr(0, answer.body.size() / 2);
    case Body::kOtherJson:
      return "[1, 2, 3]";
    case Body::kNotUtf8:
      return "{\"a\":\"\xff\"}";
  }
  return answer.body;
}

bool HasNoBody(int status) { return status < 200 || status == 204; }

std::string HeadOf(const WireFault& fault, int status,
                   const sandbox::Answer& answer) {
  std::string head = absl::StrCat("HTTP/1.1 ", status, " Simulated\r\n");
  if (fault.executed) {
    for (const sandbox::Header& header : answer.headers) {
      absl::StrAppend(&head, header.name, ": ", header.value, "\r\n");
    }
  }
  for (const auto& [name, value] : fault.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  return head;
}

struct Framed {
  std::string head;
  std::string body;
};

Framed Frame(const WireFault& fault, int status, std::string head,
             const std::string& body) {
  switch (fault.framing) {
    case Framing::kNone:
      return {head + "Connection: close\r\n\r\n", body};
    case Framing::kChunked:
      return {head + "Transfer-Encoding: chunked\r\n\r\n",
              absl::StrCat(body.empty() ? ""
                                        : absl::StrCat(absl::Hex(body.size()),
                                                       "\r\n", body, "\r\n"),
                           "0\r\n\r\n")};
    case Framing::kLength:
      break;
  }
  // What is cut must have announced more than nothing.
  const bool announce_more = fault.cut == Cut::kBody && body.empty();
  if (HasNoBody(status) && !announce_more) return {head + "\r\n", ""};
  return {absl::StrCat(head, "Content-Length: ",
                       announce_more ? size_t{10} : body.size(), "\r\n\r\n"),
          body};
}

}  // namespace

const std::vector<WireFault>& WireFaults() {
  static const auto* faults = [] {
    auto* all = new std::vector<WireFault>;
    for (const simulation::FaultKind& kind : simulation::FaultKinds()) {
      all->push_back(FromSimulation(kind));
    }
    for (WireFault& fault : OnlyOnAWire()) all->push_back(std::move(fault));
    return all;
  }();
  return *faults;
}

std::string WireBytes(const WireFault& fault, const sandbox::Answer& answer) {
  if (!fault.instead.empty()) return fault.instead;
  const int status = fault.status != 0 ? fault.status : answer.status;
  const Framed framed = Frame(fault, status, HeadOf(fault, status, answer),
                              BodyOf(fault, answer));
  switch (fault.cut) {
    case Cut::kBeforeAll:
      return "";
    case Cut::kStatusLine:
      return framed.head.substr(0, framed.head.find("\r\n") / 2);
    case Cut::kHead:
      return framed.head.substr(0, framed.head.size() - 2);
    case Cut::kBody:
      return framed.head + framed.body.substr(0, framed.body.size() / 2);
    case Cut::kNowhere:
      break;
  }
  return fault.before + framed.head + framed.body + fault.after;
}

}  // namespace klarna::faults
