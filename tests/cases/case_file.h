// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/cases/case.pb.h"

namespace klarna::cases {

// tests/cases/<domain>/<operation>.txtpb, read.
struct CaseFile {
  std::string domain;
  std::string operation;
  Cases cases;
  std::string error;  // Why it could not be read; empty if it could.

  // As Route::label: "settlements.list_payouts".
  std::string label() const { return domain + "." + operation; }
};

// All case files, by label.
std::vector<CaseFile> AllCaseFiles();

}  // namespace klarna::cases
