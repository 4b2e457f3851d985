#include "services/catalog/translations.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace storeops::catalog {

std::vector<FieldViolation> CheckLanguages(absl::string_view own_language, const std::vector<std::string>& languages) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<std::string> seen = {absl::AsciiStrToLower(own_language)};
  for (size_t i = 0; i < languages.size(); ++i) {
    if (!languages[i].empty() && !seen.insert(absl::AsciiStrToLower(languages[i])).second) {
      violations.push_back({absl::StrCat("translations[", i, "].language"),
                            "is the text's own language or that of another translation"});
    }
  }
  return violations;
}

}  // namespace storeops::catalog
