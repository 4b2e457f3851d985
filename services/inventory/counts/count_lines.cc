#include "services/inventory/counts/count_lines.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "services/inventory/counts/count_states.h"
#include "services/inventory/stock/refusals.h"

namespace storeops::inventory {
namespace {

constexpr int kNamedLines = 10;

bool BeyondTolerance(const v1::Count& count, const CountedLine& line) {
  const int64_t share = *line.book * count.tolerance_percent() / 100;
  return std::abs(line.difference()) > std::max(count.tolerance_pieces(), share);
}

}  // namespace

void Enter(const CountEntry& entry, CountedLine& line) {
  if (line.entries == 0 || line.recount) {
    ++line.entries;
    if (line.counted.has_value() && !line.first_counted.has_value()) line.first_counted = line.counted;
  }
  line.recount = false;
  line.counted = entry.quantity;
  line.book = entry.book;
  line.book_movement = entry.book_movement;
  line.counter = entry.counter;
  line.count_time = entry.time;
  line.note = entry.note;
}

int DemandRecounts(const v1::Count& count, std::vector<CountedLine>& lines) {
  int demanded = 0;
  for (CountedLine& line : lines) {
    if (line.entries != 1 || !BeyondTolerance(count, line)) continue;
    line.recount = true;
    ++demanded;
  }
  return demanded;
}

absl::Status CheckAllCounted(const v1::Count& count, const std::vector<CountedLine>& lines) {
  int waiting = 0;
  std::string named;
  for (const CountedLine& line : lines) {
    if (!line.waits()) continue;
    if (++waiting <= kNamedLines) absl::StrAppend(&named, named.empty() ? "" : ", ", line.line);
  }
  if (waiting == 0) return absl::OkStatus();
  return PreconditionFailed(
      count_states::kAllCounted.reason, count.name(),
      absl::StrCat(waiting, " lines are to be counted: ", named, waiting > kNamedLines ? ", ..." : ""));
}

absl::Status CheckNotCorrected(const v1::Count& count, const std::vector<CountedLine>& posted,
                               const std::vector<CorrectedLine>& corrected) {
  std::vector<FieldViolation> violations;
  for (const CorrectedLine& one : corrected) {
    const auto line = std::find_if(posted.begin(), posted.end(),
                                   [&one](const CountedLine& candidate) { return candidate.line == one.line; });
    if (line == posted.end()) continue;
    violations.push_back({absl::StrCat("lines[", one.line, "]"),
                          absl::StrCat("SKU \"", line->place.sku, "\" was corrected by ", one.change, " (", one.cause,
                                       ") after it was counted: have the line counted again, or leave it out")});
  }
  if (violations.empty()) return absl::OkStatus();
  return FailedFields(count_states::kNotCorrected.reason, count.name(), violations);
}

void Summarise(const std::vector<CountedLine>& lines, v1::Count& count) {
  int entered = 0, recount = 0, different = 0;
  for (const CountedLine& line : lines) {
    entered += line.counted.has_value();
    recount += line.recount;
    different += line.counted.has_value() && line.difference() != 0;
  }
  count.set_line_count(static_cast<int>(lines.size()));
  count.set_entered_count(entered);
  count.set_recount_count(recount);
  count.set_different_count(HidesExpected(count) ? 0 : different);
}

v1::CountLine ToMessage(const CountedLine& line, bool hide) {
  v1::CountLine message;
  message.set_line(line.line);
  message.set_sku(line.place.sku);
  message.set_lot(line.place.lot);
  message.set_bin(line.place.bin);
  if (line.counted.has_value()) message.set_counted(*line.counted);
  if (line.first_counted.has_value()) message.set_first_counted(*line.first_counted);
  if (!hide) {
    message.set_expected(line.expected);
    if (line.book.has_value()) {
      message.set_book(*line.book);
      message.set_difference(line.difference());
    }
  }
  message.set_recount(line.recount);
  message.set_counter(line.counter);
  if (line.count_time != absl::InfinitePast()) *message.mutable_count_time() = ToTimestamp(line.count_time);
  message.set_note(line.note);
  if (line.posted.has_value()) message.set_posted(*line.posted);
  return message;
}

bool HidesExpected(const v1::Count& count) { return count.blind() && count.state() == v1::Count::COUNTING; }

}  // namespace storeops::inventory
