#include "services/catalog/transfers/imported_text.h"

#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/input_text.h"
#include "common/base/message_text.h"
#include "services/catalog/transfers/error_places.h"

namespace storeops::catalog {
namespace {

struct Findings {
  std::vector<FieldViolation> violations;
  std::vector<FieldViolation> changes;
};

void Normalize(TextForm form, const std::string& field, std::string* text, Findings* findings) {
  const std::string change = CleanFileText(form, text);
  if (!change.empty()) findings->changes.push_back({field, change});
  const std::string problem = NormalizeText(form, text);
  if (!problem.empty()) findings->violations.push_back({field, problem});
}

}  // namespace

void NormalizeImported(const ProductReader& reader, ImportedProduct* imported) {
  Findings findings;
  findings.violations = NormalizeFileTexts(&imported->product, &findings.changes);
  for (size_t i = 0; i < imported->categories.size(); ++i) {
    const std::string field = absl::StrCat("categories[", i, "]");
    for (std::string& title : imported->categories[i]) Normalize(TextForm::kLine, field, &title, &findings);
  }
  Normalize(TextForm::kLine, "product_type", &imported->product_type, &findings);
  for (ImportedAttribute& attribute : imported->attributes) {
    Normalize(TextForm::kLines, absl::StrCat("attributes[\"", attribute.key, "\"]"), &attribute.text, &findings);
  }
  if (findings.violations.empty() && findings.changes.empty()) return;
  std::vector<int> origins(imported->product.variants_size());
  std::iota(origins.begin(), origins.end(), 0);
  for (const FieldViolation& violation : findings.violations) {
    imported->errors.push_back(PlaceViolation(*imported, imported->product, origins, reader, violation));
  }
  for (const FieldViolation& change : findings.changes) {
    imported->warnings.push_back(PlaceViolation(*imported, imported->product, origins, reader, change));
  }
}

}  // namespace storeops::catalog
