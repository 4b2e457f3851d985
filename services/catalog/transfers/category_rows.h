// Categories as the rows of a CSV file state them, without regard to those that are there.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_ROWS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/csv_dialect.h"
#include "services/catalog/transfers/cell_text.h"
#include "storeops/catalog/v1/category.pb.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops::catalog {

inline constexpr size_t kMaxCategoryFileBytes = 4 << 20;
inline constexpr size_t kMaxCategoryRows = 10'000;

enum class CategoryColumnKind {
  kKey,
  kPath,
  kParent,
  kTitle,
  kDescription,
  kLanguage,
  kPosition,
  kSlug,
  kTranslatedTitle,
  kTranslatedDescription,
};

struct CategoryColumn {
  CategoryColumnKind kind;
  std::string header;
  std::string language;  // of a translation
};

// How a file names a category: a key that means something in the file only, a path from the root, or "categories/12".
struct CategoryReference {
  std::string key;
  CategoryPath path;
  std::string name;

  bool empty() const { return key.empty() && path.empty() && name.empty(); }
};

struct CategoryRow {
  int64_t line = 0;
  std::vector<TextPlace> places;  // of its cells
  CategoryReference self;
  // Of the parent, if there is such a column; empty: a root. In a file with keys `key` is set too.
  CategoryReference parent;
  // What the row says, without the parent. The title of a path without a column for titles is the path's last part.
  v1::Category category;
};

struct CategoryFile {
  std::vector<CategoryColumn> columns;
  std::vector<CategoryRow> rows;
  std::vector<v1::ImportError> errors;
  std::vector<v1::ImportError> warnings;  // cells that were cleaned
  CsvDialect dialect;                     // in which it was read
  // False: what is not in `rows` may be in a row that could not be read.
  bool complete = true;

  // The first column of this kind, -1 if there is none.
  int Find(CategoryColumnKind kind, absl::string_view language = "") const;
  bool Has(CategoryColumnKind kind) const { return Find(kind) >= 0; }
  // Where a field of a category ("title", "translations[0].title" of `category`) stands in the file; -1: nowhere.
  int FindField(absl::string_view field, const v1::Category& category) const;
  // About a cell, or with -1 about the whole row.
  v1::ImportError ErrorAt(const CategoryRow& row, int column, std::string message) const;
};

// Reads on behind what is wrong, as far as the text can be taken apart. Rows without a title and the like, which the
// annotations of Category refuse, are in `rows` and in `errors`.
CategoryFile ReadCategoryFile(absl::string_view text, const CsvDialect& dialect = {});

// A path as a cell has it, so that it is not taken for a name.
std::string FormatCategoryReference(const CategoryPath& path);

// The header of a file with paths; translations of these languages.
std::vector<std::string> CategoryHeader(const std::vector<std::string>& languages);

// Writes what the columns of `file`, of which `row` is one, say over `category`; translations are merged by language.
void MergeCategory(const CategoryFile& file, const CategoryRow& row, v1::Category* category);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_ROWS_H_
