// Texts in several languages, as products, categories and others carry them.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSLATIONS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSLATIONS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "google/protobuf/repeated_field.h"

namespace storeops::catalog {

// One translation at most for each language, none for the text's own. Fields are named "translations[i].language".
std::vector<FieldViolation> CheckLanguages(absl::string_view own_language, const std::vector<std::string>& languages);

template <class Translation>
std::vector<FieldViolation> CheckTranslations(absl::string_view own_language,
                                              const google::protobuf::RepeatedPtrField<Translation>& translations) {
  std::vector<std::string> languages;
  for (const Translation& translation : translations) languages.push_back(translation.language());
  return CheckLanguages(own_language, languages);
}

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSLATIONS_H_
