// SPDX-License-Identifier: Apache-2.0
#include "tests/canary/sample.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "klarna/rest/v1/rest.pb.h"

namespace klarna::canary {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Deep enough for every private field.
constexpr int kDepth = 6;

constexpr absl::string_view kPrivate[] = {"aes_key",
                                          "attention",
                                          "care_of",
                                          "city",
                                          "company_name",
                                          "cvv",
                                          "date_of_birth",
                                          "email",
                                          "expiry_date",
                                          "family_name",
                                          "gender",
                                          "given_name",
                                          "holder",
                                          "house_extension",
                                          "html_snippet",
                                          "iv",
                                          "last_four_ssn",
                                          "masked_number",
                                          "merchant_data",
                                          "national_identification_number",
                                          "organization_name",
                                          "organization_registration_id",
                                          "pan",
                                          "pci_data",
                                          "phone",
                                          "postal_code",
                                          "second_street_address",
                                          "street_address",
                                          "street_address2",
                                          "street_name",
                                          "street_number",
                                          "tracking_number",
                                          "user_input",
                                          "vat_id"};

bool IsNumberText(const FieldDescriptor& field) {
  return field.options().GetExtension(rest::v1::number_text);
}

std::string TextOf(const FieldDescriptor& field, const std::string& secret) {
  if (IsPrivate(field.name())) return secret;
  if (field.name() == "content_type") return "text/plain";
  return IsNumberText(field) ? "59.3" : "plain";
}

void Fill(const std::string& secret, int depth, Message& message) {
  const Descriptor& descriptor = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor* field = descriptor.field(i);
    // Refused before anything is sent or said.
    if (field->options().GetExtension(rest::v1::read_only)) continue;
    const bool repeated = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const bool bytes = field->type() == FieldDescriptor::TYPE_BYTES;
        const std::string text = bytes ? kCanary : TextOf(*field, secret);
        repeated ? reflection.AddString(&message, field, text)
                 : reflection.SetString(&message, field, text);
        break;
      }
      case FieldDescriptor::CPPTYPE_INT64:
        repeated ? reflection.AddInt64(&message, field, 1)
                 : reflection.SetInt64(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        repeated ? reflection.AddBool(&message, field, true)
                 : reflection.SetBool(&message, field, true);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth == kDepth) break;
        Fill(secret, depth + 1,
             repeated ? *reflection.AddMessage(&message, field)
                      : *reflection.MutableMessage(&message, field));
        break;
      default:
        break;
    }
  }
}

std::string Object(const Descriptor& message, int depth);

std::string Value(const FieldDescriptor& field, int depth) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Object(*field.message_type(), depth + 1);
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true";
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = TextOf(field, kCanary);
      return IsNumberText(field) ? text : absl::StrCat("\"", text, "\"");
    }
    default:
      return "1";
  }
}

std::string Object(const Descriptor& message, int depth) {
  std::string json =
      absl::StrCat("{\"brand_new\":{\"", kCanary, "\":\"", kCanary, "\"}");
  for (int i = 0; i < message.field_count() && depth < kDepth; ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string value = Value(field, depth);
    absl::StrAppend(&json, ",\"",
                    field.has_json_name() ? field.json_name() : field.name(),
                    "\":");
    absl::StrAppend(
        &json, field.is_repeated() ? absl::StrCat("[", value, "]") : value);
  }
  return json + "}";
}

}  // namespace

bool IsPrivate(absl::string_view name) {
  return absl::StrContains(name, "token") ||
         absl::StrContains(name, "secret") ||
         absl::StrContains(name, "password") ||
         std::find(std::begin(kPrivate), std::end(kPrivate), name) !=
             std::end(kPrivate);
}

void Fill(const std::string& secret, Message& message) {
  Fill(secret, 0, message);
}

std::string SampleJson(const Descriptor& message) { return Object(message, 0); }

}  // namespace klarna::canary
