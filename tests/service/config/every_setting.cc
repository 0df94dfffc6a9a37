// SPDX-License-Identifier: Apache-2.0
#include "tests/service/config/every_setting.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>

#include "service/config/setting_value.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kHardText[] = "\"a\": {b} # 'c'\n\t- \\ \xC3\xA5 null";

void SetValue(const FieldDescriptor& field, const std::string& text,
              Message& message) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, text);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, 2'000'000'000);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, int64_t{1} << 60);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnum(&message, &field, field.enum_type()->value(1));
    default: {
      google::protobuf::Duration duration;
      duration.set_seconds(5025);
      duration.set_nanos(7'000'000);
      reflection.MutableMessage(&message, &field)->CopyFrom(duration);
    }
  }
}

// Sets everything in the message; of each oneof the member number `choice`, or
// the last.
void Fill(int choice, Message& message) {
  const auto& reflection = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto* oneof = field.real_containing_oneof();
    if (oneof != nullptr &&
        std::min(choice, oneof->field_count() - 1) != field.index_in_oneof()) {
      continue;
    }
    if (field.is_repeated()) {
      Fill(choice, *reflection.AddMessage(&message, &field));
      Fill(choice + 1, *reflection.AddMessage(&message, &field));
    } else if (IsSingleValue(field)) {
      SetValue(field, kHardText, message);
    } else {
      Fill(choice, *reflection.MutableMessage(&message, &field));
    }
  }
}

}  // namespace

std::vector<OneSetting> EverySetting() {
  std::vector<OneSetting> all;
  for (const Setting& setting : AllSettings()) {
    OneSetting one{.setting = &setting, .text = "", .config = {}};
    Message* message = &one.config;
    for (const FieldDescriptor* field : setting.path) {
      if (field == setting.path.back()) break;
      const auto& reflection = *message->GetReflection();
      message = field->is_repeated()
                    ? reflection.AddMessage(message, field)
                    : reflection.MutableMessage(message, field);
    }
    SetValue(setting.field(), "a text", *message);
    one.text = ValueText(*message, setting.field());
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<v1::Config> EveryKey() {
  constexpr int kMostMembers = 8;  // Of a oneof.
  std::vector<v1::Config> all(kMostMembers);
  for (int choice = 0; choice < kMostMembers; ++choice) {
    Fill(choice, all[static_cast<size_t>(choice)]);
  }
  return all;
}

}  // namespace klarna::config
