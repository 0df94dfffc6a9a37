// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/list_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

constexpr absl::Duration kPatienceWithoutRoom = absl::Seconds(1);

// Tenant, account, and the call itself: its filters are in the query, the
// headers and the body.
std::string ListIdentity(const std::string& tenant,
                         const upstream::CallTarget& target,
                         const rest::BoundRequest& bound) {
  std::string identity;
  const auto append = [&](absl::string_view part) {
    absl::StrAppend(&identity, part.size(), ":", part);
  };
  append(tenant);
  append(target.account.merchant_key);
  append(target.route.label);
  append(bound.Target());
  for (const auto& [name, value] : bound.headers) {
    append(name);
    append(value);
  }
  append(bound.body);
  return identity;
}

int64_t PageBytes(const json::DecodedPage& page) {
  size_t bytes = page.items.capacity() + page.rest.capacity() +
                 page.item_ends.capacity() * sizeof(uint32_t);
  for (const json::Unmapped& entry : page.unmapped) {
    bytes += sizeof(entry) + entry.pointer.capacity() + entry.json.capacity();
  }
  return static_cast<int64_t>(bytes);
}

absl::Status Decode(const rest::Route& route, const upstream::Answer& answer,
                    json::DecodedPage& page) {
  absl::Status status = json::DecodePage(answer.body, *route.result.table,
                                         route.paging.items_field,
                                         route.paging.top_level_array, page);
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat("not the JSON of a list: ", status.message()));
  }
  return page.has_items ? absl::OkStatus()
                        : absl::InternalError("JSON without the list in it");
}

absl::Status ReaderStalled(absl::Duration patience) {
  return rest::GatewayError(absl::StatusCode::kResourceExhausted,
                            "READER_STALLED",
                            absl::StrCat("the caller has read nothing for ",
                                         absl::FormatDuration(patience),
                                         "; go on from the last resume_token"));
}

absl::Status StreamedLongEnough(absl::Duration lifetime) {
  absl::Status status = rest::GatewayError(
      absl::StatusCode::kUnavailable, "STREAM_LIFETIME",
      absl::StrCat("the list has been streamed for ",
                   absl::FormatDuration(lifetime),
                   " (limits.stream_lifetime); go on from the last "
                   "resume_token"));
  rest::AddRetryInfo(absl::ZeroDuration(), status);
  return status;
}

}  // namespace

ListStream::ListStream(const Resources& resources,
                       const upstream::CallTarget& target,
                       const EnvelopeFields& fields, StreamWriter& writer,
                       const rest::BoundRequest& bound,
                       const v1::PageOptions& options,
                       const std::string& tenant, CallSummary& summary)
    : resources_(resources),
      target_(target),
      fields_(fields),
      writer_(writer),
      bound_(bound),
      options_(options),
      list_(ListIdentity(tenant, target, bound)),
      summary_(summary),
      ends_(resources.executor.clock().Now() +
            resources.config.limits.stream_lifetime),
      window_(
          [this](Position position) { return FetchPage(std::move(position)); },
          resources.config.limits.prefetch_pages, resources.page_budget) {
  Position start;
  if (!options.resume_token().empty()) {
    absl::StatusOr<Position> position =
        resources.resume_tokens.Read(options.resume_token(), list_);
    if (position.ok()) {
      start = *std::move(position);
    } else {
      start_error_ = position.status();
    }
  }
  pager_.emplace(target.route.paging, options.page_size(), std::move(start));
}

runtime::Task<absl::Status> ListStream::Run() {
  absl::Status status = co_await EmitPages();
  if (stalled_) co_return status;
  // What came before an error counts as well.
  const absl::Duration patience = resources_.config.limits.stall_end;
  const bool taken = co_await writer_.Taken(patience);
  co_return taken ? status : ReaderStalled(patience);
}

runtime::Task<absl::Status> ListStream::EmitPages() {
  const config::Limits& limits = resources_.config.limits;
  if (!start_error_.ok()) co_return start_error_;
  if (PageLimit() == pager_->position().skip) {
    co_return co_await EmitNothing();
  }
  for (;;) {
    absl::StatusOr<FetchedPage> page =
        co_await window_.Take(pager_->position());
    if (!page.ok()) co_return page.status();
    const PageFacts facts = ReadPageFacts(target_.route.paging, page->page);
    if (absl::Status status = pager_->Accept(facts); !status.ok()) {
      co_return status;
    }
    ++summary_.pages;
    PrefetchBehind(facts);
    absl::StatusOr<bool> emitted = co_await EmitPage(*page);
    if (!emitted.ok()) co_return emitted.status();
    if (!*emitted) continue;
    if (ListEndsWithPage()) co_return absl::OkStatus();
    if (TooOld()) co_return StreamedLongEnough(limits.stream_lifetime);
    pager_->Advance();
  }
}

absl::StatusOr<rest::BoundRequest> ListStream::FirstCall() const {
  if (!start_error_.ok()) return start_error_;
  return CallFor(pager_->position());
}

rest::BoundRequest ListStream::CallFor(const Position& position) const {
  rest::BoundRequest request = bound_;
  pager_->AddQuery(position, request);
  return request;
}

runtime::Task<absl::StatusOr<FetchedPage>> ListStream::FetchPage(
    Position position) {
  const rest::BoundRequest request = CallFor(position);
  upstream::CallTarget target = target_;
  target.begun = summary_.pages > 0;
  FetchedPage fetched;
  absl::StatusOr<upstream::Answer> answer = co_await resources_.client.Read(
      target, request, [&](const upstream::Answer& candidate) {
        return Decode(target_.route, candidate, fetched.page);
      });
  if (!answer.ok()) co_return answer.status();
  std::string().swap(answer->body);
  // A page waits for its reader; room that it does not fill would wait, too.
  fetched.page.items.shrink_to_fit();
  fetched.lease =
      PageBudget::Lease(resources_.page_budget, PageBytes(fetched.page));
  co_return fetched;
}

int64_t ListStream::PageLimit() const {
  if (options_.max_entities() == 0) {
    return std::numeric_limits<int64_t>::max();
  }
  const Position& position = pager_->position();
  return position.skip +
         std::max<int64_t>(options_.max_entities() - position.delivered, 0);
}

bool ListStream::ListEndsWithPage() const {
  const Position after =
      pager_->After(std::min(PageLimit(), pager_->entities()));
  return !pager_->has_more() || options_.single_page() ||
         (options_.max_entities() > 0 &&
          after.delivered >= options_.max_entities());
}

void ListStream::PrefetchBehind(const PageFacts& facts) {
  if (ListEndsWithPage()) return;
  const Position next = pager_->After(facts.entities);
  window_.Prefetch(next);
  for (int64_t ahead = 1; ahead < resources_.config.limits.prefetch_pages;
       ++ahead) {
    const auto position = pager_->Foretell(next, ahead, facts.entities);
    const bool wanted =
        position && (options_.max_entities() == 0 ||
                     position->delivered < options_.max_entities());
    if (wanted) window_.Prefetch(*position);
  }
}

runtime::Task<absl::StatusOr<bool>> ListStream::EmitPage(FetchedPage& page) {
  const config::Limits& limits = resources_.config.limits;
  Batcher batcher(page.page, pager_->position().skip, PageLimit(),
                  resources_.page_budget.MessageBytes(limits.batch_bytes));
  while (batcher.Next()) {
    const bool last = batcher.last_of_page() && ListEndsWithPage();
    const int64_t end = batcher.end();
    const bool page_left = !batcher.last_of_page();
    summary_.entities += end - batcher.begin();
    const Taken taken = co_await WriteBatch(BatchMessage(batcher, last), page);
    if (taken == Taken::kNever) {
      stalled_ = true;
      co_return ReaderStalled(limits.stall_end);
    }
    if (taken == Taken::kLate && page_left) {
      pager_->GoTo(pager_->After(end));
      co_return false;
    }
    if (page_left && TooOld()) {
      co_return StreamedLongEnough(limits.stream_lifetime);
    }
    if (taken == Taken::kLate) break;
  }
  co_return true;
}

std::string ListStream::BatchMessage(const Batcher& batcher, bool last) const {
  v1::Batch batch;
  batch.set_resume_token(
      resources_.resume_tokens.Make(pager_->After(batcher.end()), list_));
  batch.set_page(summary_.pages);
  batch.set_offset(pager_->After(batcher.begin()).delivered);
  if (pager_->total()) batch.set_total(*pager_->total());
  batch.set_last(last);
  batch.set_drifted(pager_->drifted());
  batch.set_complete(last && batcher.end() == pager_->entities() &&
                     pager_->complete());
  return batcher.Message(fields_, target_.route.result.field, batch);
}

runtime::Task<ListStream::Taken> ListStream::WriteBatch(std::string message,
                                                        FetchedPage& page) {
  const config::Limits& limits = resources_.config.limits;
  writer_.Write(std::move(message));
  // Others may need the room sooner.
  const absl::Duration patience =
      resources_.page_budget.HasRoom()
          ? limits.stall_give_up
          : std::min(limits.stall_give_up, kPatienceWithoutRoom);
  const bool in_time = co_await writer_.Room(patience);
  if (in_time) co_return Taken::kInTime;
  // Moved out, since a string to which an empty one is assigned keeps its room.
  static_cast<void>(std::exchange(page, FetchedPage()));
  window_.Clear();
  const bool at_all = co_await writer_.Taken(limits.stall_end - patience);
  co_return at_all ? Taken::kLate : Taken::kNever;
}

runtime::Task<absl::Status> ListStream::EmitNothing() {
  v1::Batch batch;
  batch.set_resume_token(options_.resume_token());
  batch.set_offset(pager_->position().delivered);
  batch.set_last(true);
  const json::DecodedPage nothing;
  Batcher batcher(nothing, 0, 0, resources_.config.limits.batch_bytes);
  batcher.Next();
  writer_.Write(batcher.Message(fields_, target_.route.result.field, batch));
  co_return absl::OkStatus();
}

}  // namespace klarna::gateway
