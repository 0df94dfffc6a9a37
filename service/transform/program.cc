// SPDX-License-Identifier: Apache-2.0
#include "service/transform/program.h"

// jq.h has no extern "C" of its own.
extern "C" {
#include <jq.h>
#include <jv.h>
}

#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "service/transform/fidelity.h"

namespace klarna::transform {
namespace {

// Builtins whose result is more than a function of their input, or that do
// more than give one.
constexpr const char* kTakenAway[] = {"env",
                                      "input",
                                      "inputs",
                                      "input_filename",
                                      "input_line_number",
                                      "debug",
                                      "debug(message)",
                                      "stderr",
                                      "halt",
                                      "halt_error",
                                      "halt_error(code)",
                                      "now",
                                      "localtime",
                                      "strflocaltime(format)",
                                      "modulemeta",
                                      "get_search_list",
                                      "get_jq_origin",
                                      "get_prog_origin"};
constexpr size_t kMaxMessage = 300;
constexpr char kMarker[] = "a_transformer_has_no_";

// What stands before every program. jq drops a definition that nothing uses
// before it looks at what is in it, so that only a use of it fails. Behind
// definitions there is no place for import and include.
std::string MakePrelude() {
  std::string prelude;
  for (const absl::string_view builtin : kTakenAway) {
    const absl::string_view name = builtin.substr(0, builtin.find('('));
    absl::StrAppend(&prelude, "def ", builtin, ": ", kMarker, name, "; ");
  }
  return prelude + "{} as $ENV | ";
}

const std::string& Prelude() {
  static const std::string* const prelude = new std::string(MakePrelude());
  return *prelude;
}

// A jv, freed at its end. Functions of jv.h eat their arguments, unless said
// otherwise.
class Value {
 public:
  explicit Value(jv value) : value_(value) {}
  ~Value() { jv_free(value_); }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

  // To be eaten.
  jv Copy() const { return jv_copy(value_); }
  // For those that do not eat.
  jv get() const { return value_; }

  jv_kind kind() const { return jv_get_kind(value_); }
  bool valid() const { return kind() != JV_KIND_INVALID; }

  // Of a string.
  std::string Text() const {
    const auto size = static_cast<size_t>(jv_string_length_bytes(Copy()));
    return std::string(jv_string_value(value_), size);
  }
  std::string Json() const { return Value(jv_dump_string(Copy(), 0)).Text(); }

 private:
  jv value_;
};

// jq writes null for what is not a number, and the largest double for infinity.
bool IsFinite(jv value) {
  bool finite = true;
  switch (jv_get_kind(value)) {
    case JV_KIND_NUMBER:
      return std::isfinite(jv_number_value(value));
    case JV_KIND_ARRAY:
      for (int i = 0; finite && i < jv_array_length(jv_copy(value)); ++i) {
        finite = IsFinite(Value(jv_array_get(jv_copy(value), i)).get());
      }
      return finite;
    case JV_KIND_OBJECT:
      for (int i = jv_object_iter(value);
           finite && jv_object_iter_valid(value, i);
           i = jv_object_iter_next(value, i)) {
        finite = IsFinite(Value(jv_object_iter_value(value, i)).get());
      }
      return finite;
    default:
      return true;
  }
}

// What an invalid value says; empty if nothing.
std::string MessageOf(const Value& invalid) {
  const Value message(jv_invalid_get_msg(invalid.Copy()));
  if (message.kind() == JV_KIND_NULL) return "";
  return message.kind() == JV_KIND_STRING ? message.Text() : message.Json();
}

// jq's messages quote values, of any size. Cut between characters.
absl::Status Failed(absl::string_view message) {
  size_t size = message.size();
  if (size > kMaxMessage) {
    size = kMaxMessage;
    while (size > 0 && (message[size] & '\xc0') == '\x80') --size;
  }
  return absl::InvalidArgumentError(message.substr(0, size));
}

// Takes all of jq's messages but the last, which counts them.
void AppendMessage(void* messages, jv message) {
  const std::string text = Value(jq_format_error(message)).Text();
  if (absl::StrContains(text, " compile error")) return;
  absl::StrAppend(static_cast<std::string*>(messages), text, "\n");
}

void Ignore(void*, jv message) { jv_free(message); }

// jq's message, as if the program stood alone.
std::string CompileError(const std::string& messages) {
  const std::string text =
      absl::StrReplaceAll(messages, {{Prelude(), ""},
                                     {"jq: error: ", ""},
                                     {" (Unix shell quoting issues?)", ""}});
  if (const size_t marker = text.find(kMarker); marker != text.npos) {
    const size_t name = marker + std::string_view(kMarker).size();
    return absl::StrCat("a transformer has no ",
                        text.substr(name, text.find('/', name) - name));
  }
  std::vector<absl::string_view> lines =
      absl::StrSplit(text, '\n', absl::SkipWhitespace());
  for (absl::string_view& line : lines) {
    line = absl::StripTrailingAsciiWhitespace(line);
  }
  return absl::StrJoin(lines, "\n");
}

// What operator new does, too.
void OutOfMemory(void*) {
  if (const std::new_handler handler = std::get_new_handler()) handler();
  std::abort();
}

}  // namespace

void Program::Teardown::operator()(jq_state* state) const {
  jq_teardown(&state);
}

absl::StatusOr<Program> Program::Compile(const std::string& text) {
  if (text.find('\0') != text.npos) return Failed("holds a NUL byte");
  // Bound to {} by the prelude, and a program that needs it would go wrong.
  if (text.find("$ENV") != text.npos) {
    return Failed("a transformer has no $ENV");
  }
  Program program;
  program.state_.reset(jq_init());
  if (program.state_ == nullptr) {
    return absl::ResourceExhaustedError("jq could not be started");
  }
  // jq does not set it, and calls it all the same.
  jq_set_nomem_handler(program.state_.get(), &OutOfMemory, nullptr);
  std::string messages;
  jq_set_error_cb(program.state_.get(), &AppendMessage, &messages);
  const bool compiled =
      jq_compile(program.state_.get(), (Prelude() + text).c_str()) != 0;
  jq_set_error_cb(program.state_.get(), &Ignore, nullptr);
  if (!compiled) return Failed(CompileError(messages));
  return program;
}

absl::StatusOr<std::string> Program::Run(std::string_view json) {
  if (absl::Status status = CheckFidelity(json); !status.ok()) return status;
  const Value input(jv_parse_sized(json.data(), static_cast<int>(json.size())));
  if (!input.valid()) return Failed(MessageOf(input));
  jq_start(state_.get(), input.Copy(), 0);
  const Value result(jq_next(state_.get()));
  if (!result.valid()) {
    const std::string message = MessageOf(result);
    return Failed(message.empty() ? "gave no result" : message);
  }
  const Value second(jq_next(state_.get()));
  if (second.valid()) return Failed("gave more than one result");
  if (std::string message = MessageOf(second); !message.empty()) {
    return Failed(message);
  }
  if (!IsFinite(result.get())) {
    return Failed("the result holds a number that is infinite or none");
  }
  std::string output = result.Json();
  if (absl::Status status = CheckFidelity(output); !status.ok()) {
    return Failed(
        absl::StrCat("the result cannot be taken: ", status.message()));
  }
  return output;
}

}  // namespace klarna::transform
