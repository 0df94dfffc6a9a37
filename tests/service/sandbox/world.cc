// SPDX-License-Identifier: Apache-2.0
#include "tests/service/sandbox/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace klarna::sandbox {

using nlohmann::json;

namespace {

// Sets the clock before Klarna first reads it.
const runtime::Clock& At(absl::Time time, testing::ManualClock* clock) {
  clock->SetWall(time);
  return *clock;
}

}  // namespace

World::World(const SandboxOptions& options)
    : klarna(options, At(absl::FromUnixSeconds(1767268800), &clock)) {}

Answer World::Send(std::string method, absl::string_view target,
                   std::string body, std::vector<Header> headers) {
  const size_t question = std::min(target.find('?'), target.size());
  Request request{.method = std::move(method),
                  .path = std::string(target.substr(0, question)),
                  .query = std::string(
                      target.substr(std::min(question + 1, target.size()))),
                  .headers = std::move(headers),
                  .body = std::move(body)};
  if (request.Find("Authorization") == nullptr) {
    request.headers.push_back(
        {"Authorization", "Basic klarna_test_api_sandbox"});
  }
  if (!request.body.empty() && request.Find("Content-Type") == nullptr) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  return klarna.Handle(request);
}

json World::Read(absl::string_view target) {
  const Answer answer = Get(target);
  EXPECT_EQ(answer.status, 200) << target << "\n" << answer.body;
  return JsonOf(answer);
}

std::string World::Id(absl::string_view name) const {
  for (const WellKnownId& known : klarna.WellKnownIds()) {
    if (known.name == name) return known.id;
  }
  ADD_FAILURE() << "no well-known " << name;
  return "";
}

std::string World::NewOrder(int64_t amount) {
  const json session = JsonOf(Post("/payments/v1/sessions", OrderBody(amount)));
  const auto token = klarna.AuthorizeSession(session.value("session_id", ""));
  EXPECT_TRUE(token.has_value());
  const Answer placed =
      Post(absl::StrCat("/payments/v1/authorizations/", *token, "/order"),
           OrderBody(amount));
  EXPECT_EQ(placed.status, 200) << placed.body;
  return JsonOf(placed).value("order_id", "");
}

std::string HeaderOf(const Answer& answer, absl::string_view name) {
  for (const Header& header : answer.headers) {
    if (absl::EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return "";
}

json JsonOf(const Answer& answer) {
  json body = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  EXPECT_FALSE(body.is_discarded()) << answer.body;
  return body;
}

std::string ErrorOf(const Answer& answer) {
  const json body = JsonOf(answer);
  if (!body.is_object()) return "";
  if (body.contains("error_messages")) {
    return absl::StrCat(body.value("error_code", ""), ": ",
                        body["error_messages"][0].get<std::string>());
  }
  return absl::StrCat(body.value("error_code", ""), ": ",
                      body.value("error_message", ""));
}

std::string BodyOf(const Answer& answer) {
  if (!answer.more) return answer.body;
  std::string body;
  std::string part;
  while (answer.more(&part)) body += part;
  return body;
}

std::string OrderBody(int64_t amount) {
  return json({{"purchase_country", "SE"},
               {"purchase_currency", "SEK"},
               {"locale", "sv-SE"},
               {"order_amount", amount},
               {"order_tax_amount", 0},
               {"order_lines", json::array({{{"name", "Thing"},
                                             {"quantity", 1},
                                             {"unit_price", amount},
                                             {"tax_rate", 0},
                                             {"total_amount", amount},
                                             {"total_tax_amount", 0}}})}})
      .dump();
}

}  // namespace klarna::sandbox
