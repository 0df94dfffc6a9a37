// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/look_back.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "service/json/wire.h"
#include "service/rest/field_path.h"
#include "service/rest/klarna_error.h"
#include "service/rest/request_binder.h"

namespace klarna::gateway {
namespace {

using Kind = Findings::Kind;

// How far the clocks of callers and Klarna may be apart.
constexpr absl::Duration kClockSkew = absl::Minutes(5);
// Klarna's times may leave out fractions of a second.
constexpr absl::Duration kTimeUnit = absl::Seconds(1);

absl::Status DecodeAny(const rest::Route& read, const upstream::Answer& answer,
                       json::DecodedMessage& out) {
  const rest::ResultField& result = read.result;
  if (result.kind != rest::ResultField::Kind::kList) {
    return json::DecodeMessage(answer.body, *result.table, out);
  }
  json::DecodedPage page;
  absl::Status status =
      json::DecodePage(answer.body, *result.table, read.paging.items_field,
                       read.paging.top_level_array, page);
  out.wire = std::move(page.items);
  out.wire += page.rest;
  out.unmapped = std::move(page.unmapped);
  return status;
}

// An answer of which a part is not what it should be proves nothing.
absl::Status Decode(const rest::Route& read, const upstream::Answer& answer,
                    json::DecodedMessage& out) {
  absl::Status status = DecodeAny(read, answer, out);
  if (!status.ok()) return status;
  const bool whole =
      std::none_of(out.unmapped.begin(), out.unmapped.end(),
                   [](const auto& entry) { return entry.pointer.empty(); });
  // An empty list is told like this, too.
  const bool empty_list = out.wire.empty() && out.unmapped.size() == 1 &&
                          out.unmapped.front().json == "[]";
  return whole || empty_list
             ? absl::OkStatus()
             : absl::InternalError("JSON, but not of the entity");
}

bool SameValue(const json::WireField& a, const json::WireField& b) {
  if (a.type != b.type) return false;
  return a.type == json::WireType::kLengthDelimited ? a.bytes == b.bytes
                                                    : a.value == b.value;
}

// What the rule looks at: the items of a list, or the answer.
std::vector<std::string_view> Candidates(const rest::ReadBack& rule,
                                         std::string_view answer) {
  if (rule.items_field == 0) return {answer};
  std::vector<std::string_view> items;
  json::WireReader reader(answer);
  for (json::WireField field; reader.Next(field);) {
    if (field.number == static_cast<uint32_t>(rule.items_field)) {
      items.push_back(field.bytes);
    }
  }
  return items;
}

std::string TextAt(const rest::FieldPath& path, std::string_view wire) {
  const auto field = rest::FindField(path, wire);
  return field ? std::string(field->bytes) : std::string();
}

// When what was found was made, if it says so.
std::optional<absl::Time> MadeAt(const rest::ReadBack& rule,
                                 std::string_view found) {
  absl::Time made;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, TextAt(rule.made_at, found), &made,
                       &error)) {
    return std::nullopt;
  }
  return made;
}

}  // namespace

bool LookBack::ContentIsThatOf(std::string_view found) const {
  const rest::ReadBack& rule = *change_.route.read_back;
  return std::all_of(
      rule.matches.begin(), rule.matches.end(), [&](const auto& match) {
        const auto value = rest::FindField(match.found, found);
        if (!match.sent.empty()) {
          const auto sent = rest::FindField(match.sent, operation_);
          return !sent || (value && SameValue(*value, *sent));
        }
        return value && (match.text.empty() || value->bytes == match.text);
      });
}

Kind LookBack::Compare(std::string_view found) const {
  const rest::ReadBack& rule = *change_.route.read_back;
  const std::optional<absl::Time> made = MadeAt(rule, found);
  if (made && *made < first_attempt_ - kClockSkew) return Kind::kNothing;
  if (!ContentIsThatOf(found)) return Kind::kNothing;
  // A state speaks for itself.
  if (rule.items_field == 0) return Kind::kIt;
  const bool named = std::any_of(
      rule.matches.begin(), rule.matches.end(), [this](const auto& match) {
        return match.unique && rest::FindField(match.sent, operation_);
      });
  const bool in_time = made && *made + kTimeUnit > first_attempt_;
  return named && in_time ? Kind::kIt : Kind::kPerhaps;
}

runtime::Task<LookBack::Read> LookBack::ReadState() const {
  const rest::ReadBack& rule = *change_.route.read_back;
  std::string operation;
  for (const auto& [field, from] : rule.fields) {
    if (const auto value = rest::FindField(from, operation_)) {
      json::AppendLengthDelimited(static_cast<uint32_t>(field), value->bytes,
                                  operation);
    }
  }
  Read read;
  absl::StatusOr<rest::BoundRequest> bound =
      rest::Bind(*rule.read, operation, {});
  if (!bound.ok()) co_return Read{bound.status(), {}};
  const upstream::CallTarget target{*rule.read, change_.account};
  absl::StatusOr<upstream::Answer> answer = co_await client_.Read(
      target, *bound, [&](const upstream::Answer& candidate) {
        return Decode(*rule.read, candidate, read.answer);
      });
  read.status = answer.status();
  co_return read;
}

runtime::Task<Findings> LookBack::Look() const {
  const rest::ReadBack& rule = *change_.route.read_back;
  Read read = co_await ReadState();
  Findings findings;
  if (!read.status.ok()) {
    const bool none = read.status.code() == absl::StatusCode::kNotFound &&
                      rule.not_found_means_none &&
                      rest::HasKlarnasCode(read.status);
    findings.kind = none ? Kind::kNothing : Kind::kPerhaps;
    co_return findings;
  }
  findings.kind = Kind::kNothing;
  int proofs = 0;
  for (const std::string_view found : Candidates(rule, read.answer.wire)) {
    const Kind kind = Compare(found);
    findings.kind = std::max(findings.kind, kind);
    if (kind != Kind::kIt) continue;
    findings.id = TextAt(rule.id, found);
    ++proofs;
  }
  // Then the value is not one of its own after all.
  if (proofs > 1) findings.kind = Kind::kPerhaps;
  findings.alike = findings.kind != Kind::kNothing;
  if (rule.read->result.table == change_.route.result.table) {
    findings.entity = std::move(read.answer);
  }
  co_return findings;
}

runtime::Task<std::optional<bool>> LookBack::Made(std::string id) const {
  const rest::ReadBack& rule = *change_.route.read_back;
  const Read read = co_await ReadState();
  if (!read.status.ok()) co_return std::nullopt;
  for (const std::string_view found : Candidates(rule, read.answer.wire)) {
    if (TextAt(rule.id, found) == id) co_return ContentIsThatOf(found);
  }
  co_return std::nullopt;
}

}  // namespace klarna::gateway
