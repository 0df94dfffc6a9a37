// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace klarna::fuzz {

// An input is text in parts, so that a corpus reads well and mutates well:
//
//   payments.create_order
//   %%
//   {"order_amount": 1}
//
// Parts are separated by a line of "%%". A part that is missing is empty.
class Input {
 public:
  Input(const uint8_t* data, size_t size);

  size_t size() const { return parts_.size(); }
  std::string_view operator[](size_t part) const {
    return part < parts_.size() ? parts_[part] : std::string_view();
  }

 private:
  std::vector<std::string_view> parts_;
};

// Takes the first line off `text`, without its line feed.
std::string_view TakeLine(std::string_view& text);

}  // namespace klarna::fuzz
