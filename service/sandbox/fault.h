// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/message.h"

namespace klarna::sandbox {

// What a faulty list does to the page that was asked for.
enum class PageFault {
  kNone,
  kRepeat,        // The page before once more, under the asked offset.
  kFirstAgain,    // The first page, whatever was asked: a loop for who follows.
  kCountLies,     // `count` and `total` are larger than what is there.
  kTotalShrinks,  // `total` ends before this page does.
  kSizeIgnored,   // Twenty elements, whatever size was asked.
  kEmptyPage,     // No element, but a `next`.
  kNextSkips,     // `next` leaves one element out.
};

// What is wrong with the bytes of an answer.
enum class BodyFault {
  kNone,
  kHtml,           // A web page with the same status.
  kEmpty,          // Nothing at all.
  kWrongType,      // The right body as text/plain.
  kDuplicateKeys,  // The first member twice.
  kCutJson,        // Ends in the middle, properly framed.
  kNotUtf8,        // A byte in it that no UTF-8 has.
};

// One thing that goes wrong, and with which requests.
struct Fault {
  // Which requests: all that match both and are not among the first `skip`, for
  // `times` requests. Empty text matches all.
  std::string operation = {};    // "order_management.captureOrder".
  std::string path_prefix = {};  // "/settlements/v1/".
  int skip = 0;
  int times = 1;

  // Whether Klarna did what was asked. Where it did not, `status` is needed
  // unless the answer does not arrive.
  bool executed = true;

  // What the client sees, instead of the answer or done to it.
  int status = 0;  // 0: as it was.
  Delivery delivery = Delivery::kWhole;
  BodyFault body = BodyFault::kNone;
  PageFault page = PageFault::kNone;
  absl::Duration delay = {};
  std::vector<Header> headers = {};  // Added, such as Retry-After or Location.
};

// The faults to come. A request meets the first fault that matches it.
//
//   FaultScript script;
//   script.Add({.operation = "order_management.captureOrder",
//               .executed = true, .delivery = Delivery::kReset});
//   script.Next("order_management.captureOrder", "/ordermanagement/...");
//
// Not thread-safe.
class FaultScript {
 public:
  void Add(Fault fault);
  void Clear();

  // The fault of this request, used up; none if nothing goes wrong.
  std::optional<Fault> Next(absl::string_view operation,
                            absl::string_view path);

  size_t pending() const { return faults_.size(); }

 private:
  std::vector<Fault> faults_;
};

// Does to `answer` what `fault` says, except for its page fault.
void Spoil(const Fault& fault, Answer* answer);

// Reads a fault from the control port's JSON, in which members are named as
// above and enumerators as in {"delivery": "reset", "body": "duplicate_keys",
// "page": "first_again", "delay_ms": 50}. An unknown name is INVALID_ARGUMENT.
absl::StatusOr<Fault> ParseFault(absl::string_view text);

}  // namespace klarna::sandbox
