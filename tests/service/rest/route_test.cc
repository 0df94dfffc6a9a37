// SPDX-License-Identifier: Apache-2.0
#include "service/rest/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "klarna/gateway/v1/raw.pb.h"
#include "klarna/rest/v1/rest.pb.h"

namespace klarna::rest {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FailOnError : public DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string&, const std::string& element,
                const google::protobuf::Message*, ErrorLocation,
                const std::string& message) override {
    ADD_FAILURE() << element << ": " << message;
  }
};

void SetType(const std::string& type, FieldDescriptorProto& field) {
  static const std::map<std::string, FieldDescriptorProto::Type> kScalars = {
      {"string", FieldDescriptorProto::TYPE_STRING},
      {"int64", FieldDescriptorProto::TYPE_INT64},
      {"bool", FieldDescriptorProto::TYPE_BOOL},
      {"bytes", FieldDescriptorProto::TYPE_BYTES},
  };
  if (auto scalar = kScalars.find(type); scalar != kScalars.end()) {
    field.set_type(scalar->second);
    return;
  }
  const bool foreign =
      type == "Content" || type == "Batch" || type == "RawCall";
  field.set_type(FieldDescriptorProto::TYPE_MESSAGE);
  field.set_type_name(absl::StrCat(
      foreign ? ".klarna.gateway.v1." : ".klarna.test_domain.v1.", type));
}

// Adds the fields of "repeated string ids; Item meta @Header; int64 n =json".
// Their numbers count up from 1.
void AddFields(const std::string& fields, DescriptorProto& message) {
  for (absl::string_view text :
       absl::StrSplit(fields, "; ", absl::SkipEmpty())) {
    std::vector<std::string> words = absl::StrSplit(text, ' ');
    FieldDescriptorProto& field = *message.add_field();
    field.set_number(message.field_size());
    field.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    if (words[0] == "repeated") {
      field.set_label(FieldDescriptorProto::LABEL_REPEATED);
      words.erase(words.begin());
    }
    SetType(words.at(0), field);
    field.set_name(words.at(1));
    if (words.size() < 3) continue;
    if (words[2][0] == '@') {
      field.mutable_options()->SetExtension(v1::header, words[2].substr(1));
    } else {
      field.set_json_name(words[2].substr(1));
    }
  }
}

void AddMessage(const std::string& name, const std::string& fields,
                const std::string& oneof, FileDescriptorProto& file) {
  DescriptorProto& message = *file.add_message_type();
  message.set_name(name);
  AddFields(fields, message);
  if (oneof.empty()) return;
  message.add_oneof_decl()->set_name(oneof);
  for (FieldDescriptorProto& field : *message.mutable_field()) {
    if (field.name() != "batch") field.set_oneof_index(0);
  }
}

// A service whose one operation is the message Call, with this rule and these
// fields.
class TestService {
 public:
  explicit TestService(const std::string& rule, const std::string& fields = "")
      : pool_(DescriptorPool::generated_pool()) {
    FileDescriptorProto file;
    file.set_name("test.proto");
    file.set_syntax("proto3");
    file.set_package("klarna.test_domain.v1");
    file.add_dependency(gateway::v1::Content::descriptor()->file()->name());
    file.add_dependency(gateway::v1::RawCall::descriptor()->file()->name());
    AddMessage("Item", "string id", "", file);
    AddMessage("Page", "string next; int64 total; repeated Page pages", "",
               file);
    AddMessage("List", "repeated Item items; Page page; repeated string words",
               "", file);
    AddMessage("SubscribeRequest", "RawCall raw; Call call", "operation", file);
    AddMessage("SubscribeResponse",
               "Batch batch; List list; Item item; Content file; string text; "
               "Item other_item",
               "result", file);
    AddMessage("Call", fields, "", file);
    if (!rule.empty()) {
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
          rule, file.mutable_message_type(file.message_type_size() - 1)
                    ->mutable_options()
                    ->MutableExtension(v1::rest)))
          << rule;
    }
    auto* service = file.add_service();
    service->set_name("TestService");
    auto* subscribe = service->add_method();
    subscribe->set_name("Subscribe");
    subscribe->set_input_type("SubscribeRequest");
    subscribe->set_output_type("SubscribeResponse");
    FailOnError errors;
    const FileDescriptor* built =
        pool_.BuildFileCollectingErrors(file, &errors);
    if (built != nullptr) service_ = built->service(0);
  }

  absl::StatusOr<std::unique_ptr<RouteTable>> Compile() const {
    return RouteTable::Compile({service_});
  }

 private:
  DescriptorPool pool_;
  const google::protobuf::ServiceDescriptor* service_ = nullptr;
};

const Method& SubscribeOf(const RouteTable& routes) {
  return *routes.Find("klarna.test_domain.v1.TestService", "Subscribe");
}

TEST(RouteTest, RuleThatDoesNotCompileNamesMessageAndProblem) {
  struct Case {
    std::string rule;
    std::string fields;
    std::string problem;
  };
  const Case cases[] = {
      {"", "", "has no rule"},
      {R"(body: "x")", "", "has no rule"},
      {R"(get: "/a?b=1")", "", "neither a literal nor a {variable}"},
      {R"(get: "/a/{id}")", "", "path variable {id} is not a string field"},
      {R"(get: "/a/{id}")", "int64 id",
       "path variable {id} is not a string field"},
      {R"(get: "/a/{id}")", "repeated string id",
       "path variable {id} is not a string field"},
      {R"(get: "/a/{id}")", "bytes id", "cannot become part of a REST call"},
      {R"(post: "/a" body: "b")", "Item item",
       "item: a message can only be the body"},
      {R"(post: "/a" body: "b")", "string item", "body \"b\" is not a field"},
      {R"(post: "/a" body: "b")", "string b", "body \"b\" is not a message"},
      {R"(post: "/a" body: "b")", "repeated Item b",
       "b: a message can only be the body"},
      {R"(post: "/a" body: "b" multipart: true)", "Item b",
       "both body and multipart"},
      {R"(get: "/a")", "Item query", "query: a message can only be the body"},
      {R"(get: "/a")", "Content file", "file: a message can only be the body"},
      {R"(get: "/a")", "repeated Item meta @Meta",
       "meta: a message can only be the body"},
      {R"(get: "/a")", "repeated string meta @Meta",
       "meta: a header cannot be repeated"},
      {R"(post: "/a" multipart: true)", "Item part",
       "part: a message can only be the body"},
      {R"(get: "/a" result: "none")", "",
       "result \"none\" is not a message of"},
      {R"(get: "/a" result: "text")", "",
       "result \"text\" is not a message of"},
      {R"(get: "/a" result: "batch")", "",
       "result \"batch\" is not a message of"},
      {R"(get: "/a" result: "item" status_results {
            status: 201 result: "none" })",
       "", "result \"none\" is not a message of"},
      {R"(get: "/a" result: "list" paging { items: "none" })", "",
       "paging.items \"none\" is not a repeated message"},
      {R"(get: "/a" result: "list" paging { items: "words" })", "",
       "paging.items \"words\" is not a repeated message"},
      {R"(get: "/a" result: "list" paging { items: "page" })", "",
       "paging.items \"page\" is not a repeated message"},
      {R"(get: "/a" result: "file" paging { items: "items" })", "",
       "paging.items \"items\" is not a repeated message"},
      {R"(get: "/a" paging { items: "items" })", "",
       "paging.items \"items\" is not a repeated message"},
      {R"(get: "/a" result: "list" paging {
            items: "items" total: "page.none" })",
       "", "paging path \"page.none\" has no field none"},
      {R"(get: "/a" result: "list" paging {
            items: "items" total: "page.total.more" })",
       "", "paging path \"page.total.more\" has no field more"},
      {R"(get: "/a" result: "list" paging {
            items: "items" next: "page.pages.next" })",
       "", "paging path \"page.pages.next\" has no field pages"},
      {R"(get: "/a" result: "list" paging {
            items: "items" total: "page.next" })",
       "", "paging path \"page.next\" ends at a field of another type"},
      {R"(get: "/a" result: "list" paging {
            items: "items" cursor: "after" next_cursor: "page.total" })",
       "", "paging path \"page.total\" ends at a field of another type"},
      {R"(get: "/a" result: "list" paging {
            items: "items" next: "page.total" })",
       "", "paging path \"page.total\" ends at a field of another type"},
      {R"(get: "/a" result: "list" paging {
            items: "items" cursor: "after" })",
       "", "paging.cursor needs next_cursor"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.rule, " ", c.fields));
    const auto routes = TestService(c.rule, c.fields).Compile();
    ASSERT_FALSE(routes.ok());
    EXPECT_EQ(routes.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(routes.status().message());
    EXPECT_THAT(message, HasSubstr("klarna.test_domain.v1.Call"));
    EXPECT_THAT(message, HasSubstr(c.problem));
  }
}

TEST(RouteTest, CompilesARuleWithEveryWord) {
  const TestService service(
      R"(patch: "/a/{first_id}/b/{second_id}"
         body: "item"
         content_type: "application/x-item+json"
         accept: "application/y"
         result: "item"
         status_results { status: 202 result: "other_item" }
         idempotency: IDEMPOTENCY_KEYED
         created_id_header: "Item-Id")",
      "string second_id; string first_id; Item item; int64 size =page[size]; "
      "repeated bool flags; string partner @Partner-Id; Item meta @Meta; "
      "string snake_case");
  const auto routes = service.Compile();
  ASSERT_TRUE(routes.ok()) << routes.status();
  const Method& method = SubscribeOf(**routes);
  EXPECT_EQ(method.raw_field, 1);
  ASSERT_EQ(method.routes.size(), 1u);
  const Route& route = method.routes.at(2);
  EXPECT_EQ(route.service, "klarna.test_domain.v1.TestService");
  EXPECT_EQ(route.domain, "test_domain");
  EXPECT_EQ(route.operation, "call");
  EXPECT_EQ(route.label, "test_domain.call");
  EXPECT_EQ(route.field, 2);
  EXPECT_EQ(route.method, "PATCH");
  EXPECT_THAT(route.path.variables(), ElementsAre("first_id", "second_id"));
  EXPECT_EQ(route.content_type, "application/x-item+json");
  EXPECT_EQ(route.accept, "application/y");
  EXPECT_TRUE(route.has_body);
  EXPECT_FALSE(route.multipart);
  EXPECT_EQ(route.idempotency, v1::IDEMPOTENCY_KEYED);
  EXPECT_EQ(route.created_id_header, "Item-Id");
  EXPECT_EQ(route.ResultFor(200)->field, 3);
  EXPECT_EQ(route.ResultFor(202)->field, 6);
  EXPECT_EQ(route.ResultFor(200)->kind, ResultField::Kind::kEntity);
}

TEST(RouteTest, KnowsWhereEachFieldGoes) {
  const TestService service(
      R"(post: "/a/{id}" body: "item")",
      "string id; Item item; int64 size =page[size]; repeated bool flags; "
      "string partner @Partner-Id; Item meta @Meta; string snake_case");
  const auto routes = service.Compile();
  ASSERT_TRUE(routes.ok()) << routes.status();
  using Place = Binding::Place;
  using Kind = Binding::Kind;
  std::map<std::string, std::pair<Place, Kind>> bindings;
  for (const Binding& binding : SubscribeOf(**routes).routes.at(2).bindings) {
    bindings[binding.name] = {binding.place, binding.kind};
  }
  const std::map<std::string, std::pair<Place, Kind>> expected = {
      {"id", {Place::kPath, Kind::kString}},
      {"item", {Place::kBody, Kind::kMessage}},
      {"page[size]", {Place::kQuery, Kind::kInteger}},
      {"flags", {Place::kQuery, Kind::kBool}},
      {"Partner-Id", {Place::kHeader, Kind::kString}},
      {"Meta", {Place::kHeader, Kind::kMessage}},
      {"snake_case", {Place::kQuery, Kind::kString}},
  };
  EXPECT_EQ(bindings, expected);
}

TEST(RouteTest, FillsInMediaTypes) {
  struct Case {
    std::string rule;
    std::string accept;
  };
  const Case cases[] = {
      {R"(get: "/a" result: "item")", "application/json"},
      {R"(get: "/a" result: "file")", "*/*"},
      {R"(get: "/a" result: "file" accept: "text/csv")", "text/csv"},
      {R"(delete: "/a")", "application/json"},
  };
  for (const Case& c : cases) {
    const TestService service(c.rule);
    const auto routes = service.Compile();
    ASSERT_TRUE(routes.ok()) << routes.status();
    const Route& route = SubscribeOf(**routes).routes.at(2);
    EXPECT_EQ(route.accept, c.accept) << c.rule;
    EXPECT_EQ(route.content_type, "application/json");
  }
}

TEST(RouteTest, OperationWithoutResultHasNone) {
  const TestService service(R"(delete: "/a")");
  const auto routes = service.Compile();
  ASSERT_TRUE(routes.ok()) << routes.status();
  EXPECT_EQ(SubscribeOf(**routes).routes.at(2).ResultFor(204), nullptr);
}

class LinkedRoutesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto routes = RouteTable::Compile(LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = *std::move(routes);
  }

  const Route& Get(const std::string& service, const std::string& rpc,
                   const std::string& operation) {
    for (const auto& [field, route] : routes_->Find(service, rpc)->routes) {
      if (route.operation == operation) return route;
    }
    ADD_FAILURE() << "no operation " << operation;
    static const Route none;
    return none;
  }

  std::unique_ptr<RouteTable> routes_;
};

TEST_F(LinkedRoutesTest, All63OperationsCompile) {
  size_t reads = 0;
  size_t writes = 0;
  for (const auto* service : routes_->services()) {
    const Method* subscribe = routes_->Find(service->full_name(), "Subscribe");
    const Method* publish = routes_->Find(service->full_name(), "Publish");
    ASSERT_NE(subscribe, nullptr) << service->full_name();
    ASSERT_NE(publish, nullptr) << service->full_name();
    EXPECT_NE(subscribe->raw_field, 0);
    EXPECT_NE(publish->raw_field, 0);
    reads += subscribe->routes.size();
    writes += publish->routes.size();
  }
  EXPECT_EQ(routes_->services().size(), 9u);
  EXPECT_EQ(reads, 25u);
  EXPECT_EQ(writes, 38u);
}

TEST_F(LinkedRoutesTest, NoTwoOperationsShareARestCallOrALabel) {
  std::map<std::string, std::string> calls;
  std::map<std::string, std::string> labels;
  for (const auto* service : routes_->services()) {
    for (const char* rpc : {"Subscribe", "Publish"}) {
      for (const auto& [field, route] :
           routes_->Find(service->full_name(), rpc)->routes) {
        const std::string call =
            absl::StrCat(route.method, " ", route.path.text());
        EXPECT_TRUE(calls.emplace(call, route.label).second)
            << call << ": " << route.label << " and " << calls[call];
        labels.emplace(absl::StrCat(route.label, " ", rpc), call);
      }
    }
  }
  EXPECT_EQ(labels.size(), 63u);
}

TEST_F(LinkedRoutesTest, EveryWriteSaysWhatAResendMeans) {
  for (const auto* service : routes_->services()) {
    for (const auto& [field, route] :
         routes_->Find(service->full_name(), "Publish")->routes) {
      EXPECT_NE(route.idempotency, v1::IDEMPOTENCY_UNSPECIFIED) << route.label;
    }
    for (const auto& [field, route] :
         routes_->Find(service->full_name(), "Subscribe")->routes) {
      EXPECT_EQ(route.idempotency, v1::IDEMPOTENCY_UNSPECIFIED) << route.label;
    }
  }
}

TEST_F(LinkedRoutesTest, KnowsTheFourDialectsOfPaging) {
  const ListPaging& offset = Get("klarna.settlements.v1.SettlementsService",
                                 "Subscribe", "list_payouts")
                                 .paging;
  EXPECT_EQ(offset.offset_parameter, "offset");
  EXPECT_EQ(offset.size_parameter, "size");
  EXPECT_EQ(offset.max_size, 500);
  EXPECT_EQ(offset.total.size(), 2u);
  EXPECT_EQ(offset.echoed_offset.size(), 2u);

  const ListPaging& cursor =
      Get("klarna.disputes.v4.DisputesService", "Subscribe", "list_disputes")
          .paging;
  EXPECT_EQ(cursor.cursor_parameter, "starting_after");
  EXPECT_TRUE(cursor.offset_parameter.empty());
  EXPECT_EQ(cursor.next.size(), 3u);
  EXPECT_FALSE(cursor.next_cursor.empty());

  const Route& array = Get("klarna.order_management.v1.OrderManagementService",
                           "Subscribe", "list_captures");
  EXPECT_TRUE(array.paging.top_level_array);
  EXPECT_EQ(array.result.kind, ResultField::Kind::kList);

  EXPECT_EQ(Get("klarna.order_management.v1.OrderManagementService",
                "Subscribe", "get_order")
                .result.kind,
            ResultField::Kind::kEntity);
  EXPECT_EQ(Get("klarna.settlements.v1.SettlementsService", "Subscribe",
                "get_payout_report")
                .result.kind,
            ResultField::Kind::kContent);
}

TEST_F(LinkedRoutesTest, FindsNothingForUnknownNames) {
  EXPECT_EQ(routes_->Find("klarna.settlements.v1.SettlementsService", "Get"),
            nullptr);
  EXPECT_EQ(routes_->Find("klarna.none.v1.NoneService", "Subscribe"), nullptr);
}

}  // namespace
}  // namespace klarna::rest
