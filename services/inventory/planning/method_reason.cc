#include "services/inventory/planning/method_reason.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace storeops::inventory::planning {
namespace {

constexpr Method kUsual = Method::kCombination;

// Of all that could have been taken instead: the naive ones are there to compare with.
const BackTestErrors* BestOther(const MethodChoice& choice) {
  const BackTestErrors* best = nullptr;
  for (const BackTestErrors& errors : choice.tried) {
    if (errors.method == choice.forecast.method || errors.method == Method::kNaive ||
        errors.method == Method::kSeasonalNaive) {
      continue;
    }
    if (best == nullptr || errors.mean_squared < best->mean_squared) best = &errors;
  }
  return best;
}

// "12% less" of the squared error; below 0: more.
double Percent(double error, double than) { return than <= 0 ? 0 : 100 * (1 - error / than); }

}  // namespace

std::string WhyChosen(const MethodChoice& choice, const BackTestOptions& options) {
  const std::string name(NameOf(choice.forecast.method));
  if (choice.pattern.demand_class == DemandClass::kNone) return "nothing was sold";
  if (choice.errors() == nullptr) {
    return absl::StrCat(name, ": too few periods are known to try methods on them (it takes ",
                        options.min_history + options.horizon, "); usual for ", NameOf(choice.pattern.demand_class),
                        " demand");
  }
  const BackTestErrors* other = BestOther(choice);
  if (choice.forecast.method == kUsual) {
    const double less = other == nullptr ? 0 : Percent(other->mean_squared, choice.errors()->mean_squared);
    if (less <= 0) return absl::StrCat(name, ", the usual method: none was off less");
    return absl::StrFormat("%s, the usual method: %s had %.0f%% less squared error, which may be luck; it takes %.0f%%",
                           name, NameOf(other->method), less, 100 * options.clearly_better);
  }
  const BackTestErrors* usual = choice.ErrorsOf(kUsual);
  if (usual == nullptr) return absl::StrCat(name, ": off least");
  const double less = Percent(choice.errors()->mean_squared, usual->mean_squared);
  if (less >= 100 * options.clearly_better - 100 * options.as_good) {
    return absl::StrFormat("%s: %.0f%% less squared error than the usual method, %s", name, less, NameOf(kUsual));
  }
  return absl::StrFormat("%s: simpler than the usual method, %s, and as good", name, NameOf(kUsual));
}

}  // namespace storeops::inventory::planning
