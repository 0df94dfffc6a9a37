// SPDX-License-Identifier: Apache-2.0
#include "tests/service/json/test_schema.h"

#include <cstdio>
#include <cstdlib>

#include "klarna/settlements/v1/payout.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "klarna/settlements/v1/transaction.pb.h"
#include "tests/service/json/test_messages.pb.h"

namespace klarna::json {

const Schema& TestSchema() {
  static const Schema* const schema = [] {
    auto compiled = Schema::Compile({
        samples::Page::descriptor(),
        samples::Outer::descriptor(),
        samples::Wrapper::descriptor(),
        settlements::v1::TransactionCollection::descriptor(),
        settlements::v1::PayoutCollection::descriptor(),
        settlements::v1::PayoutSummaries::descriptor(),
        settlements::v1::SubscribeRequest::descriptor(),
        settlements::v1::PublishRequest::descriptor(),
        settlements::v1::PublishResponse::descriptor(),
    });
    if (!compiled.ok()) {
      std::fprintf(stderr, "%s\n", compiled.status().ToString().c_str());
      std::abort();
    }
    return compiled->release();
  }();
  return *schema;
}

}  // namespace klarna::json
