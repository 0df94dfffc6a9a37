// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/config/problem_report.h"

namespace google::protobuf {
class Message;
}

namespace klarna::config {

// A setting given outside of the file, by the name of its flag or variable:
// {"--limits.batch-bytes", "65536"}.
struct GivenSetting {
  std::string name;
  std::string value;
};

// Put what is given over what `settings`, a klarna.gateway.config.v1.Config,
// holds already, and note in `report` where it came from:
//
//   ReadFlags({{"--log.level", "debug"}}, settings, report);
//   ReadFlags({{"--log.level", "loud"}}, settings, report);
//       flag --log.level: expected one of debug, error, info, warn
//
// A name that is no setting's is a problem that names the nearest right one. A
// variable that Kubernetes makes of a service whose name begins with
// "klarna-gateway" is no setting and is overlooked. Values are quoted in no
// problem. Thread-safe.
void ReadEnvironment(const std::vector<GivenSetting>& given,
                     google::protobuf::Message& settings,
                     ProblemReport& report);
void ReadFlags(const std::vector<GivenSetting>& given,
               google::protobuf::Message& settings, ProblemReport& report);

}  // namespace klarna::config
