// Metrics of the outbound queues of a service.
#ifndef STOREOPS_COMMON_OUTBOUND_DELIVERY_METRICS_H_
#define STOREOPS_COMMON_OUTBOUND_DELIVERY_METRICS_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/outbound/message_store.h"
#include "common/telemetry/telemetry.h"

namespace storeops::outbound {

// Thread-safe. Labels: service, queue and target. Targets may be many, so the first 32 of a queue get a label of their
// own, all others share "other".
class DeliveryMetrics {
 public:
  enum class Outcome { kDelivered, kRetried, kDead };

  // `telemetry` may be null: nothing is counted.
  DeliveryMetrics(std::string service, telemetry::Telemetry* telemetry)
      : service_(std::move(service)), telemetry_(telemetry) {}

  void CountDelivery(const std::string& queue, const std::string& target, Outcome outcome);
  void SetGauges(const std::vector<MessageCount>& counts, const std::vector<MessageStore::OpenTarget>& open,
                 absl::Time now);

 private:
  using Key = std::pair<std::string, std::string>;  // queue, label of the target
  Key KeyOf(const std::string& queue, const std::string& target) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::map<std::string, std::string> LabelsOf(const Key& key) const;

  const std::string service_;
  telemetry::Telemetry* const telemetry_;
  absl::Mutex mutex_;
  std::map<std::string, std::set<std::string>> targets_ ABSL_GUARDED_BY(mutex_);  // with a label, by queue
  std::set<Key> shown_ ABSL_GUARDED_BY(mutex_);                                   // have gauges
};

}  // namespace storeops::outbound

#endif  // STOREOPS_COMMON_OUTBOUND_DELIVERY_METRICS_H_
