#include "services/storeops/stock/stock_file.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "common/base/errors.h"
#include "common/base/input_text.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/base/validation.h"
#include "common/base/visible_text.h"

namespace storeops {
namespace {

using Row = inventory::v1::ImportStockRequest::Row;
using Level = inventory::v1::StockLevel;

constexpr absl::string_view kTextColumns[] = {"sku", "location", "lot", "bin", "expire_date"};
constexpr absl::string_view kTimeColumn = "counted_at";
constexpr absl::string_view kNumberColumns[] = {"on_hand", "safety_stock", "backorder_limit", "preorder_limit"};
// Of an export: passed over by an import, because they follow from movements only.
constexpr absl::string_view kReadOnlyColumns[] = {"reserved", "available",    "incoming",
                                                  "damaged",  "quality_hold", "sellable"};

template <size_t kSize>
bool IsIn(const absl::string_view (&columns)[kSize], absl::string_view column) {
  return std::find(std::begin(columns), std::end(columns), column) != std::end(columns);
}

// Without the blanks around it, the one that does not break lines too: spreadsheets leave them behind.
absl::string_view Trimmed(absl::string_view text) {
  constexpr absl::string_view kNoBreakSpace = "\xC2\xA0";
  for (size_t before = text.size() + 1; text.size() < before;) {
    before = text.size();
    text = absl::StripAsciiWhitespace(text);
    absl::ConsumePrefix(&text, kNoBreakSpace);
    absl::ConsumeSuffix(&text, kNoBreakSpace);
  }
  return text;
}

void SetText(absl::string_view column, absl::string_view text, Row* row) {
  if (column == "sku") row->set_sku(std::string(text));
  if (column == "location") row->set_location_code(std::string(text));
  if (column == "lot") row->set_lot(std::string(text));
  if (column == "bin") row->set_bin(std::string(text));
  if (column == "expire_date") row->set_expire_date(std::string(text));
}

void SetNumber(absl::string_view column, int64_t number, Row* row) {
  if (column == "on_hand") row->set_on_hand(number);
  if (column == "safety_stock") row->set_safety_stock(number);
  if (column == "backorder_limit") row->set_backorder_limit(number);
  if (column == "preorder_limit") row->set_preorder_limit(number);
}

}  // namespace

absl::StatusOr<absl::Time> ParseCountTime(absl::string_view text, absl::TimeZone zone) {
  if (absl::StatusOr<absl::Time> time = ParseRfc3339(text); time.ok()) return time;
  std::string iso(text);
  if (const size_t gap = iso.find(' '); gap != std::string::npos) iso[gap] = 'T';
  absl::CivilSecond civil;
  absl::CivilMinute minute;
  if (absl::ParseCivilTime(iso, &minute)) {
    civil = absl::CivilSecond(minute);
  } else if (!absl::ParseCivilTime(iso, &civil)) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a time such as 2026-11-30T14:05:00Z or 2026-11-30 14:05, not ", Visible(text)));
  }
  const absl::TimeZone::TimeInfo info = zone.At(civil);
  if (info.kind == absl::TimeZone::TimeInfo::UNIQUE) return info.pre;
  return absl::InvalidArgumentError(
      absl::StrCat(Visible(text), info.kind == absl::TimeZone::TimeInfo::SKIPPED ? " is no time" : " is there twice",
                   " in ", zone.name(), ": state the offset, such as +01:00"));
}

std::string StockColumnOf(absl::string_view field) {
  if (field == "count_time") return std::string(kTimeColumn);
  return field == "location_code" ? "location" : std::string(field);
}

absl::StatusOr<bool> StockFileReader::NextRow(std::vector<std::string>* fields) {
  while (true) {
    ASSIGN_OR_RETURN(const bool there, reader_->Next(fields));
    const auto blank = [](const std::string& field) { return Trimmed(field).empty(); };
    if (!there || !std::all_of(fields->begin(), fields->end(), blank)) return there;
  }
}

absl::Status StockFileReader::ReadHeader() {
  ASSIGN_OR_RETURN(reader_, OpenCsv(std::move(source_), &dialect_));
  ASSIGN_OR_RETURN(const bool there, NextRow(&columns_));
  for (std::string& column : columns_) column = std::string(Trimmed(column));
  if (!there) return absl::InvalidArgumentError("the file is empty: the first line names the columns");
  reader_->GetPlaces(&places_);
  std::vector<std::string> problems;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& column = columns_[i];
    const std::string place = absl::StrCat(places_[i].line, ":", places_[i].column);
    if (!IsIn(kTextColumns, column) && !IsIn(kNumberColumns, column) && !IsIn(kReadOnlyColumns, column) &&
        column != kTimeColumn) {
      problems.push_back(absl::StrCat(place, ": there is no column \"", column, "\""));
    } else if (std::find(columns_.begin(), columns_.begin() + i, column) != columns_.begin() + i) {
      problems.push_back(absl::StrCat(place, ": the column \"", column, "\" is there twice"));
    }
  }
  for (const char* needed : {"sku", "location"}) {
    if (std::find(columns_.begin(), columns_.end(), needed) != columns_.end()) continue;
    problems.push_back(absl::StrCat("1: the column \"", needed, "\" is missing"));
  }
  return problems.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

absl::StatusOr<bool> StockFileReader::Next(Row* row, std::vector<StockRowError>* errors) {
  std::vector<std::string> fields;
  ASSIGN_OR_RETURN(const bool there, NextRow(&fields));
  if (!there) return false;
  row->Clear();
  errors->clear();
  warnings_.clear();
  reader_->GetPlaces(&places_);
  if (fields.size() > columns_.size()) {
    errors->push_back({"", absl::StrCat("has more than ", columns_.size(), " fields")});
  }
  if (reader_->InvalidUtf8().has_value())
    errors->push_back({"", absl::StrCat("is not ", NameOf(*dialect_.encoding), " text")});
  if (!errors->empty()) return true;
  for (size_t i = 0; i < fields.size(); ++i) ReadField(columns_[i], Trimmed(fields[i]), row, errors);
  for (FieldViolation& violation : FindViolations(*row)) {
    errors->push_back({StockColumnOf(violation.field), std::move(violation.description)});
  }
  return true;
}

void StockFileReader::ReadField(absl::string_view column, absl::string_view text, Row* row,
                                std::vector<StockRowError>* errors) {
  if (IsIn(kReadOnlyColumns, column)) return;
  std::string cleaned(text);
  std::string change = CleanFileText(TextForm::kLine, &cleaned);
  if (!change.empty()) warnings_.push_back({std::string(column), std::move(change)});
  if (std::string problem = NormalizeText(TextForm::kLine, &cleaned); !problem.empty()) {
    return errors->push_back({std::string(column), std::move(problem)});
  }
  text = cleaned;
  if (text.empty()) return;
  if (IsIn(kTextColumns, column)) return SetText(column, text, row);
  if (column == kTimeColumn) {
    const absl::StatusOr<absl::Time> time = ParseCountTime(text, zone_);
    if (!time.ok()) return errors->push_back({std::string(column), std::string(time.status().message())});
    *row->mutable_count_time() = ToTimestamp(*time);
    return;
  }
  int64_t number = 0;
  constexpr int64_t kMost = 1'000'000'000;
  if (absl::SimpleAtoi(text, &number) && number >= 0 && number <= kMost) return SetNumber(column, number, row);
  errors->push_back({std::string(column), absl::StrCat("must be a number from 0 to ", kMost, ", not \"", text, "\"")});
}

std::string StockFileReader::PlaceOf(absl::string_view column) const {
  for (size_t i = 0; i < std::min(columns_.size(), places_.size()); ++i) {
    if (columns_[i] == column) return absl::StrCat(places_[i].line, ":", places_[i].column);
  }
  return absl::StrCat(line());
}

std::string StockFileHeader() {
  return "sku,location,on_hand,safety_stock,backorder_limit,preorder_limit,reserved,available,incoming,damaged,"
         "quality_hold,sellable\n";
}

std::string StockFileLine(const Level& level, const std::map<std::string, std::string>& codes) {
  std::string line;
  AppendCsvField(level.sku(), &line);
  line += ',';
  const auto code = codes.find(level.location());
  AppendCsvField(code == codes.end() ? level.location() : code->second, &line);
  for (const int64_t number :
       {level.on_hand(), level.safety_stock(), level.backorder_limit(), level.preorder_limit(), level.reserved(),
        level.available(), level.incoming(), level.damaged(), level.quality_hold(), level.sellable()}) {
    absl::StrAppend(&line, ",", number);
  }
  return line + "\n";
}

}  // namespace storeops
