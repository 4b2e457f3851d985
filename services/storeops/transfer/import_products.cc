#include "services/storeops/transfer/import_products.h"

#include <cstdio>
#include <map>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "google/longrunning/operations.pb.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/progress_bar.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops {
namespace {

using catalog::v1::ImportError;
using catalog::v1::ImportOptions;
using catalog::v1::ImportProductsRequest;
using catalog::v1::ImportReport;
using google::longrunning::Operation;

constexpr size_t kChunkBytes = 256 << 10;
constexpr char kImportMethod[] = "storeops.catalog.v1.TransferService/ImportProducts";
constexpr char kWaitMethod[] = "storeops.operations.v1.OperationService/WaitOperation";

const std::map<std::string, catalog::v1::TransferFormat>& ImportFormats() {
  static const auto* formats =
      new std::map<std::string, catalog::v1::TransferFormat>{{"auto", catalog::v1::TRANSFER_FORMAT_UNSPECIFIED},
                                                             {"csv", catalog::v1::TRANSFER_FORMAT_CSV},
                                                             {"jsonl", catalog::v1::TRANSFER_FORMAT_JSON_LINES},
                                                             {"shopify", catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV}};
  return *formats;
}

const std::map<std::string, ImportOptions::Policy>& Policies() {
  static const auto* policies = new std::map<std::string, ImportOptions::Policy>{
      {"stop", ImportOptions::STOP}, {"skip", ImportOptions::SKIP}, {"reject-all", ImportOptions::REJECT_ALL}};
  return *policies;
}

ImportProductsRequest FirstRequest(const ImportProductsOptions& options) {
  ImportProductsRequest request;
  ImportOptions& import = *request.mutable_options();
  import.set_request_id(RandomToken(16));
  import.set_format(ImportFormats().at(options.format));
  import.set_policy(Policies().at(options.policy));
  import.set_dry_run(options.dry_run);
  import.set_language(options.language);
  import.set_currency(options.currency);
  import.set_create_categories(options.create_categories);
  return request;
}

absl::StatusOr<Operation> Upload(Client& client, const ImportProductsOptions& options) {
  ASSIGN_OR_RETURN(GzipFile file, GzipFile::Open(options.path));
  ProgressBar bar("uploading", file.bytes_total());
  bool first = true;
  const auto next = [&](std::string* bytes) -> absl::StatusOr<bool> {
    ImportProductsRequest request;
    if (first) request = FirstRequest(options);
    std::string& chunk = *request.mutable_chunk();
    chunk.resize(kChunkBytes);
    ASSIGN_OR_RETURN(const size_t read, file.Read(chunk.data(), chunk.size()));
    if (read == 0 && !first) return false;
    first = false;
    chunk.resize(read);
    bar.Set(file.bytes_read());
    *bytes = request.SerializeAsString();
    return true;
  };
  rpc::PeerCall call;
  call.method = kImportMethod;
  ASSIGN_OR_RETURN(const std::string response, client.peer().Upload(std::move(call), next));
  Operation operation;
  if (!operation.ParseFromString(response)) return absl::DataLossError("the answer cannot be read");
  return operation;
}

absl::Status Await(Client& client, Operation* operation) {
  ProgressBar bar("importing", 1000);
  while (!operation->done()) {
    operations::v1::WaitOperationRequest request;
    request.set_name(operation->name());
    request.mutable_timeout()->set_nanos(300'000'000);
    RETURN_IF_ERROR(client.Call(kWaitMethod, request, operation, /*retry=*/true));
    operations::v1::OperationMetadata metadata;
    if (operation->metadata().UnpackTo(&metadata) && metadata.progress_total() > 0) {
      bar.Set(metadata.progress_done() * 1000 / metadata.progress_total());
    }
  }
  bar.Set(1000);
  return operation->has_error() ? FromRpcStatus(operation->error()) : absl::OkStatus();
}

void PrintErrors(const ImportProductsOptions& options, const Operation& operation, const ImportReport& report) {
  for (const ImportError& error : report.first_errors()) {
    std::fprintf(stderr, "%s:%s%s%s%s: %s\n", options.path.c_str(), absl::StrCat(error.line()).c_str(),
                 error.column() == 0 ? "" : absl::StrCat(":", error.column()).c_str(),
                 error.field().empty() ? "" : ": ", error.field().c_str(), error.message().c_str());
  }
  if (report.errors() <= report.first_errors_size()) return;
  std::fprintf(stderr, "%s more: storeops call TransferService/ListImportErrors '{\"operation\": \"%s\"}'\n",
               absl::StrCat(report.errors() - report.first_errors_size()).c_str(), operation.name().c_str());
}

}  // namespace

void AddImportProductsOptions(CLI::App& command, ImportProductsOptions& options) {
  command.add_option("file", options.path, "The file, gzip or plain")->required();
  command.add_option("--format", options.format, "auto: found out from the file")
      ->check(CLI::IsMember(ImportFormats()))
      ->capture_default_str();
  command.add_option("--policy", options.policy, "When a row is wrong: stop there, skip it, or reject the whole file")
      ->check(CLI::IsMember(Policies()))
      ->capture_default_str();
  command.add_flag("--dry-run", options.dry_run, "Write nothing; report what would be");
  command.add_option("--language", options.language, "Of texts that name none; default en");
  command.add_option("--currency", options.currency, "Of amounts that name none, ISO 4217");
  command.add_flag("--create-categories", options.create_categories, "Create categories that are missing");
}

std::string DescribeReport(const ImportReport& report) {
  std::string text;
  const auto line = [&text](absl::string_view what, int64_t count, absl::string_view note = "") {
    absl::StrAppendFormat(&text, "%-21s %8d%s%s\n", what, count, note.empty() ? "" : "  ", note);
  };
  const absl::string_view dry = report.dry_run() ? "nothing was written: dry run" : "";
  line("rows read", report.rows());
  line("  set aside", report.rows_set_aside());
  line("products", report.products());
  line("  created", report.products_created(), dry);
  line("  updated", report.products_updated(), dry);
  line("  unchanged", report.products_unchanged());
  line("  set aside", report.products_set_aside());
  if (report.categories_created() > 0) line("categories created", report.categories_created());
  line("errors", report.errors());
  std::string empty;
  for (const auto& column : report.ignored_columns()) {
    if (column.rows() == 0) {
      absl::StrAppend(&empty, empty.empty() ? "" : ", ", column.column());
    } else {
      absl::StrAppend(&text, "left out: \"", column.column(), "\" of ", column.rows(),
                      column.rows() == 1 ? " row: " : " rows: ", column.reason(), "\n");
    }
  }
  if (!empty.empty()) absl::StrAppend(&text, "left out, and empty: ", empty, "\n");
  return text;
}

absl::Status ImportProducts(Client& client, const ImportProductsOptions& options) {
  ASSIGN_OR_RETURN(Operation operation, Upload(client, options));
  RETURN_IF_ERROR(Await(client, &operation));
  ImportReport report;
  if (!operation.response().UnpackTo(&report)) return absl::DataLossError("the report cannot be read");
  std::fputs(DescribeReport(report).c_str(), stdout);
  std::fflush(stdout);
  PrintErrors(options, operation, report);
  switch (report.outcome()) {
    case ImportReport::REJECTED:
      return absl::InvalidArgumentError("the file was rejected: nothing was written");
    case ImportReport::STOPPED:
      return absl::InvalidArgumentError(report.dry_run() ? "the import would stop here; nothing was written: dry run"
                                                         : "the import stopped; what was written before stays");
    default:
      return absl::OkStatus();
  }
}

}  // namespace storeops
