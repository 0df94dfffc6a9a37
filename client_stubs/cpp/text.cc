// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace klarna::demo {
namespace {

std::string GroupedMagnitude(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

uint64_t Magnitude(int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  return number < 0 ? 0 - bits : bits;
}

}  // namespace

std::string Grouped(int64_t number) {
  return absl::StrFormat("%s%s", number < 0 ? "-" : "",
                         GroupedMagnitude(Magnitude(number)));
}

std::string Amount(int64_t minor_units) {
  const uint64_t magnitude = Magnitude(minor_units);
  return absl::StrFormat("%s%s.%02d", minor_units < 0 ? "-" : "",
                         GroupedMagnitude(magnitude / 100), magnitude % 100);
}

}  // namespace klarna::demo
