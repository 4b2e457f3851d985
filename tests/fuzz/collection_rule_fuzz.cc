// Rules of any bytes: parse, decide about a few products, and never let the terms of a rule hide what it matches.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "google/protobuf/text_format.h"
#include "services/catalog/collections/collection_rule.h"

namespace {

using storeops::catalog::CategoryParents;
using storeops::catalog::CollectionRule;
using storeops::catalog::RuleSubject;
using storeops::catalog::v1::Product;

std::vector<Product> MakeProducts() {
  std::vector<Product> products(3);
  const bool parsed = google::protobuf::TextFormat::ParseFromString(
      R"(name: "products/7" title: "mug" brand: "Acme" kind: GOODS language: "en" tags: "sale" tags: ""
         product_type: "productTypes/3" categories: "categories/12" create_time { seconds: 1767225600 }
         variants { sku: "M" price { currency_code: "EUR" units: 12 } }
         attributes { key: "a" value { number: 3 } } attributes { key: "b" value { text: "3" } }
         attributes { key: "c" value { boolean: true } } attributes { key: "d" value { choices { values: "x" values: "y" } } }
         attributes { key: "e" value {} })",
      &products[1]);
  if (!parsed) std::abort();
  products[2] = products[1];
  products[2].mutable_variants(0)->mutable_price()->set_currency_code("GBP");
  products[2].set_kind(Product::SERVICE);
  products[2].set_title("杯子");
  return products;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& products = *new std::vector<Product>(MakeProducts());
  static const auto& parents =
      *new CategoryParents{{"categories/12", "categories/1"}, {"categories/1", "categories/12"}};
  const auto rule = CollectionRule::Parse(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!rule.ok()) {
    if (rule.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  for (const Product& product : products) {
    const RuleSubject subject(product, parents);
    if (!rule->Matches(subject, absl::FromUnixSeconds(1767312000)) || rule->required_terms().empty()) continue;
    const std::vector<std::string> terms = TermsOf(subject);
    const bool found = std::any_of(terms.begin(), terms.end(), [&](const std::string& term) {
      return std::binary_search(rule->required_terms().begin(), rule->required_terms().end(), term);
    });
    if (!found) std::abort();
  }
  return 0;
}
