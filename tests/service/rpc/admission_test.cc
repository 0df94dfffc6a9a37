// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/admission.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "service/rest/status_details.h"

namespace klarna::rpc {
namespace {

using Kind = Admission::Kind;

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  rest::GetDetail(status, info);
  return info.reason();
}

TEST(AdmissionTest, BoundsTheStreamsAndTheChangesByThemselves) {
  Admission admission(/*max_streams=*/2, /*max_changes=*/1);
  std::vector<Admission::Ticket> tickets;
  for (const Kind kind : {Kind::kStream, Kind::kStream, Kind::kChange}) {
    auto ticket = admission.Admit(kind, absl::ZeroDuration(), 0);
    ASSERT_TRUE(ticket.ok());
    tickets.push_back(*std::move(ticket));
  }
  EXPECT_EQ(admission.streams(), 2);
  for (const Kind kind : {Kind::kStream, Kind::kChange}) {
    const auto ticket = admission.Admit(kind, absl::ZeroDuration(), 0);
    EXPECT_EQ(ticket.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(Reason(ticket.status()), "OVERLOADED");
    google::rpc::RetryInfo retry;
    EXPECT_TRUE(rest::GetDetail(ticket.status(), retry));
  }
  tickets.clear();
  EXPECT_TRUE(admission.Admit(Kind::kStream, absl::ZeroDuration(), 0).ok());
  EXPECT_TRUE(admission.Admit(Kind::kChange, absl::ZeroDuration(), 0).ok());
  EXPECT_EQ(admission.streams(), 0);
}

TEST(AdmissionTest, BoundsTheBytesOfRequests) {
  Admission admission(1000, 1000);
  constexpr size_t kLarge = 4 << 20;
  std::vector<Admission::Ticket> tickets;
  for (size_t held = kLarge; held <= Admission::kRequestBytes / 4 * 3;
       held += kLarge) {
    auto ticket = admission.Admit(Kind::kChange, absl::ZeroDuration(), kLarge);
    ASSERT_TRUE(ticket.ok());
    tickets.push_back(*std::move(ticket));
  }
  const auto refused =
      admission.Admit(Kind::kStream, absl::ZeroDuration(), kLarge);
  EXPECT_EQ(Reason(refused.status()), "OVERLOADED");
  // What was refused holds nothing.
  EXPECT_EQ(admission.request_bytes(), tickets.size() * kLarge);
  EXPECT_EQ(admission.streams(), 0);

  // Small ones have what is left.
  const size_t small = Admission::kSmallRequest;
  while (admission.request_bytes() + small <= Admission::kRequestBytes) {
    auto ticket = admission.Admit(Kind::kChange, absl::ZeroDuration(), small);
    ASSERT_TRUE(ticket.ok());
    tickets.push_back(*std::move(ticket));
  }
  EXPECT_FALSE(
      admission.Admit(Kind::kChange, absl::ZeroDuration(), small).ok());
  tickets.clear();
  EXPECT_EQ(admission.request_bytes(), 0u);
}

TEST(AdmissionTest, TakesANewBoundOver) {
  Admission admission(1, 1);
  const auto first = admission.Admit(Kind::kStream, absl::ZeroDuration(), 0);
  EXPECT_FALSE(admission.Admit(Kind::kStream, absl::ZeroDuration(), 0).ok());
  admission.Use(2, 1);
  EXPECT_TRUE(admission.Admit(Kind::kStream, absl::ZeroDuration(), 0).ok());
}

TEST(AdmissionTest, ReadsAreShedBeforeChanges) {
  struct Case {
    int wait_ms;
    bool stream;
    bool change;
  };
  for (const Case& tested :
       {Case{0, true, true}, Case{100, true, true}, Case{101, false, true},
        Case{300, false, true}, Case{301, false, false}}) {
    Admission admission(10, 10);
    const absl::Duration wait = absl::Milliseconds(tested.wait_ms);
    EXPECT_EQ(admission.Admit(Kind::kStream, wait, 0).ok(), tested.stream);
    EXPECT_EQ(admission.Admit(Kind::kChange, wait, 0).ok(), tested.change);
  }
}

TEST(BacklogTest, KnowsHowLongTheNextCallHasWaited) {
  Backlog backlog;
  EXPECT_EQ(backlog.Wait(absl::Seconds(10)), absl::ZeroDuration());
  backlog.Add(absl::Seconds(10));
  backlog.Add(absl::Seconds(12));
  EXPECT_EQ(backlog.Wait(absl::Seconds(13)), absl::Seconds(3));
  backlog.Begin();
  EXPECT_EQ(backlog.Wait(absl::Seconds(13)), absl::Seconds(1));
  backlog.Begin();
  EXPECT_EQ(backlog.Wait(absl::Seconds(13)), absl::ZeroDuration());
}

}  // namespace
}  // namespace klarna::rpc
