// The countries of the retail data.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_COUNTRIES_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_COUNTRIES_H_

#include "absl/strings/string_view.h"

namespace storeops {

// ISO 3166-1 of a country as the data name it ("EIRE" is IE, "RSA" is ZA); empty for names that stand for none or for
// several ("Unspecified", "European Community", "Channel Islands").
absl::string_view RetailCountry(absl::string_view name);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_COUNTRIES_H_
