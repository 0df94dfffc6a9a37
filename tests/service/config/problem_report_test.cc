// SPDX-License-Identifier: Apache-2.0
#include "service/config/problem_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace klarna::config {
namespace {

std::string Text(const ProblemReport& report) {
  return std::string(report.ToStatus("f.yaml").message());
}

TEST(ProblemReportTest, IsOkWithoutProblems) {
  const ProblemReport report;
  EXPECT_TRUE(report.empty());
  EXPECT_TRUE(report.ToStatus("f.yaml").ok());
}

TEST(ProblemReportTest, NamesPlaceKeyAndText) {
  ProblemReport report;
  report.Locate("accounts[0].region", {4, 13});
  report.Add("accounts[0].region", "expected one of eu, na, oc");
  EXPECT_FALSE(report.empty());
  EXPECT_EQ(report.ToStatus("f.yaml").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Text(report),
            "f.yaml:4:13: accounts[0].region: expected one of eu, na, oc");
}

TEST(ProblemReportTest, PlacesWhatIsMissingAtTheKeyAround) {
  ProblemReport report;
  report.Locate("accounts", {2, 1});
  report.Locate("accounts[1]", {7, 5});
  report.Add("accounts[1].credentials.basic", "missing");
  report.Add("accounts[2].name", "missing");
  EXPECT_EQ(Text(report),
            "f.yaml:7:5: accounts[1].credentials.basic: missing\n"
            "f.yaml:2:1: accounts[2].name: missing");
}

TEST(ProblemReportTest, LeavesOutAPlaceThatIsUnknown) {
  ProblemReport report;
  report.Add("listen", "missing");
  report.AddAt({}, "", "too large");
  EXPECT_EQ(Text(report), "f.yaml: listen: missing\nf.yaml: too large");
}

TEST(ProblemReportTest, ShowsTwentyAndCountsTheRest) {
  ProblemReport report;
  for (int i = 0; i < 23; ++i) report.AddAt({i + 1, 1}, "", "bad");
  const std::string text = Text(report);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
  EXPECT_NE(text.find("f.yaml:20:1: bad\nand 3 more"), std::string::npos);
}

}  // namespace
}  // namespace klarna::config
