// SPDX-License-Identifier: Apache-2.0
#include "service/config/transformer_builder.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/config/account_builder.h"
#include "service/config/nearest_name.h"
#include "service/rest/route.h"

namespace klarna::config {
namespace {

namespace v1 = gateway::config::v1;

constexpr int kMaxTransformers = 64;
constexpr size_t kMaxProgramBytes = size_t{64} << 10;

class Builder {
 public:
  Builder(const std::string& folder, const auth::FileReader& files,
          ProblemReport& report, Config& config)
      : folder_(folder), files_(files), report_(report), config_(config) {}

  void BuildPrograms(const v1::Config& settings) {
    if (settings.transformers_size() > kMaxTransformers) {
      report_.Add("transformers",
                  absl::StrCat("more than ", kMaxTransformers,
                               "; every worker holds all of them"));
      return;
    }
    for (int i = 0; i < settings.transformers_size(); ++i) {
      const v1::Transformer& transformer = settings.transformers(i);
      const std::string key = absl::StrCat("transformers[", i, "]");
      if (!IsAccountName(transformer.name())) {
        report_.Add(key + ".name",
                    "needs 1 to 64 letters, digits, `-`, `_` or `.`");
      } else if (config_.FindTransformer(transformer.name()) != nullptr) {
        report_.Add(key + ".name", "is the name of another one, too");
      }
      config_.transformers.push_back(
          {transformer.name(), ProgramOf(transformer, key)});
    }
  }

  void BuildDefaults(const v1::Account& settings, const std::string& key,
                     Account& account) {
    if (settings.has_transformer()) {
      account.transformer = Known(settings.transformer(), key + ".transformer");
    }
    for (int i = 0; i < settings.operation_transformers_size(); ++i) {
      const v1::OperationTransformer& entry =
          settings.operation_transformers(i);
      const std::string inner =
          absl::StrCat(key, ".operation_transformers[", i, "]");
      CheckOperation(entry.operation(), inner + ".operation");
      const std::string name =
          entry.has_transformer()
              ? Known(entry.transformer(), inner + ".transformer")
              : std::string();
      if (!account.operation_transformers.emplace(entry.operation(), name)
               .second) {
        report_.Add(inner + ".operation", "has an entry already; remove one");
      }
    }
  }

 private:
  std::string ProgramOf(const v1::Transformer& settings,
                        const std::string& key) {
    switch (settings.source_case()) {
      case v1::Transformer::kProgram:
        return Checked(settings.program(), key + ".program");
      case v1::Transformer::kFile:
        return ReadProgram(settings.file(), key + ".file");
      case v1::Transformer::SOURCE_NOT_SET:
        report_.Add(key, "needs `program` or `file`: what jq is to run");
    }
    return "";
  }

  std::string ReadProgram(const std::string& file, const std::string& key) {
    const std::string path =
        file.starts_with('/') ? file : absl::StrCat(folder_, "/", file);
    absl::StatusOr<std::string> text = files_.Read(path, kMaxProgramBytes);
    if (text.ok()) return Checked(*std::move(text), key);
    report_.Add(key, std::string(text.status().message()));
    return "";
  }

  std::string Checked(std::string program, const std::string& key) {
    if (program.find_first_not_of(" \t\r\n") == program.npos) {
      report_.Add(key, "is empty; `.` is the program that changes nothing");
    } else if (program.size() > kMaxProgramBytes) {
      report_.Add(key, "has more than 64 KiB");
    }
    return program;
  }

  std::string Known(const std::string& name, const std::string& key) {
    if (config_.FindTransformer(name) == nullptr) {
      const auto append = [](std::string* out, const Transformer& each) {
        out->append(each.name);
      };
      report_.Add(
          key, config_.transformers.empty()
                   ? "names a transformer, and there is none in `transformers`"
                   : absl::StrCat(
                         "expected the name of a transformer, one of ",
                         absl::StrJoin(config_.transformers, ", ", append)));
    }
    return name;
  }

  void CheckOperation(const std::string& operation, const std::string& key) {
    static const std::vector<std::string>* const operations =
        new std::vector<std::string>(rest::OperationLabels());
    if (std::count(operations->begin(), operations->end(), operation) > 0) {
      return;
    }
    const std::string nearest = NearestName(operation, *operations);
    report_.Add(key, nearest.empty()
                         ? "expected an operation, such as "
                           "order_management.create_capture"
                         : absl::StrCat("no such operation; did you mean `",
                                        nearest, "`?"));
  }

  const std::string& folder_;
  const auth::FileReader& files_;
  ProblemReport& report_;
  Config& config_;
};

}  // namespace

void BuildTransformers(const v1::Config& settings, const std::string& folder,
                       const auth::FileReader& files, ProblemReport& report,
                       Config& config) {
  Builder builder(folder, files, report, config);
  builder.BuildPrograms(settings);
  for (int i = 0; i < settings.accounts_size(); ++i) {
    builder.BuildDefaults(settings.accounts(i),
                          absl::StrCat("accounts[", i, "]"),
                          config.accounts[static_cast<size_t>(i)]);
  }
}

}  // namespace klarna::config
