// The followers of a service: what it knows of other services' resources, and the changes that it could not apply.
#ifndef STOREOPS_COMMON_MODULE_FOLLOWERS_H_
#define STOREOPS_COMMON_MODULE_FOLLOWERS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/changes/follower.h"
#include "common/db/database.h"
#include "common/resource/page_token.h"
#include "common/rpc/peer.h"
#include "common/telemetry/telemetry.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops {

class Followers {
 public:
  // The references outlive this. `peer` gives null for a service that this process does not know.
  Followers(std::string service, db::Database& database, const resource::PageTokens& tokens,
            telemetry::Telemetry& telemetry, std::function<rpc::Peer*(absl::string_view service)> peer);

  // Before Start. `options.telemetry` is set here.
  void Add(changes::Follower::Options options, changes::Follower::Apply apply);
  // A follower whose source this process does not know does not run.
  void Start();
  void Stop();
  // Null if it does not run here.
  changes::Follower* Find(absl::string_view name) const;

  // "deadLetters/inventory.17" -> "inventory"; empty for what is not the name of a dead letter.
  static std::string ServiceOf(absl::string_view name);
  static absl::Status NotFound(absl::string_view name);
  // As in ChangeService; NOT_FOUND for names of other services.
  absl::StatusOr<changes::v1::ListDeadLettersResponse> List(const changes::v1::ListDeadLettersRequest& request,
                                                            absl::Time deadline);
  absl::StatusOr<changes::v1::RetryDeadLetterResponse> Retry(absl::string_view name, absl::Time deadline);
  absl::Status Delete(absl::string_view name, absl::Time deadline);

 private:
  struct Declared {
    changes::Follower::Options options;
    changes::Follower::Apply apply;
  };
  absl::StatusOr<int64_t> ParseName(absl::string_view name) const;
  changes::v1::DeadLetter ToMessage(const changes::StoredDeadLetter& letter) const;

  const std::string service_;
  db::Database& database_;
  const resource::PageTokens& tokens_;
  telemetry::Telemetry& telemetry_;
  const std::function<rpc::Peer*(absl::string_view service)> peer_;
  std::vector<Declared> declared_;
  std::vector<std::unique_ptr<changes::Follower>> running_;  // fixed from Start on
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_FOLLOWERS_H_
