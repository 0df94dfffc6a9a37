// SPDX-License-Identifier: Apache-2.0
#include "service/transform/worker.h"

int main() { return klarna::transform::RunWorker(); }
