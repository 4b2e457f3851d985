#include "services/catalog/collections/collection_rules.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/collections/collection_rule.h"
#include "services/catalog/collections/collection_store.h"
#include "services/catalog/translations.h"

namespace storeops::catalog {
namespace {

using v1::Collection;

void CheckKind(const Collection& collection, std::vector<FieldViolation>& violations) {
  const bool ruled = collection.kind() == Collection::RULE_BASED;
  if (ruled && collection.rule().empty()) violations.push_back({"rule", "is required for RULE_BASED"});
  if (!ruled && !collection.rule().empty()) violations.push_back({"rule", "only a RULE_BASED collection has one"});
  if (ruled && !collection.products().empty()) {
    violations.push_back({"products", "only a HAND_PICKED collection has them; these follow from the rule"});
  }
}

void CheckRule(const Collection& collection, std::vector<FieldViolation>& violations) {
  if (collection.kind() != Collection::RULE_BASED || collection.rule().empty()) return;
  const absl::Status status = CollectionRule::Parse(collection.rule()).status();
  google::rpc::BadRequest bad_request;
  if (status.ok() || !GetDetail(status, &bad_request)) return;
  for (const auto& wrong : bad_request.field_violations()) violations.push_back({wrong.field(), wrong.description()});
}

void CheckPicks(const Collection& collection, std::vector<FieldViolation>& violations) {
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < collection.products_size(); ++i) {
    if (!seen.insert(collection.products(i)).second) {
      violations.push_back({absl::StrCat("products[", i, "]"), "is there twice"});
    }
  }
}

bool Live(const Collection* collection) { return collection != nullptr && !collection->has_delete_time(); }

absl::Status CheckRuleReferences(db::Session& session, const CollectionRule& rule) {
  for (const RuleCondition* condition : rule.Conditions()) {
    const bool category = condition->field() == RuleField::kCategory || condition->field() == RuleField::kCategories;
    const int64_t id = category ? kCategoryNames.IdIn(condition->value().text) : 0;
    if (id == 0) continue;
    ASSIGN_OR_RETURN(const bool exists, CategoryExists(session, id));
    if (!exists) {
      return resource::FilterError(condition->value().column, absl::StrCat("there is no ", condition->value().text),
                                   "rule");
    }
  }
  return absl::OkStatus();
}

absl::Status WriteRule(db::Session& session, int64_t id, const Collection* before, const Collection& after,
                       bool* written) {
  const bool same = before != nullptr && before->rule() == after.rule();
  if (same && Live(before)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const CollectionRule rule, CollectionRule::Parse(after.rule()));
  // A collection comes back as it was, whatever has gone meanwhile.
  if (!same) RETURN_IF_ERROR(CheckRuleReferences(session, rule));
  *written = true;
  return StoreRule(session, id, {after.rule(), rule.uses_category(), rule.uses_age()});
}

std::vector<Membership> PicksOf(const Collection* collection, int64_t id) {
  std::vector<Membership> picks;
  if (!Live(collection)) return picks;
  for (const std::string& product : collection->products()) picks.push_back({id, kProductNames.IdIn(product)});
  return picks;
}

absl::Status CheckKnown(const Picks& products, const absl::flat_hash_set<int64_t>& known) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < products.size(); ++i) {
    if (!known.contains(kProductNames.IdIn(products[i]))) {
      violations.push_back({absl::StrCat("products[", i, "]"), absl::StrCat("there is no ", products[i])});
    }
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::Status WritePicks(db::Session& session, int64_t id, const Collection* before, const Collection& after) {
  const MembershipDifference difference = Difference(PicksOf(before, id), PicksOf(&after, id));
  std::vector<int64_t> added;
  for (const Membership& membership : difference.added) added.push_back(membership.product);
  ASSIGN_OR_RETURN(auto known, FindLiveProducts(session, added));
  // Those that were picked before may have been deleted since.
  if (before != nullptr) {
    for (const std::string& product : before->products()) known.insert(kProductNames.IdIn(product));
  }
  RETURN_IF_ERROR(CheckKnown(after.products(), known));
  return WriteMemberships(session, difference);
}

}  // namespace

void FillCollectionDefaults(Collection& collection) {
  if (collection.language().empty()) collection.set_language("en");
  if (collection.kind() == Collection::KIND_UNSPECIFIED) {
    collection.set_kind(collection.rule().empty() ? Collection::HAND_PICKED : Collection::RULE_BASED);
  }
}

std::vector<FieldViolation> CheckCollection(const Collection& collection) {
  std::vector<FieldViolation> violations = CheckTranslations(collection.language(), collection.translations());
  if (collection.has_start_time() && collection.has_end_time() &&
      FromTimestamp(collection.end_time()) <= FromTimestamp(collection.start_time())) {
    violations.push_back({"end_time", "must be after start_time"});
  }
  CheckKind(collection, violations);
  CheckRule(collection, violations);
  CheckPicks(collection, violations);
  return violations;
}

absl::Status WriteCollectionMembers(db::Session& session, int64_t id, const Collection* before, const Collection& after,
                                    bool* rule_written) {
  return after.kind() == Collection::RULE_BASED ? WriteRule(session, id, before, after, rule_written)
                                                : WritePicks(session, id, before, after);
}

absl::Status CheckProductsExist(db::Session& session, const Picks& products) {
  std::vector<int64_t> ids;
  for (const std::string& product : products) ids.push_back(kProductNames.IdIn(product));
  ASSIGN_OR_RETURN(const auto live, FindLiveProducts(session, ids));
  return CheckKnown(products, live);
}

absl::Status RemoveCollectionMembers(db::Session& session, int64_t id, const Collection& collection) {
  if (collection.kind() == Collection::RULE_BASED) return StoreRule(session, id, StoredRule());
  return WriteMemberships(session, Difference(PicksOf(&collection, id), {}));
}

}  // namespace storeops::catalog
