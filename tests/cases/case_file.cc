// SPDX-License-Identifier: Apache-2.0
#include "tests/cases/case_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace klarna::cases {
namespace {

// The first error, as "line:column: text".
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(std::string& text) : text_(text) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
    }
  }

 private:
  std::string& text_;
};

CaseFile Read(const std::filesystem::path& path) {
  CaseFile file;
  file.domain = path.parent_path().filename().string();
  file.operation = path.stem().string();
  std::ifstream stream(path);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  FirstError error(file.error);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, &file.cases) && file.cases.cases().empty()) {
    file.error = "it has no case";
  }
  return file;
}

}  // namespace

std::vector<CaseFile> AllCaseFiles() {
  std::vector<CaseFile> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(KLARNA_CASES)) {
    if (entry.path().extension() == ".txtpb") {
      files.push_back(Read(entry.path()));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const CaseFile& a, const CaseFile& b) {
              return a.label() < b.label();
            });
  return files;
}

}  // namespace klarna::cases
