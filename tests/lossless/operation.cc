// SPDX-License-Identifier: Apache-2.0
#include "tests/lossless/operation.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"

namespace klarna::lossless {
namespace {

using google::protobuf::Descriptor;

std::string PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      out += absl::HexStringToBytes(std::string(text.substr(i + 1, 2)));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool IsVariable(absl::string_view segment) {
  return segment.front() == '{' && segment.back() == '}';
}

// How many literal segments of the template the path has; -1 if it does not
// fit.
int Fit(const rest::Route& route, const std::vector<std::string>& segments) {
  const std::vector<std::string> parts = Segments(route.path.text());
  if (parts.size() != segments.size()) return -1;
  int literals = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (IsVariable(parts[i])) continue;
    if (parts[i] != segments[i]) return -1;
    ++literals;
  }
  return literals;
}

}  // namespace

const rest::Binding* Operation::Body() const {
  for (const rest::Binding& binding : route->bindings) {
    if (binding.place == rest::Binding::Place::kBody) return &binding;
  }
  return nullptr;
}

const Descriptor* Operation::BodyMessage() const {
  const rest::Binding* body = Body();
  return body ? message->FindFieldByNumber(body->field)->message_type()
              : nullptr;
}

const Descriptor* Operation::ResultMessage(
    const rest::ResultField& result) const {
  return response->FindFieldByNumber(result.field)->message_type();
}

std::vector<Operation> AllOperations(const rest::RouteTable& routes) {
  std::vector<Operation> operations;
  for (const auto* service : routes.services()) {
    for (const char* rpc : {"Subscribe", "Publish"}) {
      const rest::Method* method = routes.Find(service->full_name(), rpc);
      for (const auto& [field, route] : method->routes) {
        operations.push_back({&route,
                              method->descriptor->input_type()
                                  ->FindFieldByNumber(field)
                                  ->message_type(),
                              method->descriptor->output_type()});
      }
    }
  }
  std::sort(operations.begin(), operations.end(),
            [](const Operation& a, const Operation& b) {
              return a.route->label < b.route->label;
            });
  return operations;
}

std::vector<std::string> Segments(absl::string_view path) {
  std::vector<std::string> segments;
  for (absl::string_view segment :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    segments.push_back(PercentDecode(segment));
  }
  return segments;
}

const Operation* FindOperation(const std::vector<Operation>& operations,
                               absl::string_view method,
                               absl::string_view path) {
  const std::vector<std::string> segments = Segments(path);
  const Operation* best = nullptr;
  int best_fit = -1;
  for (const Operation& operation : operations) {
    if (operation.route->method != method) continue;
    const int fit = Fit(*operation.route, segments);
    if (fit > best_fit) {
      best = &operation;
      best_fit = fit;
    }
  }
  return best;
}

}  // namespace klarna::lossless
