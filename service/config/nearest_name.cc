// SPDX-License-Identifier: Apache-2.0
#include "service/config/nearest_name.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace klarna::config {
namespace {

// Longer words are not typing errors, and the distance costs their product.
constexpr size_t kMaxWord = 64;

// Letters to insert, remove, replace or swap with their neighbour to turn one
// word into the other ("optimal string alignment").
size_t EditDistance(std::string_view a, std::string_view b) {
  // cost[i][j] is the distance of the first i letters of a and j of b.
  std::vector<std::vector<size_t>> cost(a.size() + 1);
  cost[0].resize(b.size() + 1);
  std::iota(cost[0].begin(), cost[0].end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    cost[i].assign(b.size() + 1, i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string NearestName(std::string_view word,
                        const std::vector<std::string>& names) {
  if (word.size() > kMaxWord) return "";
  const std::string lower =
      absl::AsciiStrToLower(absl::string_view(word.data(), word.size()));
  std::string nearest;
  size_t smallest = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = EditDistance(lower, name);
    if (distance < smallest) {
      smallest = distance;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace klarna::config
