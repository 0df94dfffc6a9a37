// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace klarna::auth {

// Bytes that nobody may print: a key, a password, a token.
//
//   Secret password = Secret::Take(text);   // `text` is wiped
//   http.headers.emplace_back("Authorization", header.Reveal());
//
// Streaming it or handing it to absl::StrCat, absl::StrFormat or a log field
// does not compile; Reveal is the only reader, so that every use can be found.
// The bytes are overwritten when the object ends. There is no operator==:
// digest.h compares in constant time. As thread-safe as a std::string.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);

  // Copies the bytes and wipes the source.
  static Secret Take(std::string& source);

  Secret(const Secret& other) : Secret(other.Reveal()) {}
  Secret(Secret&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Secret();

  // The bytes, as long as this object lives and is not assigned to.
  std::string_view Reveal() const { return {bytes_.get(), size_}; }

  bool empty() const { return size_ == 0; }

  template <typename Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;
  template <typename Sink>
  friend void AbslStringify(Sink&, const Secret&) = delete;

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

}  // namespace klarna::auth
