// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace klarna::transform {

// The argument that makes a program of ours a worker. Its users need not know.
inline constexpr char kWorkerArgument[] = "transform-worker";

// The life of a worker: it confines itself, then takes programs and documents
// from its standard input, a socket, and answers there, until the other end is
// closed. Returns the exit code.
int RunWorker();

}  // namespace klarna::transform
