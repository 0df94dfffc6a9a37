// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/rest/status_details.h"
#include "tests/cases/case_file.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::cases {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;
using testing::EngineUnderTest;

// A case with where it comes from.
struct Tested {
  std::string label;
  std::string operation;
  std::string error;
  Case c;
};

std::vector<Tested> AllCases() {
  std::vector<Tested> all;
  for (const CaseFile& file : AllCaseFiles()) {
    if (!file.error.empty()) {
      all.push_back({file.label(), file.operation, file.error, {}});
    }
    for (const Case& c : file.cases.cases()) {
      all.push_back({file.label(), file.operation, "", c});
    }
  }
  return all;
}

// "Name: value".
http::Headers ParseHeaders(
    const google::protobuf::RepeatedPtrField<std::string>& lines) {
  http::Headers headers;
  for (const std::string& line : lines) {
    headers.push_back(absl::StrSplit(line, absl::MaxSplits(": ", 1)));
  }
  return headers;
}

testing::ScriptedAnswer ToScript(const Answer& answer) {
  return testing::Whole(answer.status(), answer.body(),
                        ParseHeaders(answer.headers()));
}

// An exchange's request as text, so that a difference reads well.
std::string Text(const Exchange& exchange) {
  std::string text = exchange.request_line();
  for (const std::string& header : exchange.headers()) {
    absl::StrAppend(&text, "\n", header);
  }
  return absl::StrCat(text, "\n\n", exchange.body());
}

// The same of what went out, without the headers that all calls share.
std::string Text(const http::HttpRequest& request) {
  std::string target = request.url;
  if (absl::StartsWith(target, EngineUnderTest::kBaseUri)) {
    target = target.substr(sizeof(EngineUnderTest::kBaseUri) - 1);
  }
  std::string text = absl::StrCat(request.method, " ", target);
  for (const auto& [name, value] : request.headers) {
    const bool shared = name == "Authorization" ||
                        (name == "User-Agent" && value == "klarna-gateway");
    if (!shared) absl::StrAppend(&text, "\n", name, ": ", value);
  }
  return absl::StrCat(text, "\n\n", request.body);
}

// An empty message of the packed type, or of the type named.
std::unique_ptr<google::protobuf::Message> NewMessage(const std::string& name) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          name);
  if (descriptor == nullptr) return nullptr;
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
}

// Takes the resume token out of a batch; it says nothing a reader could check.
void DropResumeToken(google::protobuf::Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName("batch");
  if (field == nullptr) return;
  google::protobuf::Message* batch =
      message.GetReflection()->MutableMessage(&message, field);
  static_cast<gateway::v1::Batch*>(batch)->clear_resume_token();
}

AssertionResult SameMessage(const google::protobuf::Any& expected,
                            const std::string& actual) {
  const std::string type(
      expected.type_url().substr(expected.type_url().rfind('/') + 1));
  auto want = NewMessage(type);
  auto got = NewMessage(type);
  if (want == nullptr || !want->ParseFromString(expected.value()) ||
      !got->ParseFromString(actual)) {
    return AssertionFailure() << "not a " << type;
  }
  DropResumeToken(*got);
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(*want, *got)) return AssertionSuccess();
  return AssertionFailure() << difference;
}

class CasesTest : public ::testing::TestWithParam<Tested> {
 protected:
  // Makes the call and keeps what came of it.
  void Serve() {
    const std::string& url = GetParam().c.request().type_url();
    const std::string type = url.substr(url.rfind('/') + 1);
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()
                                 ->FindMessageTypeByName(type);
    ASSERT_NE(descriptor, nullptr) << type;
    publish_ = descriptor->name() == "PublishRequest";
    for (const auto* service : engine_.routes().services()) {
      if (service->file()->package() == descriptor->file()->package()) {
        publish_ ? Publish(service->full_name())
                 : Subscribe(service->full_name());
      }
    }
  }

  void ExpectFailure(const Failure& failure) {
    EXPECT_EQ(absl::StatusCodeToString(status_.code()), failure.code())
        << status_;
    google::rpc::ErrorInfo info;
    rest::GetDetail(status_, info);
    EXPECT_EQ(info.reason(), failure.reason());
    gateway::v1::Outcome outcome;
    EXPECT_EQ(rest::GetDetail(status_, outcome), publish_);
    EXPECT_EQ(publish_ ? gateway::v1::Verdict_Name(outcome.verdict()) : "",
              failure.verdict());
    google::rpc::BadRequest bad_request;
    rest::GetDetail(status_, bad_request);
    std::vector<std::string> fields;
    for (const auto& violation : bad_request.field_violations()) {
      fields.push_back(violation.field());
    }
    EXPECT_THAT(fields,
                ::testing::ElementsAreArray(failure.field_violations()));
  }

  EngineUnderTest engine_;
  bool publish_ = false;
  absl::Status status_ = absl::UnknownError("the call did not end");
  std::vector<std::string> messages_;

 private:
  void Publish(const std::string& service) {
    const auto caller =
        engine_.Publish(service, GetParam().c.request().value());
    engine_.Continue(*caller);
    if (!caller->finished()) return;
    status_ = caller->status();
    if (status_.ok()) messages_.push_back(caller->message());
  }

  void Subscribe(const std::string& service) {
    testing::Streamed streamed =
        engine_.Subscribe(service, GetParam().c.request().value());
    if (streamed.status) status_ = *streamed.status;
    messages_ = std::move(streamed.messages);
  }
};

TEST_P(CasesTest, GoesOverTheWireAsWritten) {
  const Case& c = GetParam().c;
  ASSERT_EQ(GetParam().error, "") << GetParam().label;
  for (const Exchange& exchange : c.exchanges()) {
    engine_.transport().Answer(ToScript(exchange.answer()));
  }
  Serve();

  const auto& requests = engine_.transport().requests();
  ASSERT_EQ(requests.size(), static_cast<size_t>(c.exchanges_size()));
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(Text(requests[i]), Text(c.exchanges(static_cast<int>(i))));
    EXPECT_EQ(http::FindHeader(requests[i].headers, "Authorization"),
              EngineUnderTest::kAuthorization);
    EXPECT_EQ(requests[i].mutation, publish_ && requests[i].method != "GET");
  }
  ASSERT_EQ(messages_.size(), static_cast<size_t>(c.responses_size()))
      << status_;
  for (size_t i = 0; i < messages_.size(); ++i) {
    EXPECT_TRUE(SameMessage(c.responses(static_cast<int>(i)), messages_[i]));
  }
  if (c.has_failure()) {
    ExpectFailure(c.failure());
  } else {
    EXPECT_TRUE(status_.ok()) << status_;
  }
}

// A file is about the operation that it is named after.
TEST_P(CasesTest, IsOfTheOperationOfItsFile) {
  const google::protobuf::Any& any = GetParam().c.request();
  const auto request =
      NewMessage(any.type_url().substr(any.type_url().rfind('/') + 1));
  ASSERT_NE(request, nullptr) << GetParam().error;
  ASSERT_TRUE(request->ParseFromString(any.value()));
  const auto* operation = request->GetReflection()->GetOneofFieldDescriptor(
      *request, request->GetDescriptor()->FindOneofByName("operation"));
  ASSERT_NE(operation, nullptr);
  EXPECT_EQ(operation->name(), GetParam().operation);
}

INSTANTIATE_TEST_SUITE_P(Operations, CasesTest, ::testing::ValuesIn(AllCases()),
                         [](const auto& tested) {
                           return absl::StrCat(
                               absl::StrReplaceAll(tested.param.label,
                                                   {{".", "_"}}),
                               "_", tested.param.c.name());
                         });

}  // namespace
}  // namespace klarna::cases
