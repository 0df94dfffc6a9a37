// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/gateway/batcher.h"
#include "service/gateway/call.h"
#include "service/gateway/page_window.h"
#include "service/gateway/pager.h"
#include "service/rest/request_binder.h"

namespace klarna::gateway {

// Streams a list, page after page, each cut into batches.
//
// The next page is on its way while the present one is handed out. A reader
// that takes nothing for a while gives its pages up, and they are fetched again
// from where it stands once it reads on: what a stalled stream holds is a few
// batches. A list that goes on for too long, perhaps for ever, is ended behind
// a batch.
class ListStream {
 public:
  ListStream(const Resources& resources, const upstream::CallTarget& target,
             const EnvelopeFields& fields, StreamWriter& writer,
             const rest::BoundRequest& bound, const v1::PageOptions& options,
             const std::string& tenant, CallSummary& summary);

  runtime::Task<absl::Status> Run();

  // The call that fetches the first page. INVALID_ARGUMENT: the resume token.
  absl::StatusOr<rest::BoundRequest> FirstCall() const;

 private:
  enum class Taken { kInTime, kLate, kNever };

  runtime::Task<absl::Status> EmitPages();
  rest::BoundRequest CallFor(const Position& position) const;
  runtime::Task<absl::StatusOr<FetchedPage>> FetchPage(Position position);
  // The limit of entities of the page that may go out.
  int64_t PageLimit() const;
  void PrefetchBehind(const PageFacts& facts);
  // Emits the page's batches. False: the page was given up on the way and
  // pager_ points to where to fetch again.
  runtime::Task<absl::StatusOr<bool>> EmitPage(FetchedPage& page);
  std::string BatchMessage(const Batcher& batcher, bool last) const;
  runtime::Task<Taken> WriteBatch(std::string message, FetchedPage& page);
  bool ListEndsWithPage() const;
  bool TooOld() const { return resources_.executor.clock().Now() >= ends_; }
  runtime::Task<absl::Status> EmitNothing();

  const Resources& resources_;
  const upstream::CallTarget& target_;
  const EnvelopeFields fields_;
  StreamWriter& writer_;
  const rest::BoundRequest& bound_;
  const v1::PageOptions& options_;
  const std::string list_;  // What resume tokens are bound to.
  CallSummary& summary_;
  const runtime::Instant ends_;
  absl::Status start_error_;
  bool stalled_ = false;  // The reader has read nothing for too long.
  std::optional<Pager> pager_;
  PageWindow window_;
};

}  // namespace klarna::gateway
