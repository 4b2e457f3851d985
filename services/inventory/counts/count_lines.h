// The lines of a count: what was expected, what was found, and whether that is good enough.
#ifndef STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_LINES_H_
#define STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_LINES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storeops/inventory/v1/count.pb.h"

namespace storeops::inventory {

inline constexpr int kMaxCountLines = 5000;

struct CountPlace {
  std::string sku;
  std::string lot;
  std::string bin;

  friend auto operator<=>(const CountPlace&, const CountPlace&) = default;
  friend bool operator==(const CountPlace&, const CountPlace&) = default;
};

struct CountedLine {
  int line = 0;
  CountPlace place;
  int64_t expected = 0;
  std::optional<int64_t> counted;
  std::optional<int64_t> book;
  int64_t book_movement = 0;  // see CountEntry
  std::optional<int64_t> first_counted;
  int entries = 0;  // times that it was counted; a correction before it was submitted is not another time
  bool recount = false;
  std::string counter;
  absl::Time count_time = absl::InfinitePast();
  std::string note;
  std::optional<int64_t> posted;

  int64_t difference() const { return counted.value_or(0) - book.value_or(0); }
  bool waits() const { return !counted.has_value() || recount; }
};

// What somebody found, and what the ledger says for that time.
struct CountEntry {
  int64_t quantity = 0;
  int64_t book = 0;
  // The last movement of the ledger that is in `book`; 0: `book` is what it was at `time`.
  int64_t book_movement = 0;
  std::string counter;
  absl::Time time;
  std::string note;
};
void Enter(const CountEntry& entry, CountedLine& line);

// Marks the lines that differ beyond the count's tolerance and were counted once. How many.
int DemandRecounts(const v1::Count& count, std::vector<CountedLine>& lines);

// FAILED_PRECONDITION LINES_TO_COUNT, naming the first ones, if lines wait for a quantity.
absl::Status CheckAllCounted(const v1::Count& count, const std::vector<CountedLine>& lines);

// A line whose stock was corrected after it was counted: by another count, a file, or an adjustment that corrects what
// is on record. Posting its difference as well would correct the same mistake twice.
struct CorrectedLine {
  int line = 0;
  int64_t change = 0;  // of on hand, by all corrections
  std::string cause;   // of one of them
};
// FAILED_PRECONDITION CORRECTED_SINCE_COUNTED, naming each of `posted` that is among `corrected`.
absl::Status CheckNotCorrected(const v1::Count& count, const std::vector<CountedLine>& posted,
                               const std::vector<CorrectedLine>& corrected);

// Puts the numbers of lines into the count.
void Summarise(const std::vector<CountedLine>& lines, v1::Count& count);

// As clients see it; `hide` what is expected.
v1::CountLine ToMessage(const CountedLine& line, bool hide);

// While a blind count is counted.
bool HidesExpected(const v1::Count& count);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_LINES_H_
