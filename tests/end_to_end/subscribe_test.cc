// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "google/protobuf/unknown_field_set.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace settlements = ::klarna::settlements::v1;
using settlements::SubscribeRequest;
using settlements::SubscribeResponse;

constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";

class SubscribeTest : public ::testing::Test {
 protected:
  static sandbox::SandboxOptions Options() {
    sandbox::SandboxOptions options;
    options.transactions = 5000;
    return options;
  }

  static SubscribeRequest ListTransactions() {
    SubscribeRequest request;
    request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
    return request;
  }

  // What tells transactions of the sandbox apart, well enough to see one that
  // is missing or there twice.
  static std::string Identity(const settlements::Transaction& transaction) {
    return transaction.SerializeAsString();
  }

  static std::vector<std::string> Identities(
      const std::vector<SubscribeResponse>& messages) {
    std::vector<std::string> identities;
    for (const SubscribeResponse& message : messages) {
      for (const auto& row : message.transactions().transactions()) {
        identities.push_back(Identity(row));
      }
    }
    return identities;
  }

  StreamResult<SubscribeResponse> Call(
      const SubscribeRequest& request,
      const std::function<bool(const SubscribeResponse&)>& take = nullptr) {
    return Subscribe<SubscribeResponse>(gateway_.channel(), kSettlements,
                                        request, take);
  }

  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(Options(), clock_);
  GatewayUnderTest gateway_{sandbox_->url()};
};

TEST_F(SubscribeTest, StreamsEveryEntityOfAListOnce) {
  const auto result = Call(ListTransactions());

  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(Identities(result.messages).size(), 5000u);
  int64_t expected_offset = 0;
  for (const SubscribeResponse& message : result.messages) {
    EXPECT_EQ(message.batch().offset(), expected_offset);
    EXPECT_EQ(message.batch().total(), 5000);
    EXPECT_FALSE(message.batch().drifted());
    EXPECT_EQ(message.batch().last(), &message == &result.messages.back());
    expected_offset += message.transactions().transactions_size();
  }
  EXPECT_TRUE(result.messages.back().batch().complete());
}

TEST_F(SubscribeTest, ResumesAfterEveryBatchWithoutGapOrRepeat) {
  const auto whole = Identities(Call(ListTransactions()).messages);

  std::vector<std::string> pieces;
  SubscribeRequest request = ListTransactions();
  request.mutable_paging()->set_page_size(130);
  for (bool last = false; !last;) {
    int taken = 0;
    const auto result =
        Call(request, [&](const SubscribeResponse&) { return ++taken < 2; });
    ASSERT_FALSE(result.messages.empty());
    // The call was cancelled after two batches; more may have been read.
    for (const auto& identity : Identities(result.messages)) {
      pieces.push_back(identity);
    }
    const auto& batch = result.messages.back().batch();
    last = batch.last();
    request.mutable_paging()->set_resume_token(batch.resume_token());
  }
  EXPECT_EQ(pieces, whole);
}

TEST_F(SubscribeTest, ResumesOnAnotherReplicaThatSharesTheSecret) {
  const auto share = [](config::Config& config) {
    config.resume_tokens.secrets = {
        auth::Secret("0123456789abcdef0123456789abcdef")};
  };
  GatewayUnderTest first(sandbox_->url(), share);
  GatewayUnderTest second(sandbox_->url(), share);
  SubscribeRequest request = ListTransactions();
  request.mutable_paging()->set_max_entities(700);
  const auto begin =
      Subscribe<SubscribeResponse>(first.channel(), kSettlements, request);
  ASSERT_TRUE(begin.status.ok());

  request.mutable_paging()->clear_max_entities();
  request.mutable_paging()->set_resume_token(
      begin.messages.back().batch().resume_token());
  const auto rest =
      Subscribe<SubscribeResponse>(second.channel(), kSettlements, request);

  ASSERT_TRUE(rest.status.ok()) << rest.status.error_message();
  EXPECT_EQ(Identities(begin.messages).size(), 700u);
  EXPECT_EQ(Identities(rest.messages).size(), 4300u);
  EXPECT_TRUE(rest.messages.back().batch().complete());
}

TEST_F(SubscribeTest, EndsAfterMaxEntitiesCountedAcrossResumes) {
  SubscribeRequest request = ListTransactions();
  request.mutable_paging()->set_max_entities(600);
  const auto begin = Call(request);
  EXPECT_EQ(Identities(begin.messages).size(), 600u);

  request.mutable_paging()->set_max_entities(1000);
  request.mutable_paging()->set_resume_token(
      begin.messages.back().batch().resume_token());
  const auto rest = Call(request);
  EXPECT_EQ(Identities(rest.messages).size(), 400u);
  EXPECT_TRUE(rest.messages.back().batch().last());
  EXPECT_FALSE(rest.messages.back().batch().complete());

  request.mutable_paging()->set_resume_token(
      rest.messages.back().batch().resume_token());
  const auto nothing = Call(request);
  ASSERT_EQ(nothing.messages.size(), 1u);
  EXPECT_TRUE(nothing.messages[0].batch().last());
  EXPECT_EQ(nothing.messages[0].batch().offset(), 1000);
}

TEST_F(SubscribeTest, SinglePageEndsAfterOnePage) {
  SubscribeRequest request = ListTransactions();
  request.mutable_paging()->set_single_page(true);
  request.mutable_paging()->set_page_size(7);
  const auto result = Call(request);
  EXPECT_EQ(Identities(result.messages).size(), 7u);
  EXPECT_TRUE(result.messages.back().batch().last());
}

TEST_F(SubscribeTest, AServerThatCapsThePageSizeLosesNothing) {
  sandbox::SandboxOptions options = Options();
  options.page_cap = 90;
  const auto capped = StartSandbox(options, clock_);
  GatewayUnderTest gateway(capped->url());
  const auto result = Subscribe<SubscribeResponse>(
      gateway.channel(), kSettlements, ListTransactions());
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(Identities(result.messages),
            Identities(Call(ListTransactions()).messages));
}

TEST_F(SubscribeTest, AnEmptyListIsOneLastMessage) {
  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("NO-SUCH-PAYOUT");
  const auto result = Call(request);
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  ASSERT_EQ(result.messages.size(), 1u);
  EXPECT_TRUE(result.messages[0].batch().last());
  EXPECT_EQ(result.messages[0].transactions().transactions_size(), 0);
}

TEST_F(SubscribeTest, DownloadsAReportInChunks) {
  SubscribeRequest request;
  request.mutable_get_payout_report_with_transactions()->set_payment_reference(
      "PAYOUT00001");
  const auto result = Call(request);
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  std::string csv;
  for (const SubscribeResponse& message : result.messages) {
    csv += message.report().data();
  }
  EXPECT_GT(result.messages.size(), 1u);
  EXPECT_THAT(result.messages[0].report().content_type(),
              ::testing::StartsWith("text/csv"));
  EXPECT_TRUE(result.messages.back().batch().last());
  EXPECT_GT(std::count(csv.begin(), csv.end(), '\n'), 5000);
}

google::protobuf::UnknownFieldSet& Unknown(google::protobuf::Message& message) {
  return *message.GetReflection()->MutableUnknownFields(&message);
}

struct BadRequestCase {
  const char* name;
  std::function<void(SubscribeRequest&)> make;
  grpc::StatusCode code;
  const char* text;
};

class BadRequestTest : public SubscribeTest,
                       public ::testing::WithParamInterface<BadRequestCase> {};

TEST_P(BadRequestTest, IsRefusedBeforeAnythingIsSent) {
  SubscribeRequest request;
  GetParam().make(request);
  const auto result = Call(request);
  EXPECT_EQ(result.status.error_code(), GetParam().code)
      << result.status.error_message();
  EXPECT_THAT(result.status.error_message(),
              ::testing::HasSubstr(GetParam().text));
  EXPECT_FALSE(
      DetailOf<google::rpc::ErrorInfo>(result.status).reason().empty());
  EXPECT_TRUE(result.messages.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Requests, BadRequestTest,
    ::testing::Values(
        BadRequestCase{"NoOperation", [](SubscribeRequest&) {},
                       grpc::INVALID_ARGUMENT, "none is set"},
        BadRequestCase{"UnknownField",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         Unknown(request).AddVarint(57, 1);
                       },
                       grpc::UNIMPLEMENTED, "57"},
        BadRequestCase{"UnknownOption",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         Unknown(*request.mutable_options()).AddVarint(99, 1);
                       },
                       grpc::UNIMPLEMENTED, "99"},
        BadRequestCase{"TwoOperations",
                       [](SubscribeRequest& request) {
                         Unknown(request).AddLengthDelimited(10);
                         Unknown(request).AddLengthDelimited(11);
                       },
                       grpc::INVALID_ARGUMENT, "oneof"},
        BadRequestCase{"UnknownAccount",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         request.mutable_options()->set_account("nobody");
                       },
                       grpc::INVALID_ARGUMENT, "options.account"},
        BadRequestCase{
            "MissingPathField",
            [](SubscribeRequest& request) { request.mutable_get_payout(); },
            grpc::INVALID_ARGUMENT, "payment_reference"},
        BadRequestCase{"DottedPathField",
                       [](SubscribeRequest& request) {
                         request.mutable_get_payout()->set_payment_reference(
                             "..");
                       },
                       grpc::INVALID_ARGUMENT, "payment_reference"},
        BadRequestCase{"NegativePageSize",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         request.mutable_paging()->set_page_size(-1);
                       },
                       grpc::INVALID_ARGUMENT, "page_size"},
        BadRequestCase{"PageSizeAboveKlarnasMaximum",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         request.mutable_paging()->set_page_size(501);
                       },
                       grpc::INVALID_ARGUMENT, "500"},
        BadRequestCase{"ForgedResumeToken",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         request.mutable_paging()->set_resume_token("Zm9v");
                       },
                       grpc::INVALID_ARGUMENT, "resume_token"},
        BadRequestCase{"ResumeTokenForASingleEntity",
                       [](SubscribeRequest& request) {
                         request.mutable_get_payout()->set_payment_reference(
                             "PAYOUT00001");
                         request.mutable_paging()->set_resume_token("Zm9v");
                       },
                       grpc::INVALID_ARGUMENT, "not a list"},
        BadRequestCase{"TwoMegabytes",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts()->set_currency_code(
                             std::string(2 << 20, 'x'));
                       },
                       grpc::INVALID_ARGUMENT, "bytes"},
        BadRequestCase{"BrokenUtf8",
                       [](SubscribeRequest& request) {
                         // 10: list_payouts; in it 3: currency_code.
                         Unknown(request).AddLengthDelimited(10)->assign(
                             "\x1a\x02\xc3\x28");
                       },
                       grpc::INVALID_ARGUMENT, "UTF-8"},
        BadRequestCase{"UnknownTransformer",
                       [](SubscribeRequest& request) {
                         request.mutable_list_payouts();
                         request.mutable_options()->set_transformer("x");
                       },
                       grpc::INVALID_ARGUMENT, "options.transformer"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(SubscribeTest, TenMegabytesAreRefusedByGrpcItself) {
  SubscribeRequest request;
  request.mutable_list_payouts()->set_currency_code(std::string(10 << 20, 'x'));
  EXPECT_EQ(Call(request).status.error_code(), grpc::RESOURCE_EXHAUSTED);
}

TEST_F(SubscribeTest, AForeignResumeTokenIsRefused) {
  SubscribeRequest request = ListTransactions();
  request.mutable_paging()->set_single_page(true);
  const std::string token =
      Call(request).messages.back().batch().resume_token();
  SubscribeRequest other;
  other.mutable_list_transactions()->set_payment_reference("PAYOUT00002");
  other.mutable_paging()->set_resume_token(token);
  const auto result = Call(other);
  EXPECT_EQ(result.status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(result.status.error_message(),
              ::testing::HasSubstr("another account, operation or filter"));
}

TEST_F(SubscribeTest, ACancelledStreamLeavesTheServerUsable) {
  for (int i = 0; i < 20; ++i) {
    Call(ListTransactions(), [](const SubscribeResponse&) { return false; });
  }
  EXPECT_TRUE(Call(ListTransactions()).status.ok());
}

TEST_F(SubscribeTest, ShutdownEndsAStreamThatIsUnderWay) {
  auto sandbox = StartSandbox(Options(), clock_);
  auto gateway = std::make_unique<GatewayUnderTest>(sandbox->url());
  const auto channel = gateway->channel();
  const auto result = Subscribe<SubscribeResponse>(
      channel, kSettlements, ListTransactions(), [&](const SubscribeResponse&) {
        gateway.reset();
        return true;
      });
  EXPECT_FALSE(result.messages.empty());
}

}  // namespace
}  // namespace klarna::testing
