// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "service/config/load_config.h"
#include "service/sandbox/options.h"

namespace klarna::cli {

enum class Command {
  kServe,
  kValidate,
  kPrintConfig,
  kRoutes,
  kConfigSchema,
  kConfigPage,
  kTransform,
  kCheckAccount,
};

struct CommandLine {
  Command command = Command::kServe;
  config::ConfigSources sources;
  std::string transformer = {};  // Of kTransform.
  std::string account = {};      // Of kCheckAccount; empty: the default.
  bool sandbox = false;          // Serve with a simulated Klarna.
  sandbox::SandboxOptions sandbox_options;
};

// Reads the arguments, and from the environment what begins with
// KLARNA_GATEWAY_. An int is the exit code of a program that has nothing more
// to do: help was printed, or what is wrong with the arguments.
std::variant<CommandLine, int> ParseCommandLine(int argc, char** argv,
                                                char** environment);

}  // namespace klarna::cli
