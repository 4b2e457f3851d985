// The whole suite in one process: how soon it serves, and what it holds when nobody asks.
//   footprint_bench [STOREOPS [PRODUCTS...]]     default 0, 10000 and 100000 products
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "tests/bench/bench_support.h"

namespace storeops::bench {
namespace {

constexpr int kStarts = 5;

// Starts it several times on the data that is there.
void Measure(Table& table, RunningSuite& suite, int64_t products) {
  std::vector<double> seconds, megabytes;
  for (int i = 0; i < kStarts; ++i) {
    suite.Restart();
    seconds.push_back(suite.start_seconds());
    suite.AwaitQuiet();
    megabytes.push_back(ResidentMb(suite.pid()));
  }
  table.Add({Thousands(static_cast<double>(products)), Fixed(Median(seconds), 2), "< 1", Fixed(Median(megabytes), 0),
             "< 80"});
}

void Main(int argc, char** argv) {
  std::vector<int64_t> sizes;
  for (int i = 2; i < argc; ++i) {
    if (!absl::SimpleAtoi(argv[i], &sizes.emplace_back())) Fail("a number of products is wanted");
  }
  if (sizes.empty()) sizes = {0, 10'000, 100'000};
  RunningSuite suite(StoreopsProgram(argc, argv));
  Table table({"products", "from exec to SERVING, s", "wanted", "resident when idle, MB", "wanted"});
  int64_t loaded = 0;
  for (const int64_t size : sizes) {
    suite.Load(loaded, size);
    suite.AwaitQuiet();
    loaded = size;
    Measure(table, suite, size);
  }
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
