// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/fault.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/sandbox/json_text.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

template <typename Enum>
struct Name {
  absl::string_view text;
  Enum value;
};

constexpr Name<Delivery> kDeliveries[] = {
    {"whole", Delivery::kWhole},
    {"truncated", Delivery::kTruncated},
    {"unfinished", Delivery::kUnfinished},
    {"unframed", Delivery::kUnframed},
    {"none", Delivery::kNone},
    {"reset", Delivery::kReset},
};

constexpr Name<BodyFault> kBodyFaults[] = {
    {"none", BodyFault::kNone},
    {"html", BodyFault::kHtml},
    {"empty", BodyFault::kEmpty},
    {"wrong_type", BodyFault::kWrongType},
    {"duplicate_keys", BodyFault::kDuplicateKeys},
    {"cut_json", BodyFault::kCutJson},
    {"not_utf8", BodyFault::kNotUtf8},
};

constexpr Name<PageFault> kPageFaults[] = {
    {"none", PageFault::kNone},
    {"repeat", PageFault::kRepeat},
    {"first_again", PageFault::kFirstAgain},
    {"count_lies", PageFault::kCountLies},
    {"total_shrinks", PageFault::kTotalShrinks},
    {"size_ignored", PageFault::kSizeIgnored},
    {"empty_page", PageFault::kEmptyPage},
    {"next_skips", PageFault::kNextSkips},
};

template <typename Enum, size_t kSize>
absl::Status ReadName(const json& value, const Name<Enum> (&names)[kSize],
                      Enum* out) {
  for (const Name<Enum>& name : names) {
    if (value.is_string() && value.get_ref<const std::string&>() == name.text) {
      *out = name.value;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("fault: no such name as ", value.dump(), "; one of \"",
                   absl::StrJoin(names, "\", \"",
                                 [](std::string* out_text, const auto& name) {
                                   absl::StrAppend(out_text, name.text);
                                 }),
                   "\" is wanted"));
}

absl::Status ReadMember(const std::string& name, const json& value,
                        Fault* fault) {
  const bool integer = value.is_number_integer();
  if (name == "operation" && value.is_string()) {
    fault->operation = value;
  } else if (name == "path_prefix" && value.is_string()) {
    fault->path_prefix = value;
  } else if (name == "skip" && integer) {
    fault->skip = value;
  } else if (name == "times" && integer) {
    fault->times = value;
  } else if (name == "executed" && value.is_boolean()) {
    fault->executed = value;
  } else if (name == "status" && integer) {
    fault->status = value;
  } else if (name == "delay_ms" && integer) {
    fault->delay = absl::Milliseconds(value.get<int64_t>());
  } else if (name == "delivery") {
    return ReadName(value, kDeliveries, &fault->delivery);
  } else if (name == "body") {
    return ReadName(value, kBodyFaults, &fault->body);
  } else if (name == "page") {
    return ReadName(value, kPageFaults, &fault->page);
  } else if (name == "headers" && value.is_object()) {
    for (const auto& header : value.items()) {
      fault->headers.push_back({header.key(), TextOf(value, header.key())});
    }
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "fault: member \"", name, "\" is unknown or not of its kind"));
  }
  return absl::OkStatus();
}

bool Wanted(const Fault& fault, absl::string_view operation,
            absl::string_view path) {
  return (fault.operation.empty() || fault.operation == operation) &&
         absl::StartsWith(path, fault.path_prefix);
}

void SetContentType(absl::string_view type, Answer* answer) {
  std::erase_if(answer->headers, [](const Header& header) {
    return absl::EqualsIgnoreCase(header.name, "Content-Type");
  });
  answer->headers.push_back({"Content-Type", std::string(type)});
}

// {"a":1} becomes {"a":null,"a":1}.
void RepeatFirstKey(std::string* body) {
  const size_t quote = body->find('"');
  if (quote == std::string::npos) return;
  const size_t end = body->find('"', quote + 1);
  if (end == std::string::npos) return;
  const std::string key = body->substr(quote, end - quote + 1);
  body->insert(quote, key + ":null,");
}

void SpoilBody(BodyFault fault, Answer* answer) {
  switch (fault) {
    case BodyFault::kNone:
      break;
    case BodyFault::kHtml:
      answer->body =
          "<!doctype html><html><head><title>Please wait</title></head>"
          "<body><h1>Please wait</h1></body></html>";
      SetContentType("text/html", answer);
      break;
    case BodyFault::kEmpty:
      answer->body.clear();
      break;
    case BodyFault::kWrongType:
      SetContentType("text/plain", answer);
      break;
    case BodyFault::kDuplicateKeys:
      RepeatFirstKey(&answer->body);
      break;
    case BodyFault::kCutJson:
      answer->body.resize(answer->body.size() / 2);
      break;
    case BodyFault::kNotUtf8: {
      const size_t quote = answer->body.find('"');
      if (quote != std::string::npos) answer->body.insert(quote + 1, "\xff");
      break;
    }
  }
}

}  // namespace

void FaultScript::Add(Fault fault) { faults_.push_back(std::move(fault)); }

void FaultScript::Clear() { faults_.clear(); }

std::optional<Fault> FaultScript::Next(absl::string_view operation,
                                       absl::string_view path) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (!Wanted(*it, operation, path)) continue;
    if (it->skip > 0) {
      --it->skip;
      continue;
    }
    Fault fault = *it;
    if (--it->times <= 0) faults_.erase(it);
    return fault;
  }
  return std::nullopt;
}

void Spoil(const Fault& fault, Answer* answer) {
  if (fault.status != 0 && fault.status != answer->status) {
    answer->status = fault.status;
    answer->body.clear();
    answer->more = nullptr;
  }
  SpoilBody(fault.body, answer);
  answer->headers.insert(answer->headers.end(), fault.headers.begin(),
                         fault.headers.end());
  answer->delivery = fault.delivery;
  answer->delay += fault.delay;
}

absl::StatusOr<Fault> ParseFault(absl::string_view text) {
  const auto document = ParseJson(text);
  if (!document || !document->is_object()) {
    return absl::InvalidArgumentError("fault: the body is not a JSON object");
  }
  Fault fault;
  for (const auto& [name, value] : document->items()) {
    const absl::Status status = ReadMember(name, value, &fault);
    if (!status.ok()) return status;
  }
  if (!fault.executed && fault.status == 0 &&
      fault.delivery != Delivery::kNone && fault.delivery != Delivery::kReset) {
    return absl::InvalidArgumentError(
        "fault: give the status that the client sees, since nothing is "
        "executed that could answer");
  }
  return fault;
}

}  // namespace klarna::sandbox
