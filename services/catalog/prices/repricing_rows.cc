#include "services/catalog/prices/repricing_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "services/catalog/prices/margin.h"
#include "services/catalog/prices/price_messages.h"

namespace storeops::catalog {
std::vector<FieldViolation> CheckRepricing(const v1::Repricing& repricing) {
  std::vector<FieldViolation> violations;
  if (repricing.filter().empty() == repricing.skus().empty()) {
    violations.push_back({"filter", "either it or skus is required, not both"});
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < repricing.skus_size(); ++i) {
    if (!seen.insert(repricing.skus(i)).second)
      violations.push_back({absl::StrCat("skus[", i, "]"), "is there already"});
  }
  const v1::RepricingRule& rule = repricing.rule();
  if (rule.change_case() == v1::RepricingRule::CHANGE_NOT_SET) {
    violations.push_back({"rule", "must have one of percent_basis_points, amount_minor and margin_basis_points"});
  }
  if (rule.ending_minor() >= std::max<int64_t>(rule.step_minor(), 1)) {
    violations.push_back({"rule.ending_minor", "must be less than step_minor"});
  }
  if (repricing.price_list().empty()) {
    if (repricing.has_start_time()) violations.push_back({"start_time", "is for prices of a list only"});
    if (repricing.has_end_time()) violations.push_back({"end_time", "is for prices of a list only"});
  } else {
    CheckPriceTimes(repricing, "", violations);
  }
  return violations;
}

RepricingRule ToRule(const v1::RepricingRule& message) {
  RepricingRule rule;
  switch (message.change_case()) {
    case v1::RepricingRule::kPercentBasisPoints:
      rule.change = RepricingRule::Change::kPercent;
      rule.value = message.percent_basis_points();
      break;
    case v1::RepricingRule::kAmountMinor:
      rule.change = RepricingRule::Change::kAmount;
      rule.value = message.amount_minor();
      break;
    case v1::RepricingRule::kMarginBasisPoints:
      rule.change = RepricingRule::Change::kMargin;
      rule.value = message.margin_basis_points();
      break;
    case v1::RepricingRule::CHANGE_NOT_SET:
      break;
  }
  rule.step = std::max<int64_t>(message.step_minor(), 1);
  rule.ending = message.ending_minor();
  if (message.direction() == v1::RepricingRule::UP) rule.direction = RepricingRule::Direction::kUp;
  if (message.direction() == v1::RepricingRule::DOWN) rule.direction = RepricingRule::Direction::kDown;
  rule.not_below_cost = message.not_below_cost();
  rule.min_margin_basis_points = message.min_margin_basis_points();
  return rule;
}

std::vector<RepricedRow> RepriceVariants(const RepricingRule& rule, const std::string& currency,
                                         const v1::Product& product, const absl::flat_hash_set<std::string>& skus) {
  std::vector<RepricedRow> rows;
  for (int i = 0; i < product.variants_size(); ++i) {
    const v1::Variant& variant = product.variants(i);
    if (!skus.empty() && !skus.contains(variant.sku())) continue;
    RepricedRow row;
    row.variant = i;
    row.old_minor = MinorIn(variant.price(), currency);
    row.cost_minor = MinorIn(variant.cost(), currency);
    row.result = Reprice(rule, row.old_minor, row.cost_minor);
    rows.push_back(row);
  }
  return rows;
}

v1::RepricedVariant ToMessage(const v1::Product& product, const RepricedRow& row, const std::string& currency) {
  v1::RepricedVariant message;
  message.set_product(product.name());
  message.set_sku(product.variants(row.variant).sku());
  message.set_outcome(static_cast<v1::RepricedVariant::Outcome>(row.result.outcome));
  message.set_raised_to_floor(row.result.raised_to_floor);
  if (row.old_minor.has_value()) *message.mutable_old_price() = MoneyFromMinor(*row.old_minor, currency);
  if (row.cost_minor.has_value()) *message.mutable_cost() = MoneyFromMinor(*row.cost_minor, currency);
  const bool priced =
      row.result.outcome == RepricingOutcome::kChanged || row.result.outcome == RepricingOutcome::kUnchanged;
  if (!priced) return message;
  *message.mutable_new_price() = MoneyFromMinor(row.result.minor, currency);
  if (!row.cost_minor.has_value()) return message;
  const Margin margin = MarginOf(row.result.minor, *row.cost_minor);
  *message.mutable_margin() = MoneyFromMinor(margin.minor, currency);
  if (margin.basis_points.has_value()) message.set_margin_basis_points(*margin.basis_points);
  message.set_below_cost(margin.below_cost);
  return message;
}

}  // namespace storeops::catalog
