#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/csv_dialect.h"
#include "common/base/status_macros.h"
#include "common/base/visible_text.h"
#include "services/catalog/transfers/csv_products.h"
#include "services/catalog/transfers/file_errors.h"
#include "services/catalog/transfers/json_products.h"
#include "services/catalog/transfers/shopify_products.h"

namespace storeops::catalog {
namespace {

constexpr size_t kPeekBytes = 4096;

bool LooksLikeJson(absl::string_view head) {
  absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
  const size_t first = head.find_first_not_of(" \t\r\n");
  return first != absl::string_view::npos && head[first] == '{';
}

// Shopify's files name no currency: without one no product could be read.
absl::Status CheckCurrency(const ColumnPlan& plan, const ReaderOptions& options) {
  if (!options.currency.empty()) return absl::OkStatus();
  for (const ColumnKind kind : {ColumnKind::kPrice, ColumnKind::kCost}) {
    const int column = plan.Find(kind);
    if (column < 0) continue;
    return absl::InvalidArgumentError(absl::StrCat("line 1, field ", column + 1, ": ",
                                                   Visible(plan.columns[column].header),
                                                   " has no currency: neither the file nor the import names one"));
  }
  return absl::OkStatus();
}

// Reads the header; false for an empty file.
absl::StatusOr<bool> ReadHeader(CsvReader& reader, std::vector<std::string>* header) {
  bool any = false;
  do {
    ASSIGN_OR_RETURN(any, reader.Next(header));
  } while (any && IsBlankRow(*header));
  return any;
}

// Null: the rows of each product stand together, or the file cannot be read again.
absl::StatusOr<std::shared_ptr<ScatteredRows>> FindScattered(const ColumnPlan& plan, const ReaderOptions& options,
                                                             const CsvDialect& stated) {
  if (options.reopen == nullptr) return nullptr;
  ASSIGN_OR_RETURN(std::unique_ptr<HashFile> seen, HashFile::Create(options.scratch_folder));
  const auto rows = std::make_shared<ScatteredRows>(std::move(seen));
  for (const bool first_reading : {true, false}) {
    ASSIGN_OR_RETURN(CsvReader::Source source, options.reopen());
    CsvDialect dialect = stated;
    ASSIGN_OR_RETURN(std::unique_ptr<CsvReader> reader, OpenCsv(std::move(source), &dialect));
    std::vector<std::string> header;
    RETURN_IF_ERROR(ReadHeader(*reader, &header).status());
    ShopifyProducts products(std::move(reader), plan, options);
    RETURN_IF_ERROR(products.Survey(first_reading, rows.get()));
    if (first_reading && !rows->EndFirstReading()) return nullptr;
  }
  return rows;
}

absl::StatusOr<std::unique_ptr<ProductReader>> OpenCsvProducts(CsvReader::Source source, ReaderOptions options) {
  const CsvDialect stated = options.dialect;
  ASSIGN_OR_RETURN(std::unique_ptr<CsvReader> reader, OpenCsv(std::move(source), &options.dialect));
  std::vector<std::string> header;
  ASSIGN_OR_RETURN(const bool any, ReadHeader(*reader, &header));
  if (!any) return absl::InvalidArgumentError("line 1, column 1: the file is empty");
  if (const auto place = reader->InvalidUtf8(); place.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", place->line, ", column ", place->column, ": ", BadByteMessage(options.dialect)));
  }
  v1::TransferFormat format = options.format;
  if (format == v1::TRANSFER_FORMAT_UNSPECIFIED) {
    format = IsShopifyHeader(header) ? v1::TRANSFER_FORMAT_SHOPIFY_CSV : v1::TRANSFER_FORMAT_CSV;
  }
  absl::StatusOr<ColumnPlan> plan = PlanColumns(format, header, options.without_costs);
  if (!plan.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(plan.status().message(), "; the file was read as ", DescribeDialect(options.dialect)));
  }
  if (format != v1::TRANSFER_FORMAT_SHOPIFY_CSV) {
    return std::make_unique<CsvProducts>(std::move(reader), *std::move(plan), options);
  }
  RETURN_IF_ERROR(CheckCurrency(*plan, options));
  ASSIGN_OR_RETURN(std::shared_ptr<ScatteredRows> scattered, FindScattered(*plan, options, stated));
  return std::make_unique<ShopifyProducts>(std::move(reader), *std::move(plan), options, std::move(scattered));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProductReader>> OpenProductReader(CsvReader::Source source,
                                                                 const ReaderOptions& options) {
  if (options.format == v1::TRANSFER_FORMAT_JSON_LINES) {
    return std::make_unique<JsonProducts>(std::move(source), options.without_costs);
  }
  if (options.format == v1::TRANSFER_FORMAT_UNSPECIFIED) {
    ASSIGN_OR_RETURN(const std::string head, PeekSource(kPeekBytes, &source));
    if (LooksLikeJson(head)) return std::make_unique<JsonProducts>(std::move(source), options.without_costs);
  }
  return OpenCsvProducts(std::move(source), options);
}

}  // namespace storeops::catalog
