// What the rules of collections see of a product.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_SUBJECT_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_SUBJECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// The shape of the category tree: parents by name, "" for roots.
using CategoryParents = absl::flat_hash_map<std::string, std::string>;

struct RuleSubject {
  // The product outlives the subject.
  RuleSubject(const v1::Product& product, const CategoryParents& parents, bool in_stock = true);

  const v1::Product& product;
  absl::Time create_time;
  // Those that it is filed in and all above them, each once.
  std::vector<std::string> categories;
  // Of the variant with the lowest price; nothing if none has one.
  struct Price {
    int64_t minor;
    std::string currency;
  };
  std::optional<Price> price;
  bool in_stock;
};

// Terms are what rules can be looked up by: a text for each simple thing that holds for a product.
enum class TermKind : char {
  kName = 'n',
  kBrand = 'b',
  kTag = 't',
  kCategory = 'c',  // in it or below it
  kProductType = 'p',
  kKind = 'k',
  kLanguage = 'l',
  kInStock = 's',          // "true" or "false"
  kAttribute = 'a',        // has it
  kAttributeText = 'v',    // has this text, choice, date, "true" or "false"
  kAttributeNumber = '#',  // has this number
};
std::string Term(TermKind kind, absl::string_view value);
std::string AttributeTextTerm(absl::string_view key, absl::string_view text);
std::string AttributeNumberTerm(absl::string_view key, double number);

std::vector<std::string> TermsOf(const RuleSubject& subject);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_SUBJECT_H_
