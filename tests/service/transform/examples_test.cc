// SPDX-License-Identifier: Apache-2.0
//
// Runs the examples of deploy/transformers.md in a worker, and binds what comes
// out of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/rest/operation_document.h"
#include "service/rest/request_binder.h"
#include "service/runtime/system_clock.h"
#include "service/transform/program.h"
#include "service/transform/worker_process.h"

namespace klarna::transform {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Block {
  std::string language;
  std::string text;
};

struct Example {
  std::string title;
  std::vector<Block> blocks;  // Program, input, output or error.
};

// The sections of the page below "Examples".
std::vector<Example> ReadExamples() {
  std::ifstream page(KLARNA_TRANSFORMERS_PAGE);
  std::vector<Example> examples;
  bool in_block = false;
  for (std::string line; std::getline(page, line);) {
    if (in_block && line != "```") {
      examples.back().blocks.back().text += line + "\n";
    } else if (in_block) {
      in_block = false;
    } else if (absl::StartsWith(line, "### ")) {
      examples.push_back({line.substr(4), {}});
    } else if (absl::StartsWith(line, "```")) {
      if (examples.empty()) examples.push_back({"", {}});
      examples.back().blocks.push_back({line.substr(3), ""});
      in_block = true;
    }
  }
  if (!examples.empty()) examples.erase(examples.begin());
  return examples;
}

// The same text for the same JSON.
std::string Canonical(const std::string& json) {
  const auto text = Program::Compile(
                        "walk(if type == \"object\" then to_entries"
                        " | sort_by(.key) | from_entries "
                        "else . end)")
                        ->Run(json);
  return text.ok() ? *text : text.status().ToString();
}

class ExamplesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = *std::move(routes);
  }

  const rest::Route& RouteOf(const std::string& document) const {
    for (const auto* service : routes_->services()) {
      for (const char* rpc : {"Subscribe", "Publish"}) {
        for (const auto& [field, route] :
             routes_->Find(service->full_name(), rpc)->routes) {
          if (absl::StrContains(document, "\"" + route.label + "\"")) {
            return route;
          }
        }
      }
    }
    ADD_FAILURE() << "no operation in " << document;
    static const rest::Route none;
    return none;
  }

  // As a call does it.
  absl::StatusOr<std::string> Rewrite(const std::string& program,
                                      const std::string& input) const {
    auto worker = WorkerProcess::Start(KLARNA_WORKER_PROGRAM, {{"t", program}},
                                       -1, clock_);
    if (!worker.ok()) return worker.status();
    absl::StatusOr<std::string> output = (*worker)->Run(0, input);
    if (!output.ok()) return output.status();
    const rest::Route& route = RouteOf(input);
    const auto operation = rest::ReadDocument(route, "", *output);
    if (!operation.ok()) return operation.status();
    const auto bound = rest::Bind(route, operation->wire, operation->unmapped);
    if (!bound.ok()) return bound.status();
    return output;
  }

  runtime::SystemClock clock_;
  std::unique_ptr<rest::RouteTable> routes_;
};

TEST_F(ExamplesTest, DoWhatThePageSays) {
  const std::vector<Example> examples = ReadExamples();
  EXPECT_GE(examples.size(), 10u);
  for (const Example& example : examples) {
    SCOPED_TRACE(example.title);
    ASSERT_THAT(example.blocks, SizeIs(3));
    EXPECT_EQ(example.blocks[0].language, "jq");
    EXPECT_EQ(example.blocks[1].language, "json");
    const absl::StatusOr<std::string> result =
        Rewrite(example.blocks[0].text, example.blocks[1].text);
    const Block& expected = example.blocks[2];
    if (expected.language == "json") {
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(Canonical(*result), Canonical(expected.text));
    } else {
      EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(std::string(result.status().message()),
                  HasSubstr(std::string(
                      absl::StripTrailingAsciiWhitespace(expected.text))));
    }
  }
}

}  // namespace
}  // namespace klarna::transform
