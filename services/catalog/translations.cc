#include "services/catalog/translations.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace storeops::catalog {

std::vector<FieldViolation> CheckTranslations(
    absl::string_view own_language, const google::protobuf::RepeatedPtrField<v1::Translation>& translations) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<std::string> languages = {absl::AsciiStrToLower(own_language)};
  for (int i = 0; i < translations.size(); ++i) {
    const std::string& language = translations[i].language();
    if (!language.empty() && !languages.insert(absl::AsciiStrToLower(language)).second) {
      violations.push_back({absl::StrCat("translations[", i, "].language"),
                            "is the text's own language or that of another translation"});
    }
  }
  return violations;
}

}  // namespace storeops::catalog
