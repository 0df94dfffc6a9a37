// SPDX-License-Identifier: Apache-2.0
#include "service/cli/check_account.h"

#include <unistd.h>

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/http/curl_transport.h"
#include "service/http/system_resolver.h"
#include "service/observability/json_log.h"
#include "service/rest/route.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/system_clock.h"
#include "service/runtime/task.h"
#include "service/upstream/account_check.h"

namespace klarna::cli {
namespace {

using Checks = std::vector<upstream::DomainCheck>;

AccountReport ReportOf(const Checks& checks) {
  AccountReport report;
  for (const upstream::DomainCheck& check : checks) {
    absl::StrAppend(&report.text, check.domain, ": ",
                    check.status.ok() ? "good" : "BAD", "\n  ", check.call,
                    "\n");
    if (check.status.ok()) continue;
    report.good = false;
    absl::StrAppend(&report.text, "  ", check.status.message(), "\n  ",
                    check.advice, "\n");
  }
  return report;
}

runtime::Task<void> Run(upstream::Client& client,
                        const rest::RouteTable& routes,
                        const config::Account& account,
                        std::promise<Checks>& done) {
  done.set_value(co_await upstream::CheckAccount(client, routes, account));
}

}  // namespace

absl::StatusOr<AccountReport> CheckAccount(const config::Config& config,
                                           const std::string& name) {
  const config::Account* account =
      name.empty() ? &config.default_account() : config.FindAccount(name);
  if (account == nullptr) {
    const auto append = [](std::string* out, const config::Account& each) {
      out->append(each.name);
    };
    return absl::NotFoundError(
        absl::StrCat("no account ", name, "; there are ",
                     absl::StrJoin(config.accounts, ", ", append)));
  }
  const auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  if (!routes.ok()) return routes.status();
  runtime::SystemClock clock;
  runtime::SystemRandom random;
  observability::JsonLog log(clock, config.log_level,
                             observability::DescriptorSink(STDERR_FILENO));
  http::SystemResolver resolver(clock, &http::SystemResolver::GetAddrInfo);
  auto loop = runtime::EventLoop::Create(clock);
  if (!loop.ok()) return loop.status();
  http::CurlTransportOptions options;
  options.ca_file = config.ca_file;
  auto transport = http::CurlTransport::Create(**loop, resolver, options);
  if (!transport.ok()) return transport.status();
  upstream::Gate gate(config.limits);
  upstream::Client client(**loop, **transport, gate, random, log,
                          {.attempts = 2});
  std::promise<Checks> done;
  runtime::Task<void> story = Run(client, **routes, *account, done);
  (*loop)->Start();
  (*loop)->Post([&story] { story.Start(); });
  const Checks checks = done.get_future().get();
  (*loop)->Stop();
  return ReportOf(checks);
}

}  // namespace klarna::cli
