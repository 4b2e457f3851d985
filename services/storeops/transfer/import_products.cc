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

const std::map<std::string, ImportOptions::Skus>& SkuPolicies() {
  static const auto* policies = new std::map<std::string, ImportOptions::Skus>{{"complete", ImportOptions::COMPLETE},
                                                                               {"refuse", ImportOptions::REFUSE}};
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
  import.set_skus(SkuPolicies().at(options.skus));
  import.set_encoding(options.csv.encoding_proto());
  import.set_delimiter(options.csv.delimiter_text());
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

// "products.csv:3:12: price: what (SKU B-1)"
void PrintError(const std::string& path, const ImportError& error) {
  std::string line = absl::StrCat(path, ":", error.line());
  if (error.column() != 0) absl::StrAppend(&line, ":", error.column());
  if (error.severity() == ImportError::WARNING) absl::StrAppend(&line, ": warning");
  if (!error.field().empty()) absl::StrAppend(&line, ": ", error.field());
  absl::StrAppend(&line, ": ", error.message());
  if (!error.sku().empty()) absl::StrAppend(&line, " (SKU ", error.sku(), ")");
  std::fprintf(stderr, "%s\n", line.c_str());
}

void PrintMore(int64_t count, const char* severity, const Operation& operation) {
  if (count <= 0) return;
  std::fprintf(stderr,
               "%s more: storeops call TransferService/ListImportErrors '{\"operation\": \"%s\", \"severity\": "
               "\"%s\"}'\n",
               absl::StrCat(count).c_str(), operation.name().c_str(), severity);
}

void PrintErrors(const ImportProductsOptions& options, const Operation& operation, const ImportReport& report) {
  for (const ImportError& error : report.first_errors()) PrintError(options.path, error);
  PrintMore(report.errors() - report.first_errors_size(), "ERROR", operation);
  for (const ImportError& warning : report.first_warnings()) PrintError(options.path, warning);
  PrintMore(report.warnings() - report.first_warnings_size(), "WARNING", operation);
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
  command.add_option("--skus", options.skus, "Shopify's variants without a SKU of their own: complete or refuse them")
      ->check(CLI::IsMember(SkuPolicies()))
      ->capture_default_str();
  AddCsvOptions(command, options.csv);
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
  if (report.warnings() > 0) line("warnings", report.warnings());
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
  if (!report.delimiter().empty()) {
    absl::StrAppend(&text, "read as ", DescribeCsv(report.encoding(), report.delimiter()), "\n");
  }
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
      break;
  }
  if (report.products_set_aside() == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      report.products_set_aside(), report.products_set_aside() == 1 ? " product was" : " products were", " set aside"));
}

}  // namespace storeops
