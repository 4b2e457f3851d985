#include "services/storeops/transfer/category_files.h"

#include <algorithm>
#include <cstdio>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "google/rpc/error_details.pb.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/transfer/new_file.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops {
namespace {

using catalog::v1::CategoryChange;
using catalog::v1::ExportCategoriesRequest;
using catalog::v1::ExportCategoriesResponse;
using catalog::v1::ImportCategoriesRequest;
using catalog::v1::ImportCategoriesResponse;

constexpr char kImportCategoriesMethod[] = "storeops.catalog.v1.TransferService/ImportCategories";
constexpr char kExportCategoriesMethod[] = "storeops.catalog.v1.TransferService/ExportCategories";
constexpr size_t kReadBytes = 64 << 10;
// What the server takes; the rest of a file that is larger is not read.
constexpr size_t kMaxBytes = 4 << 20;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  ASSIGN_OR_RETURN(GzipFile file, GzipFile::Open(path));
  std::string text;
  while (true) {
    const size_t size = text.size();
    text.resize(size + kReadBytes);
    ASSIGN_OR_RETURN(const size_t read, file.Read(text.data() + size, kReadBytes));
    text.resize(size + read);
    if (read == 0) return text;
    if (text.size() > kMaxBytes) {
      return absl::InvalidArgumentError(absl::StrCat(path, " has more than ", kMaxBytes, " bytes"));
    }
  }
}

// "file:3:5:title" -> "tree.csv:3:5: title"
std::string PlaceIn(const std::string& path, absl::string_view field) {
  if (!absl::ConsumePrefix(&field, "file:")) return absl::StrCat(path, ": ", field);
  const size_t end = std::min(field.find_first_not_of("0123456789:"), field.size());
  absl::string_view place = field.substr(0, end);
  absl::ConsumeSuffix(&place, ":");
  return absl::StrCat(path, ":", place, end < field.size() ? ": " : "", field.substr(end));
}

// INVALID_ARGUMENT about the file's contents, said in its own lines.
absl::Status PrintErrors(const std::string& path, const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  google::rpc::ErrorInfo info;
  if (!GetDetail(status, &bad_request) || !GetDetail(status, &info)) return status;
  for (const auto& violation : bad_request.field_violations()) {
    std::fprintf(stderr, "%s: %s\n", PlaceIn(path, violation.field()).c_str(), violation.description().c_str());
  }
  int all = bad_request.field_violations_size();
  const auto counted = info.metadata().find("errors");
  if (counted != info.metadata().end() && !absl::SimpleAtoi(counted->second, &all)) return status;
  if (all > bad_request.field_violations_size()) {
    std::fprintf(stderr, "and %d more\n", all - bad_request.field_violations_size());
  }
  return absl::InvalidArgumentError("the file was rejected: nothing was written");
}

void PrintChange(const CategoryChange& change) {
  switch (change.kind()) {
    case CategoryChange::CREATED:
      return absl::PrintF("create %s\n", change.path()), void();
    case CategoryChange::MOVED:
      return absl::PrintF("move   %s -> %s\n", change.old_path(), change.path()), void();
    default:
      return absl::PrintF("update %s%s\n", change.old_path(),
                          change.old_path() == change.path() ? "" : " -> " + change.path()),
             void();
  }
}

void PrintReport(const ImportCategoriesResponse& report) {
  if (report.validate_only()) {
    for (const CategoryChange& change : report.changes()) PrintChange(change);
    const int more = report.created() + report.moved() + report.updated() - report.changes_size();
    if (more > 0) absl::PrintF("and %d more\n", more);
  }
  const auto line = [&](const char* what, int count, bool written) {
    const bool dry = written && report.validate_only();
    absl::PrintF("%-21s %8d%s\n", what, count, dry ? "  nothing was written: dry run" : "");
  };
  line("rows read", report.rows(), false);
  line("  created", report.created(), true);
  line("  moved", report.moved(), true);
  line("  updated", report.updated(), true);
  line("  unchanged", report.unchanged(), false);
  if (report.warnings() > 0) line("warnings", report.warnings(), false);
  // What most files are need not be stated.
  if (report.encoding() != catalog::v1::TEXT_ENCODING_UTF_8 || report.delimiter() != ",") {
    absl::PrintF("read as %s\n", DescribeCsv(report.encoding(), report.delimiter()));
  }
  std::fflush(stdout);
}

void PrintWarnings(const std::string& path, const ImportCategoriesResponse& report) {
  for (const auto& warning : report.first_warnings()) {
    std::fprintf(stderr, "%s\n",
                 absl::StrCat(path, ":", warning.line(), ":", warning.column(), ": warning: ", warning.field(), ": ",
                              warning.message())
                     .c_str());
  }
  if (report.warnings() > report.first_warnings_size()) {
    std::fprintf(stderr, "and %d more warnings\n", report.warnings() - report.first_warnings_size());
  }
}

}  // namespace

void AddImportCategoriesOptions(CLI::App& command, ImportCategoriesOptions& options) {
  command.add_option("file", options.path, "The file, gzip or plain")->required();
  command.add_flag("--dry-run", options.dry_run, "Write nothing; report what would be");
  command.add_option("--language", options.language, "Of new categories that name none; default en");
  AddCsvOptions(command, options.csv);
}

absl::Status ImportCategories(Client& client, const ImportCategoriesOptions& options) {
  ImportCategoriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_file(), ReadFile(options.path));
  request.set_validate_only(options.dry_run);
  request.set_language(options.language);
  request.set_encoding(options.csv.encoding_proto());
  request.set_delimiter(options.csv.delimiter_text());
  request.set_request_id(RandomToken(16));
  ImportCategoriesResponse response;
  const absl::Status status =
      client.Call(kImportCategoriesMethod, request, &response, /*retry=*/true, absl::Seconds(120));
  if (absl::IsInvalidArgument(status)) return PrintErrors(options.path, status);
  RETURN_IF_ERROR(status);
  PrintReport(response);
  PrintWarnings(options.path, response);
  return absl::OkStatus();
}

void AddExportCategoriesOptions(CLI::App& command, ExportCategoriesOptions& options) {
  command.add_option("file", options.path, "The file to write, or - for stdout")->capture_default_str();
  command.add_option("--languages", options.languages, "Of translations; default: all")->delimiter(',');
}

absl::Status ExportCategories(Client& client, const ExportCategoriesOptions& options) {
  ExportCategoriesRequest request;
  request.mutable_languages()->Assign(options.languages.begin(), options.languages.end());
  ASSIGN_OR_RETURN(NewFile file, NewFile::Open(options.path));
  int categories = -1;
  absl::Status written;
  const auto on_message = [&](const std::string& bytes) {
    ExportCategoriesResponse message;
    written = message.ParseFromString(bytes) ? file.Write(message.chunk()) : absl::DataLossError("cannot be read");
    if (message.has_categories()) categories = message.categories();
    return written.ok();
  };
  rpc::PeerCall call;
  call.method = kExportCategoriesMethod;
  absl::Status status = client.peer().Stream(std::move(call), request.SerializeAsString(), on_message);
  if (status.ok()) status = written;
  if (status.ok() && categories < 0) status = absl::DataLossError("the export ended before it was complete");
  if (status.ok()) status = file.Finish();
  if (!status.ok()) {
    file.Discard();
    return status;
  }
  std::fprintf(stderr, "categories %d\n", categories);
  return absl::OkStatus();
}

}  // namespace storeops
