#include "services/storeops/stock/stock_commands.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/progress_bar.h"
#include "services/storeops/stock/stock_file.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops {
namespace {

using inventory::v1::ImportStockRequest;
using inventory::v1::ImportStockResponse;

constexpr char kStock[] = "storeops.inventory.v1.StockService/";
constexpr char kListLocations[] = "storeops.inventory.v1.LocationService/ListLocations";
constexpr absl::Duration kCheckLimit = absl::Minutes(15);
constexpr int kRowsAtOnce = 250;
constexpr int kPage = 500;

void Print(absl::string_view what, int64_t count, absl::string_view note = "") {
  std::fputs(absl::StrFormat("%-12s %9d%s%s\n", what, count, note.empty() ? "" : "  ", note).c_str(), stdout);
}

// Sends rows in parts and keeps the count of what became of them.
class Importer {
 public:
  Importer(Client& client, const ImportStockOptions& options, StockFileReader& reader)
      : client_(client), options_(options), reader_(reader), run_(RandomToken(12)) {
    request_.set_dry_run(options.dry_run);
    request_.set_cause(
        absl::StrCat("stockImports/", absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone())));
  }

  // Where a file breaks off, what was read before is sent.
  absl::Status Run(const GzipFile& file) {
    ProgressBar bar("importing", file.bytes_total());
    absl::Status status;
    while (status.ok()) {
      const absl::StatusOr<bool> there = TakeRow();
      if (!there.ok() || !*there) {
        const absl::Status sent = Send();
        return there.ok() ? sent : there.status();
      }
      bar.Set(file.bytes_read());
      if (request_.rows_size() == kRowsAtOnce) status = Send();
    }
    return status;
  }

  // `ended`: how Run did.
  absl::Status Report(const absl::Status& ended) const {
    if (options_.dry_run) std::fputs("nothing was written: dry run\n", stdout);
    Print("rows", rows_);
    Print("  changed", changed_);
    Print("  unchanged", unchanged_);
    Print("  refused", refused_);
    if (warnings_ > 0) Print("warnings", warnings_);
    if (adjusted_ > 0) Print("moved since", adjusted_, "rows whose stock moved after it was counted");
    Print("pieces more", more_);
    Print("pieces fewer", fewer_);
    std::fputs(absl::StrCat("read as ", DescribeDialect(reader_.dialect()), "\n").c_str(), stdout);
    if (!ended.ok()) std::fputs(WhereItEnded().c_str(), stdout);
    std::fflush(stdout);
    RETURN_IF_ERROR(ended);
    if (refused_ == 0) return absl::OkStatus();
    return absl::InvalidArgumentError(options_.dry_run ? absl::StrCat(refused_, " rows would be left out")
                                                       : absl::StrCat(refused_, " rows were left out"));
  }

 private:
  struct SentRow {
    int64_t line;
    std::map<std::string, std::string> places;  // by the API's names
  };

  // False at the end of the file.
  absl::StatusOr<bool> TakeRow() {
    StockFileReader::Row row;
    std::vector<StockRowError> errors;
    ASSIGN_OR_RETURN(const bool there, reader_.Next(&row, &errors));
    if (!there) return false;
    ++rows_;
    for (const StockRowError& warning : reader_.warnings()) {
      ++warnings_;
      Tell(reader_.PlaceOf(warning.column), absl::StrCat("warning: ", warning.column),
           absl::StrCat(warning.problem, " (SKU ", row.sku(), ")"));
    }
    if (errors.empty()) NoteRepetition(row, errors);
    for (const StockRowError& error : errors) Tell(reader_.PlaceOf(error.column), error.column, error.problem);
    if (!errors.empty()) {
      ++refused_;
      return true;
    }
    *request_.add_rows() = std::move(row);
    sent_rows_.push_back({reader_.line(), PlacesOf()});
    return true;
  }

  void NoteRepetition(const StockFileReader::Row& row, std::vector<StockRowError>& errors) {
    const size_t hash = absl::HashOf(row.sku(), row.location_code(), row.lot(), row.bin());
    const auto [first, is_new] = lines_.try_emplace(hash, reader_.line());
    if (is_new) return;
    errors.push_back({"sku", absl::StrCat("repeats line ", first->second, ": the same SKU, location, lot and bin")});
  }

  // Of the row that was read last.
  std::map<std::string, std::string> PlacesOf() const {
    std::map<std::string, std::string> places;
    for (const char* field : {"", "sku", "location_code", "lot", "bin", "expire_date", "on_hand", "safety_stock",
                              "backorder_limit", "preorder_limit", "count_time"}) {
      places[field] = reader_.PlaceOf(StockColumnOf(field));
    }
    return places;
  }

  void Tell(const std::string& place, absl::string_view column, absl::string_view problem) const {
    std::fprintf(stderr, "%s:%s%s%s: %s\n", options_.path.c_str(), place.c_str(), column.empty() ? "" : ": ",
                 std::string(column).c_str(), std::string(problem).c_str());
  }

  // Sales and receipts between the count and now.
  void TellMoved(int row, int64_t moved) {
    ++adjusted_;
    const auto& sent = request_.rows(row);
    Tell(sent_rows_[row].places["count_time"], "counted_at",
         absl::StrCat("on hand is ", sent.on_hand() + moved, ": counted ", sent.on_hand(), ", and ",
                      moved > 0 ? "+" : "", moved, " since then (SKU ", sent.sku(), ")"));
  }

  absl::Status Send() {
    if (request_.rows_size() == 0) return absl::OkStatus();
    request_.set_request_id(absl::StrCat(run_, "-", ++sent_));
    ImportStockResponse response;
    RETURN_IF_ERROR(client_.Call(absl::StrCat(kStock, "ImportStock"), request_, &response, /*retry=*/true));
    for (int i = 0; i < response.results_size() && i < static_cast<int>(sent_rows_.size()); ++i) {
      const auto& result = response.results(i);
      if (result.quantity() > 0) more_ += result.quantity();
      if (result.quantity() < 0) fewer_ -= result.quantity();
      if (result.outcome() == ImportStockResponse::CHANGED) ++changed_;
      if (result.outcome() == ImportStockResponse::UNCHANGED) ++unchanged_;
      if (result.outcome() != ImportStockResponse::REFUSED) {
        if (result.moved() != 0) TellMoved(i, result.moved());
        continue;
      }
      ++refused_;
      Tell(sent_rows_[i].places[result.field()], StockColumnOf(result.field()), result.problem());
    }
    last_line_ = sent_rows_.back().line;
    request_.clear_rows();
    sent_rows_.clear();
    return absl::OkStatus();
  }

  std::string WhereItEnded() const {
    if (options_.dry_run) return "the check ended early: see the error\n";
    if (last_line_ == 0) return "the import ended early: no row was imported\n";
    return absl::StrCat("the import ended early: the rows up to line ", last_line_,
                        " are imported, except those reported. Import the file again: they are unchanged then.\n");
  }

  Client& client_;
  const ImportStockOptions& options_;
  StockFileReader& reader_;
  const std::string run_;
  ImportStockRequest request_;
  std::vector<SentRow> sent_rows_;              // of the request
  absl::flat_hash_map<size_t, int64_t> lines_;  // where a row stands, by the hash of what it is about
  int sent_ = 0;
  int64_t last_line_ = 0;  // of the rows that a response is there for
  int64_t rows_ = 0, changed_ = 0, unchanged_ = 0, refused_ = 0, warnings_ = 0, adjusted_ = 0, more_ = 0, fewer_ = 0;
};

absl::StatusOr<std::map<std::string, std::string>> ReadCodes(Client& client) {
  std::map<std::string, std::string> codes;
  inventory::v1::ListLocationsRequest request;
  request.set_page_size(kPage);
  request.set_show_deleted(true);
  do {
    inventory::v1::ListLocationsResponse page;
    RETURN_IF_ERROR(client.Call(kListLocations, request, &page, /*retry=*/true));
    for (const auto& location : page.locations()) codes[location.name()] = location.code();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return codes;
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};

absl::Status WriteLevels(Client& client, std::FILE* file, int64_t* count) {
  ASSIGN_OR_RETURN(const auto codes, ReadCodes(client));
  std::fputs(StockFileHeader().c_str(), file);
  inventory::v1::ListStockRequest request;
  request.set_page_size(kPage);
  do {
    inventory::v1::ListStockResponse page;
    RETURN_IF_ERROR(client.Call(absl::StrCat(kStock, "ListStock"), request, &page, /*retry=*/true));
    for (const auto& level : page.levels()) std::fputs(StockFileLine(level, codes).c_str(), file);
    *count += page.levels_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (std::fflush(file) != 0 || std::ferror(file) != 0) return absl::InternalError(std::strerror(errno));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckStock(Client& client) {
  inventory::v1::CheckStockResponse checked;
  RETURN_IF_ERROR(client.Call(absl::StrCat(kStock, "CheckStock"), inventory::v1::CheckStockRequest(), &checked,
                              /*retry=*/true, kCheckLimit));
  Print("levels", checked.levels());
  Print("movements", checked.movements());
  Print("differences", checked.difference_count());
  std::fflush(stdout);
  for (const auto& difference : checked.differences()) {
    std::fprintf(stderr, "SKU \"%s\" at %s: %s is %s, should be %s\n", difference.sku().c_str(),
                 difference.location().c_str(), difference.counter().c_str(), absl::StrCat(difference.found()).c_str(),
                 absl::StrCat(difference.expected()).c_str());
  }
  if (checked.difference_count() == 0) return absl::OkStatus();
  return absl::DataLossError("stock differs from its ledger");
}

void AddImportStockOptions(CLI::App& command, ImportStockOptions& options) {
  command.add_option("file", options.path, "The file, gzip or plain")->required();
  command.add_flag("--dry-run", options.dry_run, "Write nothing; report what would be");
  command.add_option("--time-zone", options.time_zone,
                     "Of counted_at without an offset, e.g. Europe/Berlin; default: this machine's");
  AddCsvOptions(command, options.csv);
}

absl::Status ImportStock(Client& client, const ImportStockOptions& options) {
  ASSIGN_OR_RETURN(GzipFile file, GzipFile::Open(options.path));
  absl::TimeZone zone = absl::LocalTimeZone();
  if (!options.time_zone.empty() && !absl::LoadTimeZone(options.time_zone, &zone)) {
    return absl::InvalidArgumentError(absl::StrCat("--time-zone: there is no time zone ", options.time_zone));
  }
  StockFileReader reader([&file](char* buffer, size_t size) { return file.Read(buffer, size); }, options.csv.dialect(),
                         zone);
  RETURN_IF_ERROR(reader.ReadHeader());
  Importer importer(client, options, reader);
  return importer.Report(importer.Run(file));
}

void AddExportStockOptions(CLI::App& command, ExportStockOptions& options) {
  command.add_option("file", options.path, "The file to write, or - for stdout")->required();
}

absl::Status ExportStock(Client& client, const ExportStockOptions& options) {
  const bool to_stdout = options.path == "-";
  const std::string next = options.path + ".next";
  std::unique_ptr<std::FILE, CloseFile> file(to_stdout ? stdout : std::fopen(next.c_str(), "wb"));
  if (file == nullptr) return absl::InvalidArgumentError(absl::StrCat(next, ": ", std::strerror(errno)));
  int64_t count = 0;
  const absl::Status status = WriteLevels(client, file.get(), &count);
  file = nullptr;
  if (!status.ok()) {
    if (!to_stdout) std::remove(next.c_str());
    return status;
  }
  if (!to_stdout && std::rename(next.c_str(), options.path.c_str()) != 0) {
    return absl::InternalError(absl::StrCat(options.path, ": ", std::strerror(errno)));
  }
  std::fprintf(stderr, "levels %s\n", absl::StrCat(count).c_str());
  return absl::OkStatus();
}

}  // namespace storeops
