// SPDX-License-Identifier: Apache-2.0
//
// Looks at 16 bytes in one step: with SSE2 where the CPU has it (every amd64),
// byte by byte elsewhere. Nothing here reads outside of [p, end).
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace klarna::json {

inline constexpr int kWide = 16;

// What ends a plain run within a JSON string: quote, backslash, control.
inline bool IsSpecial(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

#ifdef __SSE2__

// Copies 16 bytes and returns a bit for each that is special.
inline uint32_t CopyAndFindSpecial(const char* from, char* to) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
  const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  const __m128i control =
      _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
  return static_cast<uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)));
}

// A bit for each of 16 bytes that is equal.
inline uint32_t EqualBytes(const char* a, const char* b) {
  return static_cast<uint32_t>(_mm_movemask_epi8(
      _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)))));
}

// A bit for each of 16 bytes that is not ASCII.
inline uint32_t NonAsciiBytes(const char* p) {
  return static_cast<uint32_t>(
      _mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}

// True when all of 64 bytes are ASCII.
inline bool AllAscii64(const char* p) {
  const auto* v = reinterpret_cast<const __m128i*>(p);
  const __m128i low = _mm_or_si128(_mm_loadu_si128(v), _mm_loadu_si128(v + 1));
  const __m128i high =
      _mm_or_si128(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3));
  return _mm_movemask_epi8(_mm_or_si128(low, high)) == 0;
}

#else

inline uint32_t CopyAndFindSpecial(const char* from, char* to) {
  std::memcpy(to, from, kWide);
  uint32_t mask = 0;
  for (int i = 0; i < kWide; ++i) mask |= uint32_t{IsSpecial(from[i])} << i;
  return mask;
}

inline uint32_t EqualBytes(const char* a, const char* b) {
  uint32_t mask = 0;
  for (int i = 0; i < kWide; ++i) mask |= uint32_t{a[i] == b[i]} << i;
  return mask;
}

inline uint32_t NonAsciiBytes(const char* p) {
  uint32_t mask = 0;
  for (int i = 0; i < kWide; ++i) {
    mask |= uint32_t{static_cast<unsigned char>(p[i]) >= 0x80} << i;
  }
  return mask;
}

inline bool AllAscii64(const char* p) {
  uint64_t bits = 0;
  for (int i = 0; i < 64; i += 8) {
    uint64_t word;
    std::memcpy(&word, p + i, sizeof(word));
    bits |= word;
  }
  return (bits & 0x8080808080808080u) == 0;
}

#endif

// The first special byte, `end` when there is none.
inline const char* FindSpecial(const char* p, const char* end) {
  char copy[kWide];
  while (end - p >= kWide) {
    const uint32_t mask = CopyAndFindSpecial(p, copy);
    if (mask != 0) return p + __builtin_ctz(mask);
    p += kWide;
  }
  while (p < end && !IsSpecial(*p)) ++p;
  return p;
}

// The first byte that is not ASCII, `end` when there is none.
inline const char* SkipAscii(const char* p, const char* end) {
  while (end - p >= 64 && AllAscii64(p)) p += 64;
  while (end - p >= kWide) {
    const uint32_t mask = NonAsciiBytes(p);
    if (mask != 0) return p + __builtin_ctz(mask);
    p += kWide;
  }
  while (p < end && static_cast<unsigned char>(*p) < 0x80) ++p;
  return p;
}

}  // namespace klarna::json
