#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "services/catalog/transfers/csv_products.h"
#include "services/catalog/transfers/json_products.h"

namespace storeops::catalog {
namespace {

constexpr size_t kPeekBytes = 4096;

// The text from its beginning, of which `head` was read already.
CsvReader::Source Rejoin(std::string head, CsvReader::Source source) {
  return [head = std::move(head), at = size_t{0}, source = std::move(source)](
             char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
    if (at == head.size()) return source(buffer, size);
    const size_t count = std::min(size, head.size() - at);
    std::memcpy(buffer, head.data() + at, count);
    at += count;
    return count;
  };
}

bool LooksLikeJson(absl::string_view head) {
  absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
  const size_t first = head.find_first_not_of(" \t\r\n");
  return first != absl::string_view::npos && head[first] == '{';
}

absl::StatusOr<std::unique_ptr<ProductReader>> OpenCsv(CsvReader::Source source, const ReaderOptions& options) {
  auto reader = std::make_unique<CsvReader>(std::move(source));
  std::vector<std::string> header;
  ASSIGN_OR_RETURN(const bool any, reader->Next(&header));
  if (!any) return absl::InvalidArgumentError("line 1, column 1: the file is empty");
  if (const auto place = reader->InvalidUtf8(); place.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", place->line, ", column ", place->column, ": this byte is not UTF-8 text"));
  }
  v1::TransferFormat format = options.format;
  if (format == v1::TRANSFER_FORMAT_UNSPECIFIED) {
    format = IsShopifyHeader(header) ? v1::TRANSFER_FORMAT_SHOPIFY_CSV : v1::TRANSFER_FORMAT_CSV;
  }
  ASSIGN_OR_RETURN(ColumnPlan plan, PlanColumns(format, header));
  return std::make_unique<CsvProducts>(std::move(reader), std::move(plan), options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProductReader>> OpenProductReader(CsvReader::Source source,
                                                                 const ReaderOptions& options) {
  if (options.format == v1::TRANSFER_FORMAT_JSON_LINES) return std::make_unique<JsonProducts>(std::move(source));
  if (options.format != v1::TRANSFER_FORMAT_UNSPECIFIED) return OpenCsv(std::move(source), options);
  std::string head(kPeekBytes, '\0');
  size_t filled = 0;
  while (filled < head.size()) {
    ASSIGN_OR_RETURN(const size_t read, source(head.data() + filled, head.size() - filled));
    if (read == 0) break;
    filled += read;
  }
  head.resize(filled);
  const bool json = LooksLikeJson(head);
  source = Rejoin(std::move(head), std::move(source));
  if (json) return std::make_unique<JsonProducts>(std::move(source));
  return OpenCsv(std::move(source), options);
}

}  // namespace storeops::catalog
