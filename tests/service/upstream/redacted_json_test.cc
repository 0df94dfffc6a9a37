// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/redacted_json.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "klarna/order_management/v1/capture.pb.h"
#include "klarna/payments/v1/order.pb.h"

namespace klarna::upstream {
namespace {

// What the protos say of an order to place, and of a list of captures.
class RedactedJsonTest : public ::testing::Test {
 protected:
  static BodyShape Order() {
    return {schema().Find(payments::v1::OrderRequest::descriptor())};
  }
  static BodyShape Captures() {
    return {schema().Find(order_management::v1::Capture::descriptor()),
            /*array=*/true};
  }

  // What is logged of the body; "" when it is not understood.
  std::string Redact(std::string_view body, bool whole = true,
                     const BodyShape& shape = Order()) {
    std::string out;
    redaction_ = AppendRedactedJson(body, whole, shape, out);
    return out;
  }

  Redaction redaction_ = Redaction::kNotUnderstood;

 private:
  static const json::Schema& schema() {
    static const json::Schema* const schema =
        json::Schema::Compile({payments::v1::OrderRequest::descriptor(),
                               order_management::v1::Capture::descriptor()})
            .value()
            .release();
    return *schema;
  }
};

TEST_F(RedactedJsonTest, ShowsWhatIsDocumentedAndNotSensitive) {
  const char kBody[] =
      R"({"purchase_country":"SE","order_amount":12500,"auto_capture":false,)"
      R"("design":null,"order_lines":[{"name":"Lamp","quantity":1}],)"
      R"("custom_payment_method_ids":["a","b"]})";
  EXPECT_EQ(Redact(kBody), kBody);
  EXPECT_EQ(redaction_, Redaction::kWhole);
}

TEST_F(RedactedJsonTest, ShowsNothingOfWhatIsSensitive) {
  EXPECT_EQ(
      Redact(R"({"billing_address":{"email":"a@b.example","city":"Lund",)"
             R"("country":"SE"},"client_token":"ey","merchant_data":{"a":1}})"),
      R"({"billing_address":{"email":"[redacted]","city":"[redacted]",)"
      R"("country":"SE"},"client_token":"[redacted]",)"
      R"("merchant_data":"[redacted]"})");
}

TEST_F(RedactedJsonTest, ShowsOnlyTheNameOfWhatIsNotDocumented) {
  EXPECT_EQ(Redact(R"({"loyalty":{"email":"a@b.example"}})"),
            R"({"loyalty":"[unknown]"})");
  EXPECT_EQ(Redact(R"({"a@b.example":1})"), R"({"[unknown]":"[unknown]"})");
  EXPECT_EQ(Redact(R"({"8001019876":1})"), R"({"[unknown]":"[unknown]"})");
}

TEST_F(RedactedJsonTest, ShowsNothingOfAnotherType) {
  EXPECT_EQ(
      Redact(
          R"({"purchase_country":{"a":"b"},"order_amount":"12 a@b.example",)"
          R"("auto_capture":1,"order_lines":{"a":1},"billing_address":"Lund",)"
          R"("custom_payment_method_ids":[1,["a"]]})"),
      R"({"purchase_country":"[unknown]","order_amount":"[unknown]",)"
      R"("auto_capture":"[unknown]","order_lines":"[unknown]",)"
      R"("billing_address":"[unknown]",)"
      R"("custom_payment_method_ids":["[unknown]","[unknown]"]})");
}

TEST_F(RedactedJsonTest, FollowsAListThatIsTheBodyItself) {
  EXPECT_EQ(
      Redact(R"([{"capture_id":"1"},{"capture_id":"2"}])", true, Captures()),
      R"([{"capture_id":"1"},{"capture_id":"2"}])");
  EXPECT_EQ(Redact(R"({"capture_id":"1"})", true, Captures()), "");
  EXPECT_EQ(Redact(R"([{"order_amount":1}])"), "");
}

TEST_F(RedactedJsonTest, SaysNothingOfWhatIsNotUnderstood) {
  for (const char* body :
       {"", "<html>a@b.example</html>", "a@b.example", "\"a@b.example\"", "7",
        R"({"purchase_country":"SE")", R"({"purchase_country":"SE",})",
        R"({"purchase_country":"SE"} a@b.example)", R"({"purchase_country"})",
        "{\"purchase_country\":\"\xff\"}", R"({"order_amount":007})"}) {
    EXPECT_EQ(Redact(body), "") << body;
    EXPECT_EQ(redaction_, Redaction::kNotUnderstood) << body;
  }
  EXPECT_EQ(Redact("{}", true, {}), "") << "nothing is known of it";
}

TEST_F(RedactedJsonTest, WhatIsDeepIsNotUnderstood) {
  EXPECT_EQ(Redact(absl::StrCat(R"({"a":)", std::string(40, '['),
                                std::string(40, ']'), "}")),
            "");
}

TEST_F(RedactedJsonTest, WritesPrintableAscii) {
  EXPECT_EQ(Redact("{\"design\":\"caf\xC3\xA9 \\u202e \\n\"}"),
            "{\"design\":\"caf\\u00e9 \\u202e \\n\"}");
  EXPECT_EQ(Redact(R"({"design":"\ud800"})"), R"({"design":"[unknown]"})");
}

TEST_F(RedactedJsonTest, CutsLongTexts) {
  const std::string shown =
      Redact(absl::StrCat(R"({"design":")", std::string(1000, 'x'), R"("})"));
  EXPECT_EQ(shown,
            absl::StrCat(R"({"design":")", std::string(256, 'x'), R"(..."})"));
}

// Wherever a body breaks off, what is shown of it is a beginning of it, valid
// and redacted.
TEST_F(RedactedJsonTest, ShowsTheBeginningOfABodyThatBreaksOff) {
  const std::string body =
      R"({"purchase_country":"SE","order_amount":12500,"auto_capture":true,)"
      R"("order_lines":[{"name":"L\u00e4mp","quantity":-1},{"name":"caf)"
      "\xC3\xA9"
      R"("}],"billing_address":{"email":"a@b.example","city":"Lund"}})";
  std::string last;
  for (size_t size = 1; size < body.size(); ++size) {
    const std::string shown = Redact(body.substr(0, size), /*whole=*/false);
    EXPECT_EQ(redaction_, Redaction::kCut) << body.substr(0, size);
    EXPECT_TRUE(nlohmann::json::accept(shown)) << shown;
    EXPECT_EQ(shown.find("Lund"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("b.example"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("1250,"), std::string::npos) << shown;
    EXPECT_GE(shown.size(), last.size()) << shown;
    last = shown;
  }
  EXPECT_EQ(last.size(), Redact(body).size());
}

TEST_F(RedactedJsonTest, WhatIsWrongInTheBeginningIsNotUnderstood) {
  EXPECT_EQ(Redact(R"({"design":"a" "b)", /*whole=*/false), "");
  EXPECT_EQ(Redact("<html><body>", /*whole=*/false), "");
}

TEST_F(RedactedJsonTest, IsBounded) {
  const auto list = [](absl::string_view item, size_t count) {
    std::string body = R"({"order_lines":[)";
    for (size_t i = 0; i < count; ++i) {
      absl::StrAppend(&body, i > 0 ? "," : "", item);
    }
    return body + "]}";
  };
  for (const char* item : {R"({"name":"Lamp","quantity":1})", "1"}) {
    const std::string shown = Redact(list(item, 10000));
    EXPECT_EQ(redaction_, Redaction::kCut);
    EXPECT_TRUE(nlohmann::json::accept(shown));
    EXPECT_GT(shown.size(), kMaxLoggedBody / 2);
    EXPECT_LT(shown.size(), kMaxLoggedBody + 2048);
  }
}

TEST(NamesSecretTest, KnowsThemByTheirWords) {
  for (const char* name : {"token", "client_token", "Authorization-Token",
                           "secret", "PASSWORD", "key_id", "X-Api-Key"}) {
    EXPECT_TRUE(NamesSecret(name)) << name;
  }
  for (const char* name : {"", "order_id", "name", "amount"}) {
    EXPECT_FALSE(NamesSecret(name)) << name;
  }
}

}  // namespace
}  // namespace klarna::upstream
