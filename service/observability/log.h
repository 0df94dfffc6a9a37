// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace klarna::observability {

enum class Level { kDebug, kInfo, kWarn, kError };

// "debug", "info", "warn" or "error".
std::string_view LevelName(Level level);

// A value that is JSON already: valid, printable ASCII, in one line.
struct JsonValue {
  std::string_view text;
};

// The value of a field: text, an integer, a number, true or false, or JSON. A
// secret does not convert to it. Refers to the text it was made from.
class LogValue {
 public:
  using Variant = std::variant<std::string_view, int64_t, uint64_t, double,
                               bool, JsonValue>;

  // Implicit, so that a field reads {"name", value}.
  template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  LogValue(T value) : value_(Widen(value)) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(std::string_view text) : value_(text) {}
  LogValue(absl::string_view text)
      : value_(std::string_view(text.data(), text.size())) {}
  LogValue(JsonValue json) : value_(json) {}

  const Variant& value() const { return value_; }

 private:
  template <typename T>
  static Variant Widen(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      return value;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(value);
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<int64_t>(value);
    } else {
      return static_cast<uint64_t>(value);
    }
  }

  Variant value_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

using LogFields = absl::Span<const LogField>;

// Where the service says what it did.
//
//   log.Info("call finished", {{"klarna_operation", operation.name()},
//                              {"grpc_code", "OK"},
//                              {"duration_ms", 12}});
//
// Fields are ids, codes, sizes and times: never a body, a header, an URL or a
// person, but where an account asks for its requests, which are redacted first
// (upstream::CallTransport). Implementations are thread-safe and do not wait
// for the reader of the log.
class Log {
 public:
  virtual ~Log() = default;

  // Whether a line of this level is written at all: for callers whose fields
  // cost something to make.
  virtual bool Enabled(Level level) const = 0;

  virtual void Write(Level level, std::string_view message,
                     LogFields fields) = 0;

  void Debug(std::string_view message, LogFields fields = {}) {
    Write(Level::kDebug, message, fields);
  }
  void Info(std::string_view message, LogFields fields = {}) {
    Write(Level::kInfo, message, fields);
  }
  void Warn(std::string_view message, LogFields fields = {}) {
    Write(Level::kWarn, message, fields);
  }
  void Error(std::string_view message, LogFields fields = {}) {
    Write(Level::kError, message, fields);
  }
};

}  // namespace klarna::observability
