// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/sandbox/message.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {

// Requests that reach every operation of a world and are to be sent to it in
// their order. Making them changes the world: it gets what they refer to.
class Tour {
 public:
  // None refers to what another one makes.
  enum class Part {
    kOrderManagement,
    kSettlements,
    kDisputes,
    kCheckout,
    kPayments,
    kTokensAndPages,
    kCards,
    kShipping,
  };
  static constexpr Part kParts[] = {
      Part::kOrderManagement, Part::kSettlements, Part::kDisputes,
      Part::kCheckout,        Part::kPayments,    Part::kTokensAndPages,
      Part::kCards,           Part::kShipping};

  explicit Tour(World& world);
  Tour(World& world, Part part);

  const std::vector<Request>& requests() const { return requests_; }

 private:
  void AddPart(Part part);
  void AddOrderManagement();
  void AddOrderManagementReads();
  void AddOrderManagementWrites();
  void AddSettlements();
  void AddDisputes();
  void AddCheckout();
  void AddPayments();
  void AddTokensAndPages();
  void AddCards();
  void AddShipping();

  void Add(std::string method, absl::string_view target, std::string body = "",
           std::vector<Header> headers = {});

  std::string NewSession();
  std::string NewAuthorization();

  World& world_;
  std::vector<Request> requests_;
  std::string order_;    // The path of a partly captured and refunded order.
  std::string capture_;  // Its capture's path.
};

}  // namespace klarna::sandbox
