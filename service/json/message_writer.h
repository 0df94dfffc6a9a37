// SPDX-License-Identifier: Apache-2.0
//
// Writes the JSON of a message in one pass over its wire.
//
//   MessageWriter writer(wire, out);
//   switch (writer.WriteMessage(wire, table, 1)) { ... }
//
// Safe on any bytes. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "service/json/output_buffer.h"
#include "service/json/schema.h"
#include "service/json/wire.h"

namespace klarna::json {

class MessageWriter {
 public:
  enum class Result {
    kWritten,
    // The elements of a list do not stand next to each other on the wire; what
    // was written must be cut off. PatchTree gathers them.
    kScattered,
    kRefused,  // status() tells why
  };

  // All that is written stands in `wire`.
  MessageWriter(std::string_view wire, OutputBuffer& out)
      : readable_end_(wire.data() + wire.size()), out_(out) {}

  // `depth` is 1 for a root.
  Result WriteMessage(std::string_view wire, const MessageTable& table,
                      int depth);

  // Writes what one wire field of `field` holds: a value, or the values of a
  // packed run with commas between them.
  Result WriteValue(const WireField& value, const Field& field, int depth);

  // INVALID_ARGUMENT with the message or the field.
  const absl::Status& status() const { return status_; }

 private:
  void WriteName(const Field& field);
  void WriteString(std::string_view value);
  void WriteNumber(uint64_t bits, Kind kind);
  Result WritePacked(std::string_view run, const Field& field);
  Result WriteNumberText(std::string_view text, const Field& field);

  Result Refuse(const Field& field, const char* why);
  Result Refuse(const MessageTable& table, const char* why);

  const char* readable_end_;
  OutputBuffer& out_;
  absl::Status status_;
};

}  // namespace klarna::json
