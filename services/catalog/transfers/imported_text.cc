#include "services/catalog/transfers/imported_text.h"

#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/input_text.h"
#include "common/base/message_text.h"
#include "services/catalog/transfers/error_places.h"

namespace storeops::catalog {
namespace {

void Normalize(TextForm form, const std::string& field, std::string* text, std::vector<FieldViolation>* violations) {
  const std::string problem = NormalizeText(form, text);
  if (!problem.empty()) violations->push_back({field, problem});
}

}  // namespace

void NormalizeImported(const ProductReader& reader, ImportedProduct* imported) {
  std::vector<FieldViolation> violations = NormalizeTexts(&imported->product);
  for (size_t i = 0; i < imported->categories.size(); ++i) {
    const std::string field = absl::StrCat("categories[", i, "]");
    for (std::string& title : imported->categories[i]) Normalize(TextForm::kLine, field, &title, &violations);
  }
  Normalize(TextForm::kLine, "product_type", &imported->product_type, &violations);
  for (ImportedAttribute& attribute : imported->attributes) {
    Normalize(TextForm::kLines, absl::StrCat("attributes[\"", attribute.key, "\"]"), &attribute.text, &violations);
  }
  if (violations.empty()) return;
  std::vector<int> origins(imported->product.variants_size());
  std::iota(origins.begin(), origins.end(), 0);
  for (const FieldViolation& violation : violations) {
    imported->errors.push_back(PlaceViolation(*imported, imported->product, origins, reader, violation));
  }
}

}  // namespace storeops::catalog
