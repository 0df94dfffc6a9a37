// SPDX-License-Identifier: Apache-2.0
#include "service/cli/commands.h"

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/cli/check_account.h"
#include "service/cli/config_page.h"
#include "service/cli/config_schema.h"
#include "service/cli/route_list.h"
#include "service/config/yaml_writer.h"
#include "service/rest/route.h"

namespace klarna::cli {
namespace {

absl::StatusOr<std::string> Routes() {
  const auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  if (!routes.ok()) return routes.status();
  return RouteList(**routes);
}

std::string Validated(const config::LoadedConfig& loaded) {
  const size_t accounts = loaded.config.accounts.size();
  return absl::StrCat("The configuration is good: ", accounts,
                      accounts == 1 ? " account" : " accounts", ", default ",
                      loaded.config.default_account_name, ".\n");
}

}  // namespace

std::string PrintConfig(const config::LoadedConfig& loaded,
                        const std::string& file) {
  return config::WriteYaml(*loaded.settings, [&](const std::string& key) {
    const auto found = loaded.given_at.find(key);
    if (found == loaded.given_at.end()) return std::string("default");
    const config::Position& position = found->second;
    return position.source.empty() ? absl::StrCat(file, ":", position.line)
                                   : position.source;
  });
}

absl::StatusOr<std::string> RunCommand(
    const CommandLine& line, const auth::FileReader& files,
    const auth::EnvironmentLookup& environment) {
  switch (line.command) {
    case Command::kRoutes:
      return Routes();
    case Command::kConfigSchema:
      return ConfigSchema();
    case Command::kConfigPage:
      return ConfigPage();
    default:
      break;
  }
  const auto loaded = config::LoadConfig(line.sources, files, environment);
  if (!loaded.ok()) return loaded.status();
  if (line.command == Command::kCheckAccount) {
    auto report = CheckAccount(loaded->config, line.account);
    if (!report.ok()) return report.status();
    if (report->good) return report->text;
    return absl::FailedPreconditionError(
        absl::StrCat("the account does not work everywhere\n", report->text));
  }
  return line.command == Command::kPrintConfig
             ? PrintConfig(*loaded, line.sources.file)
             : Validated(*loaded);
}

std::optional<std::string> LookUpEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace klarna::cli
