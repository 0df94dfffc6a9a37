// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"
#include "klarna/rest/v1/rest.pb.h"
#include "service/json/schema.h"
#include "service/rest/field_path.h"
#include "service/rest/path_template.h"

namespace klarna::rest {

// Where a field of an operation message goes.
struct Binding {
  enum class Place { kPath, kQuery, kHeader, kBody, kPart };
  enum class Kind { kString, kInteger, kBool, kMessage };

  Place place = Place::kQuery;
  Kind kind = Kind::kString;
  int field = 0;           // Field number.
  std::string field_name;  // For errors.
  std::string name;        // Of the query parameter, header or part.
  bool repeated = false;
  bool file = false;  // A Content field of a multipart body.
  // For kMessage. Not owned.
  const json::MessageTable* table = nullptr;
};

// How a list is walked; see klarna.rest.v1.Paging.
struct ListPaging {
  int items_field = 0;
  bool top_level_array = false;
  std::string offset_parameter;
  std::string size_parameter;
  std::string cursor_parameter;
  int max_size = 0;  // 0: Klarna documents none.
  FieldPath next_cursor;
  FieldPath next;
  FieldPath total;
  FieldPath echoed_offset;
};

// The field of the response's `result` that receives an answer.
struct ResultField {
  enum class Kind { kEntity, kList, kContent, kRaw };

  Kind kind = Kind::kEntity;
  int field = 0;  // Field number in the response message.
  // Of the result message; null for Content and RawAnswer. Not owned.
  const json::MessageTable* table = nullptr;
};

struct Route;

// The read that tells what became of a change; see klarna.rest.v1.ReadBack.
struct ReadBack {
  struct Match {
    FieldPath found;
    FieldPath sent;
    std::string text;
    bool unique = false;
  };

  const Route* read = nullptr;  // Of the same table.
  // Where strings of the change go: numbers of the read's fields.
  std::vector<std::pair<int, FieldPath>> fields;
  int items_field = 0;  // 0: the answer tells by itself.
  std::vector<Match> matches;
  FieldPath id;
  FieldPath made_at;
  bool not_found_means_none = false;
};

// One operation: a rule compiled against the descriptors. Immutable.
struct Route {
  std::string service;    // "klarna.settlements.v1.SettlementsService"
  std::string domain;     // "settlements"
  std::string operation;  // "list_transactions", its name in the oneof
  std::string label;      // "settlements.list_transactions", for logs
  int field = 0;          // Its number in the oneof.

  std::string method;
  PathTemplate path;
  std::string content_type;
  std::string accept;
  bool has_body = false;
  bool multipart = false;
  std::vector<Binding> bindings;  // In the order of the message's fields.
  // Table of the operation message. Not owned.
  const json::MessageTable* table = nullptr;

  bool has_result = false;
  ResultField result;
  absl::flat_hash_map<int, ResultField> status_results;
  ListPaging paging;  // When result.kind is kList.

  v1::Idempotency idempotency = v1::IDEMPOTENCY_UNSPECIFIED;
  v1::QuotaCategory quota = v1::QUOTA_CATEGORY_UNSPECIFIED;
  std::string created_id_header;
  std::string created_id_member;
  std::shared_ptr<const ReadBack> read_back;  // Null: no read tells.

  // The result of a success with this HTTP status; null when it has no body.
  const ResultField* ResultFor(int http_status) const;
};

// Field numbers of the parts that every request and response message has; 0
// where a message has no such part.
struct Envelope {
  int options = 0;
  int paging = 0;
  int request_id = 0;
  int first_attempt_at = 0;
  int request_unmapped = 0;
  int batch = 0;
  int outcome = 0;
  int response_unmapped = 0;
  int rest_call = 0;
};

// What a raw call of a service may say, taken from the service's other
// operations.
struct RawRules {
  std::vector<std::string> methods;
  std::vector<std::string> path_roots;  // First segments of paths.
  std::vector<std::string> headers;     // Beside Accept and Content-Type.
};

// A Subscribe or a Publish: its request and response messages and the routes of
// its operations.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  const json::MessageTable* request = nullptr;  // Not owned.
  absl::flat_hash_map<int, Route> routes;       // By field in the oneof.
  int raw_field = 0;                            // Of the raw call in the oneof.
  Route raw;  // Of the raw call: no path, no bindings, never resent.
  RawRules raw_rules;
  Envelope envelope;
};

// The routes of all services, compiled once at start. Immutable, so
// thread-safe.
//
//   auto routes = RouteTable::Compile({settlements_file->service(0), ...});
//   const Method* subscribe = routes->Find("klarna...Service", "Subscribe");
class RouteTable {
 public:
  // INVALID_ARGUMENT naming the operation message and what is wrong with its
  // rule: a path variable, body, result or paging name that is not a field, a
  // field whose type cannot go where the rule sends it...
  static absl::StatusOr<std::unique_ptr<RouteTable>> Compile(
      absl::Span<const google::protobuf::ServiceDescriptor* const> services);

  // Null if there is none.
  const Method* Find(absl::string_view service, absl::string_view rpc) const;

  const std::vector<const google::protobuf::ServiceDescriptor*>& services()
      const {
    return services_;
  }
  const json::Schema& schema() const { return *schema_; }

 private:
  std::unique_ptr<json::Schema> schema_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
  absl::flat_hash_map<std::string, Method> methods_;
};

// The services of the gateway: every service with a Subscribe and a Publish in
// a package klarna.<domain>.<version> of the linked descriptors, by name.
std::vector<const google::protobuf::ServiceDescriptor*> LinkedServices();

// The labels of their operations: "settlements.list_transactions"...
std::vector<std::string> OperationLabels();

}  // namespace klarna::rest
