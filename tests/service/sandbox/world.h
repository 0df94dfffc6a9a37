// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/sandbox/klarna.h"
#include "tests/testing/manual_executor.h"

namespace klarna::sandbox {

// A simulated Klarna with its clock, and short ways to call it.
//
//   World world;
//   Answer answer = world.Get("/settlements/v1/payouts?size=1");
//   world.Post("/ordermanagement/v1/orders/" + id + "/captures",
//              R"({"captured_amount":100})", {{"Klarna-Idempotency-Key",
//              "k"}});
struct World {
  explicit World(const SandboxOptions& options = {});

  Answer Send(std::string method, absl::string_view target,
              std::string body = "", std::vector<Header> headers = {});
  Answer Get(absl::string_view target, std::vector<Header> headers = {}) {
    return Send("GET", target, "", std::move(headers));
  }
  Answer Post(absl::string_view target, std::string body,
              std::vector<Header> headers = {}) {
    return Send("POST", target, std::move(body), std::move(headers));
  }
  Answer Patch(absl::string_view target, std::string body) {
    return Send("PATCH", target, std::move(body));
  }

  // The JSON of GET, which must answer 200.
  nlohmann::json Read(absl::string_view target);

  // The id of the first well-known resource of that name.
  std::string Id(absl::string_view name) const;

  // An order that can be captured, worth `amount`.
  std::string NewOrder(int64_t amount = 10000);

  testing::ManualClock clock;  // Stands at 2026-01-01T12:00:00Z.
  Klarna klarna;
};

// The first header of that name, "" without one.
std::string HeaderOf(const Answer& answer, absl::string_view name);

nlohmann::json JsonOf(const Answer& answer);

// error_code and first error text: "NO_SUCH_ORDER: Order x cannot be found".
std::string ErrorOf(const Answer& answer);

// The whole body, streamed or not.
std::string BodyOf(const Answer& answer);

// The body of a payments session or order over one line of that amount.
std::string OrderBody(int64_t amount);

}  // namespace klarna::sandbox
