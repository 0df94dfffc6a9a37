// SPDX-License-Identifier: Apache-2.0
#include "service/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/cli/help.h"
#include "service/config/nearest_name.h"
#include "service/config/settings.h"

namespace klarna::cli {
namespace {

constexpr int kUsageError = 2;
constexpr char kConfigVariable[] = "KLARNA_GATEWAY_CONFIG";
constexpr char kTransform[] = "transform";
constexpr char kCheckAccount[] = "check-account";

struct Subcommand {
  Command command;
  const char* name;
  const char* help;
};
constexpr Subcommand kSubcommands[] = {
    {Command::kValidate, "validate",
     "checks the configuration, its secrets too, and says all that is wrong"},
    {Command::kRoutes, "routes", "lists every operation and its REST call"},
    {Command::kConfigSchema, "config-schema",
     "prints a JSON Schema of the configuration file"},
    {Command::kConfigPage, "config-page",
     "prints the documentation of every key, as deploy/configuration.md has "
     "it"},
};

// The arguments as the parser leaves them.
struct Arguments {
  CommandLine line;
  bool print_config = false;
  int latency_ms = 0;
  std::list<config::GivenSetting> settings;  // Pointed into.
};

void AddOwnFlags(CLI::App& app, Arguments& arguments) {
  CommandLine& line = arguments.line;
  auto* file =
      app.add_option("--config", line.sources.file, "YAML configuration file")
          ->envname(kConfigVariable);
  auto* sandbox =
      app.add_flag("--sandbox", line.sandbox,
                   "serve a simulated Klarna of its own; needs no credentials");
  app.add_flag("--print-config", arguments.print_config,
               "print the configuration in force as YAML, with where each "
               "value comes from, and stop")
      ->excludes(sandbox);
  file->excludes(sandbox);
  app.add_option("--sandbox-transactions", line.sandbox_options.transactions,
                 "transactions of the sandbox's first payout")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--sandbox-latency-ms", arguments.latency_ms,
                 "what the sandbox waits before it answers")
      ->check(CLI::Range(0, 60'000));
}

void AddSettings(CLI::App& app, Arguments& arguments) {
  for (const config::Setting& setting : config::AllSettings()) {
    arguments.settings.push_back({.name = setting.flag, .value = ""});
    // Without a group: SettingsHelp shows them.
    app.add_option(setting.flag, arguments.settings.back().value)->group("");
  }
}

void AddSubcommands(CLI::App& app, Arguments& arguments) {
  app.require_subcommand(0, 1);
  app.add_subcommand(kTransform,
                     "runs a transformer of the configuration over the call on "
                     "the standard input")
      ->fallthrough()
      ->add_option("name", arguments.line.transformer,
                   "name of the transformer")
      ->required();
  app.add_subcommand(kCheckAccount,
                     "makes a harmless read per domain with an account's "
                     "credentials, and explains what fails")
      ->fallthrough()
      ->add_option("name", arguments.line.account,
                   "name of the account; the default one when left out");
  for (const Subcommand& each : kSubcommands) {
    app.add_subcommand(each.name, each.help)->fallthrough();
  }
}

std::string NotACommand(const std::string& argument) {
  std::vector<std::string> names;
  for (const Subcommand& each : kSubcommands) names.push_back(each.name);
  const std::string nearest = config::NearestName(argument, names);
  return nearest.empty()
             ? "an argument too many; see --help"
             : absl::StrCat("no such command; did you mean `", nearest, "`?");
}

// What the parser does not know. The settings report the flags that are not
// nearly the program's own. Empty text: go on.
std::string TakeUnknown(const std::vector<std::string>& extras,
                        config::ConfigSources& sources) {
  bool after_flag = false;
  for (const std::string& extra : extras) {
    if (!extra.starts_with("-")) {
      // The value of an unknown flag is no mistake of its own.
      if (!after_flag) return NotACommand(extra);
      continue;
    }
    after_flag = true;
    const std::string name = extra.substr(0, extra.find('='));
    const std::string own = config::NearestName(
        name, {"--config", "--sandbox", "--print-config",
               "--sandbox-transactions", "--sandbox-latency-ms"});
    if (!own.empty()) {
      return absl::StrCat("flag ", name, ": no such flag; did you mean `", own,
                          "`?");
    }
    sources.flags.push_back({.name = name, .value = ""});
  }
  return "";
}

std::vector<config::GivenSetting> FromEnvironment(char** environment) {
  std::vector<config::GivenSetting> given;
  for (; *environment != nullptr; ++environment) {
    const std::string entry = *environment;
    const size_t equals = entry.find('=');
    if (equals == std::string::npos ||
        !entry.starts_with(config::kVariablePrefix)) {
      continue;
    }
    const std::string name = entry.substr(0, equals);
    if (name == kConfigVariable) continue;
    given.push_back({.name = name, .value = entry.substr(equals + 1)});
  }
  return given;
}

Command CommandOf(const CLI::App& app, const Arguments& arguments) {
  for (const Subcommand& each : kSubcommands) {
    if (app.got_subcommand(each.name)) return each.command;
  }
  if (app.got_subcommand(kTransform)) return Command::kTransform;
  if (app.got_subcommand(kCheckAccount)) return Command::kCheckAccount;
  return arguments.print_config ? Command::kPrintConfig : Command::kServe;
}

int Refuse(const std::string& text) {
  std::cerr << "klarna-gateway: " << text << "\n";
  return kUsageError;
}

}  // namespace

std::variant<CommandLine, int> ParseCommandLine(int argc, char** argv,
                                                char** environment) {
  CLI::App app("klarna-gateway: Klarna's merchant APIs as gRPC services",
               "klarna-gateway");
  Arguments arguments;
  AddOwnFlags(app, arguments);
  AddSettings(app, arguments);
  AddSubcommands(app, arguments);
  app.footer([] { return "\n" + SettingsHelp(); });
  app.allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  CommandLine& line = arguments.line;
  line.command = CommandOf(app, arguments);
  line.sandbox_options.latency = absl::Milliseconds(arguments.latency_ms);
  for (const config::GivenSetting& setting : arguments.settings) {
    if (app.count(setting.name) > 0) line.sources.flags.push_back(setting);
  }
  const std::string problem = TakeUnknown(app.remaining(true), line.sources);
  if (!problem.empty()) return Refuse(problem);
  line.sources.environment = FromEnvironment(environment);
  return line;
}

}  // namespace klarna::cli
