// What makes a collection a sensible one, and its members and rule, written in the transaction of the collection.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_RULES_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_RULES_H_

#include <vector>

#include "absl/status/status.h"
#include "common/base/errors.h"
#include "common/db/database.h"
#include "services/catalog/collections/picks.h"
#include "storeops/catalog/v1/collection.pb.h"

namespace storeops::catalog {

// Language "en", and the kind that the other fields tell.
void FillCollectionDefaults(v1::Collection& collection);

// Every violation that can be seen without a database: translations, window, rule, products, and that only one of the
// last two is there, as the kind says.
std::vector<FieldViolation> CheckCollection(const v1::Collection& collection);

// Writes what differs in picks and rule. INVALID_ARGUMENT naming products that are new to the collection and do not
// exist, and categories of a new rule that do not. `before` is null on create; one that is deleted has no members.
// `*rule_written` says whether products are to be held against a new rule.
absl::Status WriteCollectionMembers(db::Session& session, int64_t id, const v1::Collection* before,
                                    const v1::Collection& after, bool* rule_written);
// INVALID_ARGUMENT naming each of `products`, as "products[i]", that does not exist.
absl::Status CheckProductsExist(db::Session& session, const Picks& products);
// Takes the members of a collection that is being deleted out of it.
absl::Status RemoveCollectionMembers(db::Session& session, int64_t id, const v1::Collection& collection);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_RULES_H_
