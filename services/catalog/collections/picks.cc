#include "services/catalog/collections/picks.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"

namespace storeops::catalog {
namespace {

using Names = absl::flat_hash_set<std::string>;

constexpr char kNotThere[] = "is not in the collection";

// Puts `products` in front of `before`.
void Insert(const std::vector<std::string>& products, const std::string& before, Picks* picks) {
  Picks all;
  bool placed = false;
  const auto place = [&] {
    for (const std::string& product : products) *all.Add() = product;
    placed = true;
  };
  for (const std::string& pick : *picks) {
    if (pick == before) place();
    *all.Add() = pick;
  }
  if (!placed) place();
  picks->Swap(&all);
}

// `wanted`: whether they must be in the list or must not.
std::vector<FieldViolation> CheckProducts(const Picks& products, const Names& present, bool wanted) {
  std::vector<FieldViolation> violations;
  Names seen;
  for (int i = 0; i < products.size(); ++i) {
    const std::string field = absl::StrCat("products[", i, "]");
    if (!seen.insert(products[i]).second) {
      violations.push_back({field, "is there twice"});
    } else if (present.contains(products[i]) != wanted) {
      violations.push_back({field, wanted ? kNotThere : "is in the collection already"});
    }
  }
  return violations;
}

}  // namespace

absl::Status AddPicks(const Picks& products, const std::string& before, Picks* picks) {
  const Names present(picks->begin(), picks->end());
  std::vector<FieldViolation> violations = CheckProducts(products, present, /*wanted=*/false);
  if (!before.empty() && !present.contains(before)) violations.push_back({"before", kNotThere});
  if (!violations.empty()) return InvalidFields(violations);
  Insert({products.begin(), products.end()}, before, picks);
  return absl::OkStatus();
}

absl::Status RemovePicks(const Picks& products, Picks* picks) {
  const std::vector<FieldViolation> violations =
      CheckProducts(products, Names(picks->begin(), picks->end()), /*wanted=*/true);
  if (!violations.empty()) return InvalidFields(violations);
  const Names removed(products.begin(), products.end());
  picks->erase(
      std::remove_if(picks->begin(), picks->end(), [&](const std::string& pick) { return removed.contains(pick); }),
      picks->end());
  return absl::OkStatus();
}

absl::Status MovePick(const std::string& product, const std::string& before, Picks* picks) {
  const Names present(picks->begin(), picks->end());
  std::vector<FieldViolation> violations;
  if (!present.contains(product)) violations.push_back({"product", kNotThere});
  if (before == product) {
    violations.push_back({"before", "is the product itself"});
  } else if (!before.empty() && !present.contains(before)) {
    violations.push_back({"before", kNotThere});
  }
  if (!violations.empty()) return InvalidFields(violations);
  picks->erase(std::find(picks->begin(), picks->end(), product));
  Insert({product}, before, picks);
  return absl::OkStatus();
}

}  // namespace storeops::catalog
