// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_facts.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/config/setting_value.h"
#include "service/config/settings.h"

namespace klarna::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Sets the field to a text of config.proto itself, which is right: a test
// reads all of them.
void SetTo(const std::string& text, const FieldDescriptor& field,
           Message& message) {
  ProblemReport none;
  ReadValue({.kind = YamlNode::Kind::kScalar, .text = text}, field.name(),
            field, message, none);
}

// A number or a duration in seconds; exact enough to compare with bounds, which
// are far below 2^53.
double Amount(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(reflection.GetInt64(message, &field));
    default:
      return absl::ToDoubleSeconds(
          ToDuration(*google::protobuf::DynamicCastToGenerated<Duration>(
              &reflection.GetMessage(message, &field))));
  }
}

double AmountOf(const std::string& text, const FieldDescriptor& field,
                const Message& prototype) {
  const std::unique_ptr<Message> message(prototype.New());
  SetTo(text, field, *message);
  return Amount(*message, field);
}

bool InBounds(const Message& message, const FieldDescriptor& field) {
  const auto& facts = FactsOf(field);
  if (facts.min().empty()) return true;
  const double amount = Amount(message, field);
  return amount >= AmountOf(facts.min(), field, message) &&
         amount <= AmountOf(facts.max(), field, message);
}

void CheckMessage(const Message& message, const std::string& key,
                  ProblemReport& report) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> given;
  reflection.ListFields(message, &given);
  for (const FieldDescriptor* field : given) {
    const std::string inner =
        key.empty() ? field->name() : absl::StrCat(key, ".", field->name());
    if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        CheckMessage(reflection.GetRepeatedMessage(message, field, i),
                     absl::StrCat(inner, "[", i, "]"), report);
      }
    } else if (!IsSingleValue(*field)) {
      CheckMessage(reflection.GetMessage(message, field), inner, report);
    } else if (!InBounds(message, *field)) {
      report.Add(inner, absl::StrCat("expected ", FactsOf(*field).min(), " to ",
                                     FactsOf(*field).max()));
    }
  }
}

// Whether a message of this type gets a value though nothing of it was given.
bool HasDefaults(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!FactsOf(field).default_value().empty()) return true;
    if (!IsSingleValue(field) && !field.is_repeated() &&
        field.real_containing_oneof() == nullptr &&
        HasDefaults(*field.message_type())) {
      return true;
    }
  }
  return false;
}

void FillMessage(const FieldDescriptor& field, Message& message) {
  const auto& reflection = *message.GetReflection();
  const bool optional = field.real_containing_oneof() == nullptr;
  if (reflection.HasField(message, &field) ||
      (optional && HasDefaults(*field.message_type()))) {
    FillDefaults(*reflection.MutableMessage(&message, &field));
  }
}

// The value of a setting, if it is set.
std::optional<std::string> TextAt(const Setting& setting,
                                  const Message& settings) {
  const Message* message = &settings;
  for (const FieldDescriptor* field : setting.path) {
    const auto& reflection = *message->GetReflection();
    const bool set = field->is_repeated()
                         ? reflection.FieldSize(*message, field) > 0
                         : reflection.HasField(*message, field);
    if (!set) return std::nullopt;
    if (field == setting.path.back()) break;
    message = field->is_repeated()
                  ? &reflection.GetRepeatedMessage(*message, field, 0)
                  : &reflection.GetMessage(*message, field);
  }
  return ValueText(*message, setting.field());
}

}  // namespace

void CheckBounds(const Message& settings, ProblemReport& report) {
  CheckMessage(settings, "", report);
}

void FillDefaults(Message& settings) {
  const auto& reflection = *settings.GetReflection();
  const Descriptor& type = *settings.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string& value = FactsOf(field).default_value();
    if (field.is_repeated()) {
      for (int j = 0; j < reflection.FieldSize(settings, &field); ++j) {
        FillDefaults(*reflection.MutableRepeatedMessage(&settings, &field, j));
      }
    } else if (!IsSingleValue(field)) {
      FillMessage(field, settings);
    } else if (!value.empty() && !reflection.HasField(settings, &field)) {
      SetTo(value, field, settings);
    }
  }
}

std::vector<std::string> ChangedButFixed(const Message& running,
                                         const Message& wanted) {
  std::vector<std::string> keys;
  for (const Setting& setting : AllSettings()) {
    if (!FactsOf(setting.field()).needs_restart()) continue;
    if (TextAt(setting, running) != TextAt(setting, wanted)) {
      keys.push_back(setting.key);
    }
  }
  return keys;
}

}  // namespace klarna::config
