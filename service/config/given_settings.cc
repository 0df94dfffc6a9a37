// SPDX-License-Identifier: Apache-2.0
#include "service/config/given_settings.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <regex>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/config/nearest_name.h"
#include "service/config/setting_value.h"
#include "service/config/settings.h"

namespace klarna::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// A source outside of the file: the flags, or the environment.
class Source {
 public:
  // `name` is the member of Setting that holds the names used here, all of
  // which begin with `prefix`.
  Source(const char* kind, std::string Setting::*name, std::string_view prefix,
         Message& settings, ProblemReport& report)
      : kind_(kind), prefix_(prefix), settings_(settings), report_(report) {
    for (const Setting& setting : AllSettings()) {
      known_[setting.*name] = &setting;
    }
  }

  void Read(const GivenSetting& given) {
    const auto found = known_.find(given.name);
    if (found == known_.end()) return ReportUnknown(given.name);
    const Position position{.source = absl::StrCat(kind_, " ", given.name)};
    const Setting& setting = *found->second;
    if (!seen_.insert(given.name).second) {
      return report_.AddAt(position, setting.key, "given twice; remove one");
    }
    Message* message = MessageOf(setting, position);
    if (message == nullptr) return;
    report_.Locate(setting.key, position);
    const YamlNode node{.kind = YamlNode::Kind::kScalar,
                        .position = position,
                        .text = given.value};
    ReadValue(node, setting.key, setting.field(), *message, report_);
  }

 private:
  // The message that holds the setting. Null, and a problem, when something
  // that excludes it was given in the same way.
  Message* MessageOf(const Setting& setting, const Position& position) {
    Message* message = &settings_;
    for (const FieldDescriptor* field : setting.path) {
      if (!Choose(*field, *message, setting, position)) return nullptr;
      if (field == setting.path.back()) break;
      const auto& reflection = *message->GetReflection();
      if (!field->is_repeated()) {
        message = reflection.MutableMessage(message, field);
      } else if (reflection.FieldSize(*message, field) == 0) {
        message = reflection.AddMessage(message, field);
      } else {
        message = reflection.MutableRepeatedMessage(message, field, 0);
      }
    }
    return message;
  }

  // Of the members of a oneof only one may be given.
  bool Choose(const FieldDescriptor& field, const Message& message,
              const Setting& setting, const Position& position) {
    const OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof == nullptr) return true;
    const FieldDescriptor* chosen =
        chosen_.emplace(std::pair(&message, oneof), &field).first->second;
    if (chosen == &field) return true;
    report_.AddAt(position, setting.key,
                  absl::StrCat("cannot stand beside a ", kind_, " of `",
                               chosen->name(), "`; remove one"));
    return false;
  }

  void ReportUnknown(const std::string& name) {
    const std::string nearest = NearestKnown(name);
    report_.AddAt(
        {.source = absl::StrCat(kind_, " ", absl::CHexEscape(name))}, "",
        nearest.empty()
            ? std::string("no such setting; see `klarna-gateway --help`")
            : absl::StrCat("no such setting; did you mean `", nearest, "`?"));
  }

  // What all names have in common makes no two of them near.
  std::string NearestKnown(const std::string& name) const {
    std::map<std::string, std::string> by_rest;
    std::vector<std::string> rests;
    for (const auto& [known, setting] : known_) {
      rests.push_back(absl::AsciiStrToLower(known.substr(prefix_.size())));
      by_rest[rests.back()] = known;
    }
    const size_t skip = name.starts_with(prefix_) ? prefix_.size() : 0;
    const std::string nearest = NearestName(name.substr(skip), rests);
    return nearest.empty() ? "" : by_rest[nearest];
  }

  const char* const kind_;
  const std::string_view prefix_;
  Message& settings_;
  ProblemReport& report_;
  std::map<std::string, const Setting*> known_;
  std::set<std::string> seen_;
  std::map<std::pair<const Message*, const OneofDescriptor*>,
           const FieldDescriptor*>
      chosen_;
};

// Kubernetes tells every container of the services beside it: a service named
// klarna-gateway makes KLARNA_GATEWAY_SERVICE_HOST, KLARNA_GATEWAY_PORT and
// more.
bool IsOfKubernetes(const std::string& variable) {
  static const std::regex* const pattern = new std::regex(
      "KLARNA_GATEWAY_([A-Z0-9_]+_)?"
      "(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?"
      "|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");
  constexpr size_t kLongest = 256;  // Of what is given to the pattern.
  return variable.size() <= kLongest && std::regex_match(variable, *pattern);
}

}  // namespace

void ReadEnvironment(const std::vector<GivenSetting>& given, Message& settings,
                     ProblemReport& report) {
  Source source("variable", &Setting::variable, kVariablePrefix, settings,
                report);
  for (const GivenSetting& each : given) {
    if (!IsOfKubernetes(each.name)) source.Read(each);
  }
}

void ReadFlags(const std::vector<GivenSetting>& given, Message& settings,
               ProblemReport& report) {
  Source source("flag", &Setting::flag, "--", settings, report);
  for (const GivenSetting& each : given) source.Read(each);
}

}  // namespace klarna::config
