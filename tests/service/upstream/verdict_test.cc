// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/verdict.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace klarna::upstream {

void PrintTo(AttemptVerdict verdict, std::ostream* out) {
  *out << AttemptVerdictName(verdict);
}

namespace {

using http::TransferError;

constexpr AttemptVerdict kNotSent = AttemptVerdict::kNotSent;
constexpr AttemptVerdict kRejected = AttemptVerdict::kRejected;
constexpr AttemptVerdict kApplied = AttemptVerdict::kApplied;
constexpr AttemptVerdict kMaybe = AttemptVerdict::kMaybe;

// What came back for an attempt.
struct Seen {
  std::string name;
  int status = 0;
  std::string body = {};
  TransferError error = TransferError::kNone;
  bool sent = true;
  // What the decoder says of the body.
  bool result_valid = false;
};

// What the lattice says of it. The columns: the first attempt of an operation
// without a key; of one with a key; an attempt after an unknown one; the same
// of a change that is a state and made by DELETE.
struct Row {
  Seen seen;
  AttemptVerdict first;
  AttemptVerdict first_keyed;
  AttemptVerdict after_maybe;
  AttemptVerdict deleted_after_maybe;
};

Seen NothingSent(std::string name, TransferError error) {
  return {.name = std::move(name), .error = error, .sent = false};
}

Seen Lost(std::string name, TransferError error, int status = 0) {
  return {.name = std::move(name), .status = status, .error = error};
}

Seen Status(int status, std::string body = "") {
  return {.name = "Status" + std::to_string(status),
          .status = status,
          .body = std::move(body)};
}

Seen Whole(std::string name, int status, std::string body, bool valid) {
  return {.name = std::move(name),
          .status = status,
          .body = std::move(body),
          .result_valid = valid};
}

// Of operations whose success carries a result.
const std::vector<Row>& WithResult() {
  static const auto* const kRows = new std::vector<Row>{
      {Whole("GoodBody", 200, "{}", true), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("GoodBodyCreated", 201, "{}", true), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("GoodBodyAccepted", 202, "{}", true), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("GoodBodyUndocumentedStatus", 226, "{}", true), kApplied, kApplied,
       kApplied, kApplied},
      {Whole("Html", 200, "<html>", false), kMaybe, kMaybe, kMaybe, kMaybe},
      {Whole("Unparsable", 201, "{\"a\":", false), kMaybe, kMaybe, kMaybe,
       kMaybe},
      {Whole("EmptyBody", 200, "", false), kMaybe, kMaybe, kMaybe, kMaybe},
      {Whole("EmptyBodyNoContent", 204, "", false), kMaybe, kMaybe, kMaybe,
       kMaybe},
  };
  return *kRows;
}

// Of operations whose success is empty.
const std::vector<Row>& WithoutResult() {
  static const auto* const kRows = new std::vector<Row>{
      {Whole("Empty", 204, "", false), kApplied, kApplied, kApplied, kApplied},
      {Whole("EmptyOk", 200, "", false), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("EmptyCreated", 201, "", false), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("EmptyAccepted", 202, "", false), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("SomeJson", 200, "{\"a\":1}", true), kApplied, kApplied, kApplied,
       kApplied},
      {Whole("Html", 200, "<html>", false), kMaybe, kMaybe, kMaybe, kMaybe},
  };
  return *kRows;
}

// Of all operations.
const std::vector<Row>& Always() {
  static const auto* const kRows = new std::vector<Row>{
      {NothingSent("BadRequest", TransferError::kBadRequest), kNotSent,
       kNotSent, kNotSent, kNotSent},
      {NothingSent("Unresolved", TransferError::kResolve), kNotSent, kNotSent,
       kNotSent, kNotSent},
      {NothingSent("NoConnection", TransferError::kConnect), kNotSent, kNotSent,
       kNotSent, kNotSent},
      {NothingSent("NoTls", TransferError::kTls), kNotSent, kNotSent, kNotSent,
       kNotSent},
      {NothingSent("ResetUnsent", TransferError::kReset), kNotSent, kNotSent,
       kNotSent, kNotSent},
      {Lost("Reset", TransferError::kReset), kMaybe, kMaybe, kMaybe, kMaybe},
      {Lost("Timeout", TransferError::kTimeout), kMaybe, kMaybe, kMaybe,
       kMaybe},
      {Lost("Malformed", TransferError::kMalformed), kMaybe, kMaybe, kMaybe,
       kMaybe},
      {Lost("HeadersTooLarge", TransferError::kHeadersTooLarge), kMaybe, kMaybe,
       kMaybe, kMaybe},
      {Lost("BodyTooLarge", TransferError::kBodyTooLarge, 200), kMaybe, kMaybe,
       kMaybe, kMaybe},
      {Lost("SuccessCutOff", TransferError::kTruncated, 200), kMaybe, kMaybe,
       kMaybe, kMaybe},
      {Lost("RefusalCutOff", TransferError::kTruncated, 400), kMaybe, kMaybe,
       kMaybe, kMaybe},
      {Lost("NotFoundCutOff", TransferError::kTruncated, 404), kMaybe, kMaybe,
       kMaybe, kMaybe},
      {Status(100), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(103), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(205), kMaybe, kMaybe, kMaybe, kMaybe},
      {Whole("Status206WithBody", 206, "{}", true), kMaybe, kMaybe, kMaybe,
       kMaybe},
      {Status(301), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(302), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(307), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(400), kRejected, kRejected, kMaybe, kMaybe},
      {Status(401), kRejected, kRejected, kMaybe, kMaybe},
      {Status(403), kRejected, kRejected, kMaybe, kMaybe},
      {Status(404), kRejected, kRejected, kMaybe, kApplied},
      {Status(405), kRejected, kRejected, kMaybe, kMaybe},
      {Status(408), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(409), kRejected, kMaybe, kMaybe, kMaybe},
      {Status(413), kRejected, kRejected, kMaybe, kMaybe},
      {Status(422), kRejected, kRejected, kMaybe, kMaybe},
      {Status(429), kRejected, kRejected, kMaybe, kMaybe},
      {Status(499), kRejected, kRejected, kMaybe, kMaybe},
      {Status(500), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(502), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(503), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(504), kMaybe, kMaybe, kMaybe, kMaybe},
      {Status(599), kMaybe, kMaybe, kMaybe, kMaybe},
  };
  return *kRows;
}

Answer ToAnswer(const Seen& seen) {
  Answer answer;
  answer.head.status = seen.status;
  answer.body = seen.body;
  answer.transfer.error = seen.error;
  answer.transfer.request_sent = seen.sent;
  return answer;
}

AttemptVerdict Expected(const Row& row, rest::v1::Idempotency idempotency,
                        bool maybe_before, const std::string& method) {
  const bool keyed = idempotency == rest::v1::IDEMPOTENCY_KEYED;
  if (!maybe_before) return keyed ? row.first_keyed : row.first;
  const bool deleted =
      idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE && method == "DELETE";
  return deleted ? row.deleted_after_maybe : row.after_maybe;
}

// Every class, before and after an unknown attempt, by every method.
void ExpectAll(const std::vector<Row>& rows, bool result_expected) {
  for (const Row& row : rows) {
    for (const auto idempotency :
         {rest::v1::IDEMPOTENCY_KEYED, rest::v1::IDEMPOTENCY_ABSOLUTE,
          rest::v1::IDEMPOTENCY_READ_BACK, rest::v1::IDEMPOTENCY_NEVER}) {
      for (const bool maybe_before : {false, true}) {
        for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
          const AttemptContext context = {
              .idempotency = idempotency,
              .maybe_before = maybe_before,
              .klarnas_own = true,
              .result_expected = result_expected,
              .result_valid = row.seen.result_valid};
          EXPECT_EQ(Judge(context, method, ToAnswer(row.seen)),
                    Expected(row, idempotency, maybe_before, method))
              << row.seen.name << ", " << method << ", "
              << rest::v1::Idempotency_Name(idempotency)
              << (maybe_before ? ", after an unknown attempt" : "");
        }
      }
    }
  }
}

TEST(VerdictTest, OfOperationsWithAResult) {
  ExpectAll(Always(), /*result_expected=*/true);
  ExpectAll(WithResult(), /*result_expected=*/true);
}

TEST(VerdictTest, OfOperationsWithoutAResult) {
  ExpectAll(Always(), /*result_expected=*/false);
  ExpectAll(WithoutResult(), /*result_expected=*/false);
}

// What cannot be undone: a change that may have happened is never called
// rejected or not sent because of a status, whatever the status is.
TEST(VerdictTest, NothingIsRejectedAfterAnUnknownAttempt) {
  for (int status = 100; status < 600; ++status) {
    for (int idempotency = 0; idempotency <= 4; ++idempotency) {
      const AttemptContext context = {
          .idempotency = static_cast<rest::v1::Idempotency>(idempotency),
          .maybe_before = true};
      const AttemptVerdict verdict =
          Judge(context, "POST", ToAnswer(Status(status)));
      EXPECT_TRUE(verdict == kMaybe || (verdict == kApplied && status < 300))
          << status;
    }
  }
}

TEST(VerdictTest, OnlyRefusalsAreRejected) {
  for (int status = 100; status < 600; ++status) {
    const AttemptVerdict verdict = Judge({}, "POST", ToAnswer(Status(status)));
    EXPECT_EQ(verdict == kRejected,
              status >= 400 && status < 500 && status != 408)
        << status;
  }
}

TEST(VerdictTest, WhatStandsBeforeKlarnaDoesNotSayThatSomethingIsGone) {
  AttemptContext context = {.idempotency = rest::v1::IDEMPOTENCY_ABSOLUTE,
                            .maybe_before = true};
  EXPECT_EQ(Judge(context, "DELETE", ToAnswer(Status(404))), kMaybe);
  context.klarnas_own = true;
  EXPECT_EQ(Judge(context, "DELETE", ToAnswer(Status(404))), kApplied);
}

// In doubt about an earlier attempt only Klarna's own refusal of the content is
// believed, since no earlier attempt can have fared better with it. Where there
// is no key, what is not found may be gone by the change itself.
TEST(VerdictTest, OnlyRefusalsOfTheContentAreRejectedInDoubt) {
  const std::set<int> others = {401, 403, 408, 409, 429};
  for (int status = 400; status < 500; ++status) {
    for (const bool absolute : {false, true}) {
      AttemptContext context = {
          .idempotency = absolute ? rest::v1::IDEMPOTENCY_ABSOLUTE
                                  : rest::v1::IDEMPOTENCY_KEYED,
          .doubt = true};
      EXPECT_EQ(Judge(context, "POST", ToAnswer(Status(status))), kMaybe)
          << status << " of what stands before Klarna";
      context.klarnas_own = true;
      const bool gone = absolute && status == 404;
      EXPECT_EQ(Judge(context, "POST", ToAnswer(Status(status))),
                others.count(status) > 0 || gone ? kMaybe : kRejected)
          << status;
    }
  }
}

}  // namespace
}  // namespace klarna::upstream
