// Values that no two live resources may share (rules.unique), kept in resource_keys.
#ifndef STOREOPS_COMMON_RESOURCE_UNIQUE_KEYS_H_
#define STOREOPS_COMMON_RESOURCE_UNIQUE_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/db/database.h"
#include "common/resource/table_mapping.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// A unique field of a type, maybe inside repeated messages.
struct UniqueKey {
  std::string kind;                                             // "product.sku"
  std::string key;                                              // "sku"
  std::string path;                                             // "variants.sku"
  std::vector<const google::protobuf::FieldDescriptor*> steps;  // variants, sku
};

// A value that a resource holds under a key.
struct KeyUse {
  std::string kind;
  std::string value;
  std::string field;  // "variants[1].sku"

  bool SameKey(const KeyUse& other) const { return kind == other.kind && value == other.value; }
};

// A key that a resource takes with a write.
struct KeyClaim {
  KeyUse use;
  int64_t resource_id;
  std::string prefix;  // before the field's path: "requests[3].product."
};

class UniqueKeys {
 public:
  explicit UniqueKeys(const TableMapping& mapping);

  const std::vector<UniqueKey>& keys() const { return keys_; }
  const UniqueKey* FindByPath(absl::string_view path) const;
  const UniqueKey* FindByName(absl::string_view key) const;

  // In the order of the message. Empty values are not keys.
  std::vector<KeyUse> Collect(const google::protobuf::Message& message) const;
  // Values that one resource holds twice.
  static std::vector<FieldViolation> FindRepetitions(const std::vector<KeyUse>& uses);

  // Takes all or none: ALREADY_EXISTS naming the field, the value and who has it. Claims of different resources may
  // clash with each other, too.
  absl::Status Take(db::Session& session, std::vector<KeyClaim> claims) const;
  absl::Status Free(db::Session& session, int64_t resource_id, const std::vector<KeyUse>& uses) const;

 private:
  absl::Status Taken(const KeyClaim& claim, int64_t holder) const;
  absl::Status FindHolder(db::Session& session, const std::vector<KeyClaim>& claims) const;

  const TableMapping& mapping_;
  std::vector<UniqueKey> keys_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_UNIQUE_KEYS_H_
