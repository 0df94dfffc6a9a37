// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "service/sandbox/shape.h"

namespace klarna::sandbox {

// What Klarna checks in the bodies and queries of the API's operations, by the
// names that api_description.cc uses.
std::vector<ShapeBook::Entry> BodyShapes();

}  // namespace klarna::sandbox
