// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "klarna/gateway/v1/batch.pb.h"
#include "service/json/json_to_wire.h"
#include "service/rest/route.h"

namespace klarna::gateway {

// Field numbers of a SubscribeResponse that are not part of its result.
struct EnvelopeFields {
  int batch = 0;
  int unmapped = 0;
};

// Cuts a decoded page into stream messages. Each takes entities until it holds
// about `batch_bytes`; one entity more never makes it exceed 1 MiB, unless it
// is alone.
//
//   Batcher batcher(page, skip, limit, 32 << 10);
//   while (batcher.Next()) Write(batcher.Message(...));
//
// The page must outlive it.
class Batcher {
 public:
  // Begins after `skip` entities and ends after `limit` ones, both counted from
  // the page's first.
  Batcher(const json::DecodedPage& page, int64_t skip, int64_t limit,
          int64_t batch_bytes);

  // Goes to the next batch. A page without entities has one batch.
  bool Next();

  // The entities of the present batch: [begin, end) in the page.
  int64_t begin() const { return begin_; }
  int64_t end() const { return end_; }
  bool last_of_page() const { return end_ == limit_; }

  // The wire bytes of the present batch's response message. The page's members
  // besides the entities go into its first batch.
  std::string Message(const EnvelopeFields& fields, int result_field,
                      const v1::Batch& batch) const;

 private:
  int64_t EndOffset(int64_t entity) const;
  int64_t UnmappedBytes(int64_t entity, size_t& cursor) const;

  const json::DecodedPage& page_;
  const int64_t skip_;
  const int64_t limit_;
  const int64_t batch_bytes_;
  bool started_ = false;
  int64_t begin_ = 0;
  int64_t end_ = 0;
  // Entries of page_.unmapped that belong to the batches before.
  size_t unmapped_begin_ = 0;
  size_t unmapped_end_ = 0;
};

// Appends an UnmappedField to a response message. `entity` below 0: none.
void AppendUnmapped(int field, int32_t entity, const json::Unmapped& unmapped,
                    std::string& message);

}  // namespace klarna::gateway
