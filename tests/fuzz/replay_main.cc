// SPDX-License-Identifier: Apache-2.0
//
// Stands in for libFuzzer where there is none: runs a target over its corpus,
// then over mutations of it, the same ones in every run.
//
//   fuzz_json_reader FOLDER|FILE...
//
// KLARNA_FUZZ_SECONDS says how long to mutate (default 2), KLARNA_FUZZ_SEED
// which mutations. An input that breaks the target is left in the working
// folder as broken-<target>, to be run again as a FILE.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace klarna::fuzz {
namespace {

// Of processor time.
constexpr std::clock_t kSlow = CLOCKS_PER_SEC;

std::string broken_name;
std::string current;

void Keep(int) {
  std::ofstream(broken_name, std::ios::binary) << current;
  std::fprintf(stderr, "the input is in %s\n", broken_name.c_str());
  std::signal(SIGABRT, SIG_DFL);
}

double Now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

void Run(std::string input) {
  current = std::move(input);
  const std::clock_t start = std::clock();
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()),
                         current.size());
  if (std::clock() - start > kSlow) {
    std::fprintf(stderr, "broken: an input takes more than a second\n");
    std::abort();
  }
}

std::string Read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> ReadAll(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) continue;
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const auto& file : files) inputs.push_back(Read(file));
  return inputs;
}

double Setting(const char* name, double otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::atof(value);
}

}  // namespace
}  // namespace klarna::fuzz

int main(int argc, char** argv) {
  using namespace klarna::fuzz;
  const std::vector<std::string> corpus = ReadAll(argc, argv);
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus\n");
    return 2;
  }
  broken_name = "broken-" + std::filesystem::path(argv[0]).filename().string();
  std::signal(SIGABRT, Keep);
  for (const std::string& input : corpus) Run(input);
  const auto seed = static_cast<uint64_t>(Setting("KLARNA_FUZZ_SEED", 1));
  const double end = Now() + Setting("KLARNA_FUZZ_SECONDS", 2);
  Mutator mutator(corpus, seed);
  long mutated = 0;
  for (; Now() < end; ++mutated) Run(mutator.Next());
  std::printf("%zu inputs of the corpus, %ld mutations of seed %llu\n",
              corpus.size(), mutated, static_cast<unsigned long long>(seed));
}
