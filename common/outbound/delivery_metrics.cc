#include "common/outbound/delivery_metrics.h"

#include <algorithm>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace storeops::outbound {
namespace {

constexpr size_t kMaxTargets = 32;  // of a queue
constexpr char kOther[] = "other";

std::string NameOf(DeliveryMetrics::Outcome outcome) {
  switch (outcome) {
    case DeliveryMetrics::Outcome::kDelivered:
      return "delivered";
    case DeliveryMetrics::Outcome::kRetried:
      return "retried";
    default:
      return "dead";
  }
}

}  // namespace

DeliveryMetrics::Key DeliveryMetrics::KeyOf(const std::string& queue, const std::string& target) {
  std::set<std::string>& targets = targets_[queue];
  if (!targets.contains(target) && targets.size() >= kMaxTargets) return {queue, kOther};
  targets.insert(target);
  return {queue, target};
}

std::map<std::string, std::string> DeliveryMetrics::LabelsOf(const Key& key) const {
  return {{"service", service_}, {"queue", key.first}, {"target", key.second}};
}

void DeliveryMetrics::CountDelivery(const std::string& queue, const std::string& target, Outcome outcome) {
  if (telemetry_ == nullptr) return;
  absl::MutexLock lock(&mutex_);
  auto labels = LabelsOf(KeyOf(queue, target));
  labels["outcome"] = NameOf(outcome);
  telemetry_->Counter("storeops_outbound_deliveries_total", "Attempts to deliver outbound messages.", labels)
      .Increment();
}

void DeliveryMetrics::SetGauges(const std::vector<MessageCount>& counts,
                                const std::vector<MessageStore::OpenTarget>& open, absl::Time now) {
  struct Values {
    double waiting = 0, dead = 0, oldest_seconds = 0, open = 0;
  };
  if (telemetry_ == nullptr) return;
  absl::MutexLock lock(&mutex_);
  std::map<Key, Values> all;
  // Gauges of targets without messages stay, at 0.
  for (const Key& key : shown_) all[key];
  for (const MessageCount& count : counts) {
    Values& values = all[KeyOf(count.queue, count.target)];
    const auto messages = static_cast<double>(count.messages);
    if (count.state == v1::OutboundMessage::DEAD) {
      values.dead += messages;
      continue;
    }
    values.waiting += messages;
    values.oldest_seconds = std::max(values.oldest_seconds, absl::ToDoubleSeconds(now - count.oldest));
  }
  for (const MessageStore::OpenTarget& target : open) all[KeyOf(target.queue, target.target)].open += 1;
  for (const auto& [key, values] : all) {
    shown_.insert(key);
    const auto labels = LabelsOf(key);
    telemetry_->Gauge("storeops_outbound_waiting", "Outbound messages that wait.", labels).Set(values.waiting);
    telemetry_->Gauge("storeops_outbound_dead_letters", "Outbound messages that were given up.", labels)
        .Set(values.dead);
    telemetry_->Gauge("storeops_outbound_oldest_seconds", "Age of the oldest outbound message that waits.", labels)
        .Set(values.oldest_seconds);
    telemetry_->Gauge("storeops_outbound_breakers_open", "Targets whose circuit breaker is open or half open.", labels)
        .Set(values.open);
  }
}

}  // namespace storeops::outbound
