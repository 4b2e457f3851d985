#include "services/storeops/import/retail_countries.h"

#include <algorithm>
#include <iterator>

namespace storeops {
namespace {

struct Country {
  absl::string_view name;
  absl::string_view code;
};

// In byte order of the names.
constexpr Country kCountries[] = {
    {"Australia", "AU"},
    {"Austria", "AT"},
    {"Bahrain", "BH"},
    {"Belgium", "BE"},
    {"Brazil", "BR"},
    {"Canada", "CA"},
    {"Cyprus", "CY"},
    {"Czech Republic", "CZ"},
    {"Denmark", "DK"},
    {"EIRE", "IE"},
    {"Finland", "FI"},
    {"France", "FR"},
    {"Germany", "DE"},
    {"Greece", "GR"},
    {"Hong Kong", "HK"},
    {"Iceland", "IS"},
    {"Israel", "IL"},
    {"Italy", "IT"},
    {"Japan", "JP"},
    {"Lebanon", "LB"},
    {"Lithuania", "LT"},
    {"Malta", "MT"},
    {"Netherlands", "NL"},
    {"Norway", "NO"},
    {"Poland", "PL"},
    {"Portugal", "PT"},
    {"RSA", "ZA"},
    {"Saudi Arabia", "SA"},
    {"Singapore", "SG"},
    {"Spain", "ES"},
    {"Sweden", "SE"},
    {"Switzerland", "CH"},
    {"USA", "US"},
    {"United Arab Emirates", "AE"},
    {"United Kingdom", "GB"},
};

}  // namespace

absl::string_view RetailCountry(absl::string_view name) {
  const auto found =
      std::lower_bound(std::begin(kCountries), std::end(kCountries), name,
                       [](const Country& country, absl::string_view wanted) { return country.name < wanted; });
  return found != std::end(kCountries) && found->name == name ? found->code : "";
}

}  // namespace storeops
