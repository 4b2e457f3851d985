#include "services/catalog/transfers/category_export.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/csv.h"
#include "services/catalog/transfers/category_rows.h"

namespace storeops::catalog {
namespace {

using v1::Category;

class Writer {
 public:
  Writer(const CategoryTree& tree, std::vector<std::string> languages,
         absl::FunctionRef<bool(absl::string_view row)> write)
      : tree_(tree), languages_(std::move(languages)), write_(write) {
    if (languages_.empty()) languages_ = FindLanguages();
  }

  bool WriteAll() { return WriteRow(CategoryHeader(languages_)) && WriteBelow("", {}); }

 private:
  std::vector<std::string> FindLanguages() const {
    std::set<std::string> found;
    std::vector<const Category*> nodes = tree_.Children("");
    while (!nodes.empty()) {
      const Category& category = *nodes.back();
      nodes.pop_back();
      for (const auto& translation : category.translations()) found.insert(translation.language());
      const auto& children = tree_.Children(category.name());
      nodes.insert(nodes.end(), children.begin(), children.end());
    }
    return {found.begin(), found.end()};
  }

  // As deep as the tree is.
  bool WriteBelow(const std::string& parent, const CategoryPath& above) {
    for (const Category* category : tree_.Children(parent)) {
      CategoryPath path = above;
      path.push_back(category->title());
      if (!WriteRow(Cells(*category, above, path)) || !WriteBelow(category->name(), path)) return false;
    }
    return true;
  }

  // In the order of CategoryHeader.
  std::vector<std::string> Cells(const Category& category, const CategoryPath& above, const CategoryPath& path) const {
    std::vector<std::string> cells = {
        FormatCategoryReference(path), FormatCategoryReference(above),    category.title(), category.description(),
        category.language(),           absl::StrCat(category.position()), category.slug(),
    };
    for (const std::string& language : languages_) {
      cells.insert(cells.end(), 2, "");
      for (const auto& translation : category.translations()) {
        if (translation.language() != language) continue;
        *(cells.end() - 2) = translation.title();
        cells.back() = translation.description();
      }
    }
    return cells;
  }

  bool WriteRow(const std::vector<std::string>& cells) {
    row_.clear();
    for (const std::string& cell : cells) {
      if (&cell != &cells.front()) row_ += ',';
      AppendCsvField(cell, &row_);
    }
    row_ += '\n';
    return write_(row_);
  }

  const CategoryTree& tree_;
  std::vector<std::string> languages_;
  const absl::FunctionRef<bool(absl::string_view row)> write_;
  std::string row_;
};

}  // namespace

bool WriteCategories(const CategoryTree& tree, std::vector<std::string> languages,
                     absl::FunctionRef<bool(absl::string_view row)> write) {
  return Writer(tree, std::move(languages), write).WriteAll();
}

}  // namespace storeops::catalog
