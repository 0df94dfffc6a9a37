// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/redacted_json.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/json/scanner.h"
#include "service/json/string_literal.h"
#include "service/json/utf8.h"
#include "service/observability/json_text.h"

namespace klarna::upstream {
namespace {

constexpr std::string_view kRedacted = "\"[redacted]\"";
constexpr std::string_view kUnknown = "\"[unknown]\"";

// A character is at most so long, so this may be missing of the last one.
constexpr size_t kMaxPartialCharacter = 3;

// A name that somebody thought of, as opposed to data used as a name: a token,
// a number, an email address.
bool IsWord(std::string_view name) {
  return name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalpha(c) || c == '_';
         });
}

// Walks a document and writes beside it what may be shown. What was begun when
// the document broke off is closed, so that the output is always valid JSON.
// Functions take and return positions as those of Scanner do; one that cannot
// write its value writes nothing.
class Redactor {
 public:
  Redactor(std::string_view body, std::string& out)
      : scanner_(body), out_(out), limit_(out.size() + kMaxLoggedBody) {}

  // True when the document was written to its end.
  bool Write(const BodyShape& shape) {
    const char* p = scanner_.Start();
    if (p == nullptr || *p != (shape.array ? '[' : '{')) return false;
    if (shape.array) {
      p = WriteArray(p, 0, [&](const char* item) {
        return WriteMessage(item, 1, *shape.table);
      });
    } else {
      p = WriteMessage(p, 0, *shape.table);
    }
    return p != nullptr && scanner_.Finish(p) != nullptr;
  }

  // Whether what is there is good and only the rest of it missing.
  bool broke_off() const { return scanner_.truncated(); }
  bool full() const { return out_.size() >= limit_; }

 private:
  char Peek(const char* p) const { return p == scanner_.end() ? '\0' : *p; }

  const char* WriteMessage(const char* p, int depth,
                           const json::MessageTable& table) {
    if (Peek(p) != '{') return WriteInstead(p, depth, kUnknown);
    return WriteItems(p, depth, '}', [&](const char* member, bool first) {
      json::Scanner::Key key;
      member = scanner_.ReadKey(member, key);
      if (member == nullptr) return member;
      const size_t before = out_.size();
      if (!first) out_ += ',';
      const json::Field* field = table.FindByJsonName(key.text);
      WriteName(key.text, field != nullptr);
      const size_t named = out_.size();
      member = WriteMember(member, depth + 1, field);
      if (out_.size() == named) out_.resize(before);
      return member;
    });
  }

  template <typename WriteItem>
  const char* WriteArray(const char* p, int depth, WriteItem write_item) {
    if (Peek(p) != '[') return WriteInstead(p, depth, kUnknown);
    return WriteItems(p, depth, ']', [&](const char* item, bool first) {
      const size_t before = out_.size();
      if (!first) out_ += ',';
      const size_t separated = out_.size();
      item = write_item(item);
      if (out_.size() == separated) out_.resize(before);
      return item;
    });
  }

  // The members or elements between the bracket at `p` and `close`.
  template <typename WriteItem>
  const char* WriteItems(const char* p, int depth, char close,
                         WriteItem write_item) {
    if (depth >= json::kMaxDepth) {
      return scanner_.Fail(p, json::Scanner::kTooDeep);
    }
    out_ += *p;
    p = scanner_.SkipSpace(p + 1);
    for (bool first = true; p != nullptr && Peek(p) != close; first = false) {
      p = full() ? nullptr : write_item(p, first);
      if (p != nullptr) p = scanner_.NextItem(p, close);
    }
    out_ += close;
    return p == nullptr ? nullptr : p + 1;
  }

  void WriteName(std::string_view name, bool known) {
    if (known || IsWord(name)) {
      absl::StrAppend(&out_, "\"", absl::string_view(name.data(), name.size()),
                      "\":");
    } else {
      out_ += kUnknown;
      out_ += ':';
    }
  }

  // `field` is null for a member that the protos do not know.
  const char* WriteMember(const char* p, int depth, const json::Field* field) {
    if (field == nullptr) return WriteInstead(p, depth, kUnknown);
    if (field->sensitive || NamesSecret(field->json_name)) {
      return WriteInstead(p, depth, kRedacted);
    }
    if (Peek(p) == 'n') return WriteAsIs(p, depth);
    if (!field->repeated) return WriteValue(p, depth, *field);
    return WriteArray(p, depth, [&](const char* item) {
      return WriteValue(item, depth + 1, *field);
    });
  }

  const char* WriteValue(const char* p, int depth, const json::Field& field) {
    const char first = Peek(p);
    switch (field.kind) {
      case json::Kind::kMessage:
        return WriteMessage(p, depth, *field.message);
      case json::Kind::kString:
        if (first == '"') return WriteText(p);
        break;
      case json::Kind::kBool:
        if (first == 't' || first == 'f') return WriteAsIs(p, depth);
        break;
      case json::Kind::kNumberText:
      case json::Kind::kInt64:
      case json::Kind::kInt32:
        if (first == '-' ||
            absl::ascii_isdigit(static_cast<unsigned char>(first))) {
          return WriteAsIs(p, depth);
        }
        break;
      default:
        break;
    }
    return WriteInstead(p, depth, kUnknown);
  }

  const char* WriteInstead(const char* p, int depth, std::string_view text) {
    p = scanner_.SkipValue(p, depth);
    if (p != nullptr) out_ += text;
    return p;
  }

  // A number or a word. One at the very end may go on beyond it.
  const char* WriteAsIs(const char* p, int depth) {
    const char* const end = scanner_.SkipValue(p, depth);
    if (end == scanner_.end()) {
      return scanner_.Fail(p, json::Scanner::kTruncated);
    }
    if (end != nullptr) out_.append(p, end);
    return end;
  }

  const char* WriteText(const char* p) {
    const char* const end = scanner_.SkipString(p);
    if (end == nullptr) return nullptr;
    const std::string_view body(p + 1, static_cast<size_t>(end - p - 2));
    std::string text(body.size(), '\0');
    const char* const text_end = json::Unescape(body, text.data());
    if (text_end == nullptr) {
      out_ += kUnknown;
    } else {
      text.resize(static_cast<size_t>(text_end - text.data()));
      observability::AppendJsonText(text, out_);
    }
    return end;
  }

  json::Scanner scanner_;
  std::string& out_;
  const size_t limit_;
};

}  // namespace

Redaction AppendRedactedJson(std::string_view body, bool whole,
                             const BodyShape& shape, std::string& out) {
  if (shape.table == nullptr) return Redaction::kNotUnderstood;
  if (body.size() > kMaxLoggedBody) {
    body = body.substr(0, kMaxLoggedBody);
    whole = false;
  }
  if (!whole) {
    const size_t valid = json::ValidUtf8Prefix(body);
    if (body.size() - valid <= kMaxPartialCharacter) {
      body = body.substr(0, valid);
    }
  }
  const size_t before = out.size();
  Redactor redactor(body, out);
  const bool ended = redactor.Write(shape);
  if (ended && whole) return Redaction::kWhole;
  if (ended || redactor.full() || (!whole && redactor.broke_off())) {
    return Redaction::kCut;
  }
  out.resize(before);
  return Redaction::kNotUnderstood;
}

bool NamesSecret(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const char* word : {"token", "secret", "password", "key"}) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

}  // namespace klarna::upstream
