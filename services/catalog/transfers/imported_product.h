// One product as a file states it, with the places of what it states.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORTED_PRODUCT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORTED_PRODUCT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/csv.h"
#include "common/base/csv_dialect.h"
#include "services/catalog/transfers/cell_text.h"
#include "services/catalog/transfers/translation_texts.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops::catalog {

// What a file says something about. The rest stays as it is.
struct StatedFields {
  bool title = false, description = false, language = false, kind = false, brand = false, tags = false;
  bool categories = false, product_type = false, options = false;
  bool barcode = false, price = false, cost = false;  // of variants
  StatedSeo seo;
  std::vector<StatedTexts> translations;
  // JSON: a list or map that is stated replaces what is there as a whole; otherwise translations are merged by
  // language, attributes by key and variants by SKU.
  bool whole_variants = false, whole_translations = false, whole_attributes = false;
};

struct ImportedAttribute {
  std::string key;
  std::string text;
};

// The SKU of a variant of a file that need not state one (Shopify's).
struct SkuChoice {
  // Its cell; empty, or no SKU: the variant's was made from the handle and the option values.
  std::string cell;
  bool stated = false;
  // A variant further up in the file has the variant's SKU.
  bool repeated = false;
  // If the variant's SKU is that of another one.
  std::string alternative;
  // Of the cell, or of its row; and the cell's header.
  TextPlace place;
  std::string column;
};

// Cells of a variant that could not be read, so that the file states nothing of them.
struct LeftOutCells {
  bool barcode = false, price = false, cost = false;
};

struct ImportedProduct {
  std::shared_ptr<const StatedFields> stated;
  // Without categories and attributes, save attributes of JSON.
  v1::Product product;
  std::vector<CategoryPath> categories;  // a path of one "categories/12" is that name
  std::string product_type;              // title or "productTypes/3"; in `stated` or not
  std::vector<ImportedAttribute> attributes;
  std::string group;  // what its rows have in common; may be empty
  int64_t rows = 1;
  int64_t line = 0;  // where it begins
  // Of each variant of `product`: the places of its row's cells. None for JSON.
  std::vector<std::vector<TextPlace>> cells;
  // Rows with something in a column that is ignored, in the order of ProductReader::ignored_columns; may be shorter.
  std::vector<int64_t> ignored_rows;
  // The key of a product of Shopify's, as a slug; empty for others.
  std::string handle;
  // Of a product that has no title and gets none by the file; empty: it must have one.
  std::string fallback_title;
  // Of each variant; empty: SKUs are as they are stated.
  std::vector<SkuChoice> skus;
  // What a product cannot keep is left out of it with a warning.
  bool lenient = false;
  std::vector<LeftOutCells> left_out;  // of each variant; may be shorter
  LeftOutCells& LeftOut(size_t variant) {
    if (left_out.size() <= variant) left_out.resize(variant + 1);
    return left_out[variant];
  }
  std::vector<v1::ImportError> errors;
  std::vector<v1::ImportError> warnings;
};

// Products of a file, one after the other.
class ProductReader {
 public:
  virtual ~ProductReader() = default;
  // False at the end of the file. INVALID_ARGUMENT: it cannot be read any further, with the place in the message; other
  // errors are those of the source.
  virtual absl::StatusOr<bool> Next(ImportedProduct* product) = 0;
  // Read so far.
  virtual int64_t bytes() const = 0;
  virtual v1::TransferFormat format() const = 0;
  // Of a CSV file.
  virtual CsvDialect dialect() const { return {TextEncoding::kUtf8, 0}; }
  // Columns whose values go nowhere.
  virtual std::vector<v1::IgnoredColumn> ignored_columns() const { return {}; }
  // Header of the column that keeps this field of a product ("variants[1].sku"), and its number from 0; -1 if there is
  // none. `variant`: which variant's field it is, -1 for one of the product.
  struct FieldColumn {
    int column = -1;
    std::string header;
    int variant = -1;
  };
  virtual FieldColumn FindColumn(const std::string& field, const v1::Product& product) const = 0;
};

struct ReaderOptions {
  v1::TransferFormat format = v1::TRANSFER_FORMAT_UNSPECIFIED;
  std::string language = "en";
  std::string currency;
  // Variants of Shopify's files without a SKU of their own get one.
  bool complete_skus = true;
  // Costs of the file are left out of its products, and the reader reports it.
  bool without_costs = false;
  // The file again from its beginning: then rows of a product of Shopify's that do not stand together are put together.
  std::function<absl::StatusOr<CsvReader::Source>()> reopen;
  // For temporary files; needed with `reopen`.
  std::string scratch_folder;
  CsvDialect dialect;
};
// Finds out the format if need be and reads the header. INVALID_ARGUMENT for a header that cannot be used.
absl::StatusOr<std::unique_ptr<ProductReader>> OpenProductReader(CsvReader::Source source,
                                                                 const ReaderOptions& options);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORTED_PRODUCT_H_
