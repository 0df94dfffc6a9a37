// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace klarna::crash {

// Where in a change a crashing_gateway ends.
inline constexpr char kNever[] = "never";
inline constexpr char kClaimed[] = "claimed";    // Before anything is sent.
inline constexpr char kAnswered[] = "answered";  // Whole, not judged yet.
inline constexpr char kBeforeSettled[] = "before settled";
inline constexpr char kSettled[] = "settled";    // The memory knows.
inline constexpr char kReplying[] = "replying";  // The reply is ready.

}  // namespace klarna::crash
