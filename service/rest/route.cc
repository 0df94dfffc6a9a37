// SPDX-License-Identifier: Apache-2.0
#include "service/rest/route.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor_database.h"
#include "service/rest/read_back.h"

namespace klarna::rest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr absl::string_view kContentType = "klarna.gateway.v1.Content";
constexpr absl::string_view kRawCallType = "klarna.gateway.v1.RawCall";

std::string JsonName(const FieldDescriptor& field) {
  return field.has_json_name() ? field.json_name() : field.name();
}

bool IsContent(const Descriptor* type) {
  return type != nullptr && type->full_name() == kContentType;
}

absl::StatusOr<Binding::Kind> KindOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_STRING) {
        return Binding::Kind::kString;
      }
      break;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return Binding::Kind::kInteger;
    case FieldDescriptor::CPPTYPE_BOOL:
      return Binding::Kind::kBool;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Binding::Kind::kMessage;
    default:
      break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("field ", field.name(), " of type ", field.type_name(),
                   " cannot become part of a REST call"));
}

// Compiles one operation. `error` texts are prefixed with the message's name by
// the caller.
class RouteCompiler {
 public:
  RouteCompiler(const json::Schema& schema, const FieldDescriptor& operation,
                const Descriptor& response)
      : schema_(schema),
        operation_(operation),
        message_(*operation.message_type()),
        response_(response),
        rule_(message_.options().GetExtension(v1::rest)) {}

  absl::StatusOr<Route> Compile() {
    route_.operation = operation_.name();
    route_.field = operation_.number();
    route_.table = schema_.Find(&message_);
    route_.has_body = !rule_.body().empty();
    route_.multipart = rule_.multipart();
    route_.idempotency = rule_.idempotency();
    route_.quota = rule_.quota();
    route_.created_id_header = rule_.created_id_header();
    route_.created_id_member = rule_.created_id_member();
    for (auto step :
         {&RouteCompiler::CompilePattern, &RouteCompiler::CompileBindings,
          &RouteCompiler::CompileResults, &RouteCompiler::CompilePaging,
          &RouteCompiler::CompileMediaTypes}) {
      if (absl::Status status = (this->*step)(); !status.ok()) return status;
    }
    return std::move(route_);
  }

 private:
  absl::Status CompilePattern() {
    std::string text;
    switch (rule_.pattern_case()) {
      case v1::RestRule::kGet:
        route_.method = "GET", text = rule_.get();
        break;
      case v1::RestRule::kPut:
        route_.method = "PUT", text = rule_.put();
        break;
      case v1::RestRule::kPost:
        route_.method = "POST", text = rule_.post();
        break;
      case v1::RestRule::kDelete:
        route_.method = "DELETE", text = rule_.delete_();
        break;
      case v1::RestRule::kPatch:
        route_.method = "PATCH", text = rule_.patch();
        break;
      case v1::RestRule::PATTERN_NOT_SET:
        return absl::InvalidArgumentError("has no rule (klarna.rest.v1.rest)");
    }
    absl::StatusOr<PathTemplate> path = PathTemplate::Compile(text);
    if (!path.ok()) return path.status();
    route_.path = *std::move(path);
    return absl::OkStatus();
  }

  absl::Status CompileBindings() {
    for (int i = 0; i < message_.field_count(); ++i) {
      const FieldDescriptor& field = *message_.field(i);
      absl::StatusOr<Binding> binding = CompileBinding(field);
      if (!binding.ok()) return binding.status();
      route_.bindings.push_back(*std::move(binding));
    }
    for (const std::string& variable : route_.path.variables()) {
      const FieldDescriptor* field = message_.FindFieldByName(variable);
      if (field == nullptr || field->is_repeated() ||
          field->type() != FieldDescriptor::TYPE_STRING) {
        return absl::InvalidArgumentError(absl::StrCat(
            "path variable {", variable, "} is not a string field"));
      }
    }
    if (route_.has_body && message_.FindFieldByName(rule_.body()) == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("body \"", rule_.body(), "\" is not a field"));
    }
    if (route_.has_body && route_.multipart) {
      return absl::InvalidArgumentError("has both body and multipart");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Binding> CompileBinding(const FieldDescriptor& field) {
    absl::StatusOr<Binding::Kind> kind = KindOf(field);
    if (!kind.ok()) return kind.status();
    Binding binding;
    binding.kind = *kind;
    binding.field = field.number();
    binding.field_name = field.name();
    binding.name = JsonName(field);
    binding.repeated = field.is_repeated();
    binding.place = PlaceOf(field);
    if (binding.place == Binding::Place::kHeader) {
      binding.name = field.options().GetExtension(v1::header);
      if (binding.repeated && binding.kind != Binding::Kind::kMessage) {
        return absl::InvalidArgumentError(absl::StrCat(
            "field ", field.name(), ": a header cannot be repeated"));
      }
    }
    if (binding.kind == Binding::Kind::kMessage) {
      binding.table = schema_.Find(field.message_type());
      binding.file = binding.place == Binding::Place::kPart &&
                     IsContent(field.message_type());
      const bool fits = binding.place == Binding::Place::kBody ||
                        binding.place == Binding::Place::kHeader ||
                        binding.file;
      if (!fits || binding.repeated) {
        return absl::InvalidArgumentError(
            absl::StrCat("field ", field.name(),
                         ": a message can only be the "
                         "body, a header or a file"));
      }
    } else if (binding.place == Binding::Place::kBody) {
      return absl::InvalidArgumentError(
          absl::StrCat("body \"", field.name(), "\" is not a message"));
    }
    return binding;
  }

  Binding::Place PlaceOf(const FieldDescriptor& field) const {
    const std::vector<std::string>& variables = route_.path.variables();
    if (std::count(variables.begin(), variables.end(), field.name())) {
      return Binding::Place::kPath;
    }
    if (field.name() == rule_.body()) return Binding::Place::kBody;
    if (!field.options().GetExtension(v1::header).empty()) {
      return Binding::Place::kHeader;
    }
    return route_.multipart ? Binding::Place::kPart : Binding::Place::kQuery;
  }

  absl::Status CompileResults() {
    route_.has_result = !rule_.result().empty();
    if (route_.has_result) {
      absl::StatusOr<ResultField> result = CompileResult(rule_.result());
      if (!result.ok()) return result.status();
      route_.result = *result;
    }
    for (const v1::StatusResult& entry : rule_.status_results()) {
      absl::StatusOr<ResultField> result = CompileResult(entry.result());
      if (!result.ok()) return result.status();
      route_.status_results[entry.status()] = *result;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ResultField> CompileResult(const std::string& name) {
    const FieldDescriptor* field = response_.FindFieldByName(name);
    if (field == nullptr || field->containing_oneof() == nullptr ||
        field->message_type() == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("result \"", name, "\" is not a message of ",
                       response_.full_name(), "'s result"));
    }
    ResultField result;
    result.field = field->number();
    if (IsContent(field->message_type())) {
      result.kind = ResultField::Kind::kContent;
      return result;
    }
    result.kind = rule_.has_paging() ? ResultField::Kind::kList
                                     : ResultField::Kind::kEntity;
    result.table = schema_.Find(field->message_type());
    result_message_ = field->message_type();
    return result;
  }

  absl::Status CompilePaging() {
    if (!rule_.has_paging()) return absl::OkStatus();
    const v1::Paging& paging = rule_.paging();
    ListPaging& out = route_.paging;
    const FieldDescriptor* items =
        result_message_ ? result_message_->FindFieldByName(paging.items())
                        : nullptr;
    if (items == nullptr || !items->is_repeated() ||
        items->message_type() == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("paging.items \"", paging.items(),
                       "\" is not a repeated message of the result"));
    }
    out.items_field = items->number();
    out.top_level_array = paging.top_level_array();
    out.offset_parameter = paging.offset();
    out.size_parameter = paging.size();
    out.cursor_parameter = paging.cursor();
    out.max_size = paging.max_size();
    using Kind = Binding::Kind;
    const std::tuple<const std::string&, std::vector<Kind>, FieldPath&>
        paths[] = {
            {paging.next_cursor(), {Kind::kString}, out.next_cursor},
            // Only its presence counts.
            {paging.next(), {Kind::kString, Kind::kMessage}, out.next},
            {paging.total(), {Kind::kInteger}, out.total},
            {paging.echoed_offset(), {Kind::kInteger}, out.echoed_offset}};
    for (const auto& [text, kinds, path] : paths) {
      absl::Status status = CompilePagingPath(text, kinds, path);
      if (!status.ok()) return status;
    }
    if (!out.cursor_parameter.empty() && out.next_cursor.empty()) {
      return absl::InvalidArgumentError("paging.cursor needs next_cursor");
    }
    return absl::OkStatus();
  }

  absl::Status CompilePagingPath(const std::string& text,
                                 absl::Span<const Binding::Kind> kinds,
                                 FieldPath& path) {
    if (text.empty()) return absl::OkStatus();
    absl::StatusOr<CompiledFieldPath> compiled =
        CompileFieldPath(*result_message_, text);
    if (!compiled.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("paging ", compiled.status().message()));
    }
    absl::StatusOr<Binding::Kind> found = KindOf(*compiled->end);
    if (!found.ok() ||
        std::find(kinds.begin(), kinds.end(), *found) == kinds.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "paging path \"", text, "\" ends at a field of another type"));
    }
    path = std::move(compiled->path);
    return absl::OkStatus();
  }

  absl::Status CompileMediaTypes() {
    route_.content_type = rule_.content_type().empty() ? "application/json"
                                                       : rule_.content_type();
    const bool content =
        route_.has_result && route_.result.kind == ResultField::Kind::kContent;
    route_.accept = !rule_.accept().empty() ? rule_.accept()
                    : content               ? "*/*"
                                            : "application/json";
    return absl::OkStatus();
  }

  const json::Schema& schema_;
  const FieldDescriptor& operation_;
  const Descriptor& message_;
  const Descriptor& response_;
  const v1::RestRule& rule_;
  const Descriptor* result_message_ = nullptr;
  Route route_;
};

// "settlements" of "klarna.settlements.v1".
std::string DomainOf(const ServiceDescriptor& service) {
  std::vector<std::string> parts =
      absl::StrSplit(service.file()->package(), '.');
  return parts.size() == 3 ? parts[1] : service.file()->package();
}

std::string LabelOf(const ServiceDescriptor& service,
                    const FieldDescriptor& operation) {
  return absl::StrCat(DomainOf(service), ".", operation.name());
}

bool IsRaw(const FieldDescriptor& operation) {
  return operation.message_type()->full_name() == kRawCallType;
}

int NumberOf(const Descriptor& message, const char* name) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  return field == nullptr ? 0 : field->number();
}

Envelope CompileEnvelope(const Descriptor& request,
                         const Descriptor& response) {
  return {.options = NumberOf(request, "options"),
          .paging = NumberOf(request, "paging"),
          .request_id = NumberOf(request, "request_id"),
          .first_attempt_at = NumberOf(request, "first_attempt_at"),
          .request_unmapped = NumberOf(request, "unmapped"),
          .batch = NumberOf(response, "batch"),
          .outcome = NumberOf(response, "outcome"),
          .response_unmapped = NumberOf(response, "unmapped"),
          .rest_call = NumberOf(response, "rest_call")};
}

absl::StatusOr<Method> CompileMethod(const json::Schema& schema,
                                     const MethodDescriptor& descriptor) {
  Method method;
  method.descriptor = &descriptor;
  method.request = schema.Find(descriptor.input_type());
  method.envelope =
      CompileEnvelope(*descriptor.input_type(), *descriptor.output_type());
  const OneofDescriptor* operations =
      descriptor.input_type()->FindOneofByName("operation");
  if (operations == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        descriptor.input_type()->full_name(), " has no oneof operation"));
  }
  for (int i = 0; i < operations->field_count(); ++i) {
    const FieldDescriptor& field = *operations->field(i);
    if (IsRaw(field)) {
      method.raw_field = field.number();
      continue;
    }
    absl::StatusOr<Route> route =
        RouteCompiler(schema, field, *descriptor.output_type()).Compile();
    if (!route.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          field.message_type()->full_name(), ": ", route.status().message()));
    }
    route->service = descriptor.service()->full_name();
    route->domain = DomainOf(*descriptor.service());
    route->label = LabelOf(*descriptor.service(), field);
    method.routes.emplace(field.number(), *std::move(route));
  }
  return method;
}

void AddOnce(const std::string& text, std::vector<std::string>& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
    texts.push_back(text);
  }
}

// Takes note of what the operations of one method say.
void CollectRawRules(const Method& method, RawRules& rules) {
  for (const auto& [field, route] : method.routes) {
    const std::vector<std::string> segments =
        absl::StrSplit(route.path.text(), '/');
    AddOnce(segments[1], rules.path_roots);
    for (const Binding& binding : route.bindings) {
      if (binding.place == Binding::Place::kHeader) {
        AddOnce(binding.name, rules.headers);
      }
    }
  }
  std::sort(rules.path_roots.begin(), rules.path_roots.end());
  std::sort(rules.headers.begin(), rules.headers.end());
}

void CompileRaw(const RawRules& rules, Method& method) {
  const ServiceDescriptor& service = *method.descriptor->service();
  method.raw_rules = rules;
  method.raw_rules.methods =
      method.descriptor->server_streaming()
          ? std::vector<std::string>{"GET"}
          : std::vector<std::string>{"POST", "PUT", "PATCH", "DELETE"};
  Route& route = method.raw;
  route.service = service.full_name();
  route.domain = DomainOf(service);
  route.operation = "raw";
  route.label = absl::StrCat(route.domain, ".raw");
  route.field = method.raw_field;
  route.table = method.request;
  route.has_result = true;
  route.result.kind = ResultField::Kind::kRaw;
  route.result.field = NumberOf(*method.descriptor->output_type(), "raw");
  route.idempotency = v1::IDEMPOTENCY_NEVER;
}

// Joins the changes of a service to the reads that tell of them.
absl::Status LinkReadBacks(const Method& subscribe, Method& publish) {
  const Descriptor& request = *publish.descriptor->input_type();
  for (auto& [field, route] : publish.routes) {
    const Descriptor& change =
        *request.FindFieldByNumber(field)->message_type();
    const v1::RestRule& rule = change.options().GetExtension(v1::rest);
    if (!rule.has_read_back()) {
      if (rule.idempotency() != v1::IDEMPOTENCY_READ_BACK) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(change.full_name(), ": has no read_back"));
    }
    absl::StatusOr<ReadBack> read_back =
        CompileReadBack(rule.read_back(), change, subscribe);
    if (!read_back.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(change.full_name(), ": ", read_back.status().message()));
    }
    route.read_back = std::make_shared<const ReadBack>(*std::move(read_back));
  }
  return absl::OkStatus();
}

}  // namespace

const ResultField* Route::ResultFor(int http_status) const {
  if (auto it = status_results.find(http_status); it != status_results.end()) {
    return &it->second;
  }
  return has_result ? &result : nullptr;
}

absl::StatusOr<std::unique_ptr<RouteTable>> RouteTable::Compile(
    absl::Span<const ServiceDescriptor* const> services) {
  auto table = std::make_unique<RouteTable>();
  table->services_.assign(services.begin(), services.end());
  std::vector<const Descriptor*> roots;
  for (const ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      roots.push_back(service->method(i)->input_type());
      roots.push_back(service->method(i)->output_type());
    }
  }
  absl::StatusOr<std::unique_ptr<json::Schema>> schema =
      json::Schema::Compile(roots);
  if (!schema.ok()) return schema.status();
  table->schema_ = *std::move(schema);
  for (const ServiceDescriptor* service : services) {
    std::vector<Method> methods;
    RawRules raw_rules;
    for (int i = 0; i < service->method_count(); ++i) {
      absl::StatusOr<Method> method =
          CompileMethod(*table->schema_, *service->method(i));
      if (!method.ok()) return method.status();
      CollectRawRules(*method, raw_rules);
      methods.push_back(*std::move(method));
    }
    for (Method& method : methods) {
      CompileRaw(raw_rules, method);
      std::string name = method.descriptor->full_name();
      table->methods_.emplace(std::move(name), std::move(method));
    }
  }
  // The routes stay where they are from here on.
  for (const ServiceDescriptor* service : services) {
    const auto find = [&](const char* rpc) {
      return table->methods_.find(absl::StrCat(service->full_name(), ".", rpc));
    };
    const auto subscribe = find("Subscribe"), publish = find("Publish");
    const auto none = table->methods_.end();
    if (subscribe == none || publish == none) continue;
    absl::Status status = LinkReadBacks(subscribe->second, publish->second);
    if (!status.ok()) return status;
  }
  return table;
}

const Method* RouteTable::Find(absl::string_view service,
                               absl::string_view rpc) const {
  auto it = methods_.find(absl::StrCat(service, ".", rpc));
  return it == methods_.end() ? nullptr : &it->second;
}

std::vector<const ServiceDescriptor*> LinkedServices() {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::sort(files.begin(), files.end());
  std::vector<const ServiceDescriptor*> services;
  for (const std::string& name : files) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr || !absl::StartsWith(file->package(), "klarna.")) {
      continue;
    }
    for (int i = 0; i < file->service_count(); ++i) {
      const ServiceDescriptor* service = file->service(i);
      if (service->FindMethodByName("Subscribe") != nullptr &&
          service->FindMethodByName("Publish") != nullptr) {
        services.push_back(service);
      }
    }
  }
  return services;
}

std::vector<std::string> OperationLabels() {
  std::vector<std::string> labels;
  for (const ServiceDescriptor* service : LinkedServices()) {
    for (const char* rpc : {"Subscribe", "Publish"}) {
      const OneofDescriptor* operations =
          service->FindMethodByName(rpc)->input_type()->FindOneofByName(
              "operation");
      for (int i = 0; operations != nullptr && i < operations->field_count();
           ++i) {
        if (IsRaw(*operations->field(i))) continue;
        labels.push_back(LabelOf(*service, *operations->field(i)));
      }
    }
  }
  return labels;
}

}  // namespace klarna::rest
