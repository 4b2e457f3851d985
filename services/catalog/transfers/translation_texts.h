// Translations as columns have them: each text apart.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSLATION_TEXTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSLATION_TEXTS_H_

#include <string>

#include "google/protobuf/repeated_field.h"
#include "services/catalog/transfers/seo_texts.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

using Translations = google::protobuf::RepeatedPtrField<v1::Translation>;

// Of which language a file says what.
struct StatedTexts {
  std::string language;
  bool title = false, description = false;
  StatedSeo seo;
};

// The translation into a language, added where there is none.
v1::Translation* MutableTranslation(const std::string& language, Translations* translations);

// Takes over what is stated; a translation without any text is dropped.
void MergeTranslation(const StatedTexts& texts, const Translations& from, Translations* translations);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSLATION_TEXTS_H_
