// Texts in several languages, as products, categories and others carry them.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSLATIONS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSLATIONS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "google/protobuf/repeated_field.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// One translation at most for each language, none for the text's own. Fields are named "translations[i].language".
std::vector<FieldViolation> CheckTranslations(absl::string_view own_language,
                                              const google::protobuf::RepeatedPtrField<v1::Translation>& translations);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSLATIONS_H_
