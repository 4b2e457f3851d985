#include "services/catalog/listings/listing_publisher.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/telemetry/telemetry.h"
#include "google/protobuf/empty.pb.h"
#include "services/catalog/listings/listing_store.h"

namespace storeops::catalog {
namespace {

using v1::Product;

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr int kBatch = 250;
// Far more than a batch takes; what a process leaves behind when it dies waits as long.
constexpr absl::Duration kClaim = absl::Seconds(5);
constexpr absl::Duration kPutOff = absl::Minutes(10);
constexpr absl::Duration kPublishLimit = absl::Seconds(30);

rpc::Call MakeCall() {
  rpc::Call call;
  call.principal = {"services/catalog", "Schedule", {"catalog.products.publish"}};
  call.deadline = SteadyNow() + kPublishLimit;
  return call;
}

}  // namespace

ListingPublisher::ListingPublisher(const resource::Store& store, resource::Resource& products,
                                   const ListingWorkflow& workflow)
    : store_(store),
      products_(products),
      workflow_(workflow),
      poller_(
          "scheduled publication", kInterval,
          [this]() -> absl::StatusOr<bool> {
            ASSIGN_OR_RETURN(const int due, PublishDue());
            return due == kBatch;
          },
          store_.clock) {}

absl::StatusOr<int> ListingPublisher::PublishDue() {
  std::vector<int64_t> ids;
  const absl::Time now = store_.clock.Now();
  RETURN_IF_ERROR(store_.database.Transact(SteadyNow() + kPublishLimit, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(ids, ClaimDueProducts(session, now, now + kClaim, kBatch));
    return absl::OkStatus();
  }));
  if (ids.empty()) return 0;
  const absl::Status together = PublishTogether(ids);
  if (!together.ok() && absl::IsUnavailable(together)) return together;
  if (!together.ok()) {
    for (const int64_t id : ids) RETURN_IF_ERROR(PublishAlone(id));
  }
  return static_cast<int>(ids.size());
}

absl::Status ListingPublisher::PublishTogether(const std::vector<int64_t>& ids) {
  const rpc::Call call = MakeCall();
  google::protobuf::Empty nothing;
  return resource::RunWrite(store_, call, &nothing, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(auto items, products_.Lock(write.session(), ids));
    std::vector<resource::Replacement> replacements;
    for (auto& item : items) {
      const auto& before = static_cast<const Product&>(*item.message);
      if (before.has_delete_time()) continue;
      auto after = std::make_unique<Product>(before);
      RETURN_IF_ERROR(workflow_.MakeDueChanges(write, *after));
      replacements.push_back({std::move(item), std::move(after)});
    }
    return products_.ReplaceMany(write, std::move(replacements)).status();
  });
}

absl::Status ListingPublisher::PublishAlone(int64_t id) {
  const absl::Status alone = PublishTogether({id});
  if (alone.ok() || absl::IsUnavailable(alone)) return alone;
  telemetry::Log(telemetry::LogLevel::kError, "a scheduled publication is put off",
                 {{"product", products_.FormatName(id)}, {"error", alone.ToString()}});
  const absl::Time later = store_.clock.Now() + kPutOff;
  return store_.database.Transact(SteadyNow() + kPublishLimit,
                                  [&](db::Session& session) { return SaveDueTime(session, id, later); });
}

}  // namespace storeops::catalog
