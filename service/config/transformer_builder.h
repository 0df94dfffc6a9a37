// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "klarna/gateway/config/v1/config.pb.h"
#include "service/auth/file_reader.h"
#include "service/config/config.h"
#include "service/config/problem_report.h"

namespace klarna::config {

// Reads the transformers of the file, relative paths starting at `folder`, and
// which calls of the accounts go through them. `config.accounts` are those of
// `settings`. Whether a program is one is for jq to say, later. Problems go to
// `report`; with one there the result is of no use.
void BuildTransformers(const gateway::config::v1::Config& settings,
                       const std::string& folder, const auth::FileReader& files,
                       ProblemReport& report, Config& config);

}  // namespace klarna::config
