// Runs a fuzzer without libFuzzer: every file of the corpus, then a fixed number of mutations of them, the same in each
// run. Ends with an error if the corpus is missing or empty; a finding shows as a crash.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kMutations = 20'000;
constexpr size_t kMaxInput = 4096;

std::vector<std::string> ReadCorpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // the folder's own order differs between machines
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

// One to eight changes: bytes flipped, cut, repeated, replaced, or a piece of another input put in.
std::string Mutate(const std::vector<std::string>& corpus, std::mt19937& random) {
  const auto below = [&random](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  std::string text = corpus[below(corpus.size())];
  for (size_t change = 0, changes = 1 + below(8); change < changes; ++change) {
    const size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        text.erase(at, below(16));
        break;
      case 2:
        text.insert(at, text.substr(at, below(16)));
        break;
      case 3:
        text.insert(at, 1, static_cast<char>(random()));
        break;
      default: {
        const std::string& other = corpus[below(corpus.size())];
        text.insert(at, other.substr(below(other.size() + 1), below(64)));
      }
    }
  }
  return text.substr(0, kMaxInput);
}

void Run(const std::string& text) {
  // A copy of exactly this size, so that a sanitizer sees reads beyond it.
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", arguments[0]);
    return 2;
  }
  const std::vector<std::string> corpus = ReadCorpus(arguments[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus in %s\n", arguments[1]);
    return 2;
  }
  for (const auto& text : corpus) Run(text);
  std::mt19937 random(1);
  for (int i = 0; i < kMutations; ++i) Run(Mutate(corpus, random));
  std::printf("%zu inputs and %d mutations\n", corpus.size(), kMutations);
  return 0;
}
