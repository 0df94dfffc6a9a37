// SPDX-License-Identifier: Apache-2.0
//
// Writes the calls of tests/cases as inputs of the targets, a folder each:
//
//   fuzz_seeds build/fuzz/seeds
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "tests/cases/case_file.h"
#include "tests/fuzz/require.h"

namespace klarna::fuzz {
namespace {

using google::protobuf::Message;

// The inputs of one case.
class Seeds {
 public:
  Seeds(std::filesystem::path folder, const cases::CaseFile& file,
        const cases::Case& c)
      : folder_(std::move(folder)), label_(file.label()), case_(c) {}

  void Write() const {
    const bool publish =
        absl::EndsWith(case_.request().type_url(), "PublishRequest");
    std::string call = absl::StrCat(label_, "\n%%\n", case_.request().value());
    for (const cases::Exchange& exchange : case_.exchanges()) {
      absl::StrAppend(&call, "\n%%\n", Text(exchange.answer()));
      WriteAnswer(exchange.answer());
      if (!exchange.body().empty()) {
        Put("json_reader", absl::StrCat(label_, "\n%%\n", exchange.body()));
        Put("redaction", absl::StrCat(label_, "\n%%\n", exchange.body()));
      }
    }
    Put(publish ? "publish" : "subscribe", call);
    WriteMessages(*Parse(case_.request()), "request_binder");
    for (const auto& response : case_.responses()) {
      WriteMessages(*Parse(response), "json_writer");
    }
  }

 private:
  static std::string Text(const cases::Answer& answer) {
    std::string text = absl::StrCat("HTTP/1.1 ", answer.status(), " \n");
    for (const std::string& header : answer.headers()) {
      absl::StrAppend(&text, header, "\n");
    }
    return absl::StrCat(text, "\n", answer.body());
  }

  void WriteAnswer(const cases::Answer& answer) const {
    Put("response_head", Text(answer));
    if (answer.status() / 100 == 2) {
      Put("json_reader", absl::StrCat(label_, "\n%%\n", answer.body()));
    } else {
      Put("error_mapping", absl::StrCat(label_, "\n%%\n", Text(answer)));
    }
  }

  // The operation of a request, the result of a response.
  void WriteMessages(const Message& message, const char* target) const {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const auto* field : fields) {
      if (field->containing_oneof() == nullptr || field->is_repeated() ||
          field->message_type() == nullptr) {
        continue;
      }
      const Message& part = message.GetReflection()->GetMessage(message, field);
      Put(target, absl::StrCat(label_, "\n%%\n", part.SerializeAsString()));
    }
  }

  static std::unique_ptr<Message> Parse(const google::protobuf::Any& any) {
    const std::string name =
        any.type_url().substr(any.type_url().rfind('/') + 1);
    std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(google::protobuf::DescriptorPool::generated_pool()
                               ->FindMessageTypeByName(name))
            ->New());
    Require(message->ParseFromString(any.value()), name);
    return message;
  }

  void Put(const char* target, const std::string& input) const {
    const auto folder = folder_ / target;
    std::filesystem::create_directories(folder);
    const auto name = absl::StrCat(label_, ".", case_.name(), ".",
                                   std::hash<std::string>()(input));
    std::ofstream(folder / name, std::ios::binary) << input;
  }

  const std::filesystem::path folder_;
  const std::string label_;
  const cases::Case& case_;
};

}  // namespace
}  // namespace klarna::fuzz

int main(int argc, char** argv) {
  using namespace klarna;
  fuzz::Require(argc == 2, "usage: fuzz_seeds FOLDER");
  std::filesystem::remove_all(argv[1]);
  for (const cases::CaseFile& file : cases::AllCaseFiles()) {
    for (const cases::Case& c : file.cases.cases()) {
      fuzz::Seeds(argv[1], file, c).Write();
    }
  }
}
