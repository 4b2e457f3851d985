#include "common/telemetry/telemetry.h"

#include <array>
#include <atomic>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace storeops::telemetry {
namespace {

constexpr int kCodes = 17;  // absl::StatusCode 0 to 16

// Upper bounds in seconds: 0.1 ms to 30 s.
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

}  // namespace

class Telemetry::Impl {
 public:
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls = prometheus::BuildCounter()
                                                       .Name("storeops_rpc_calls_total")
                                                       .Help("Calls that ended, by method and status code.")
                                                       .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram().Name("storeops_rpc_seconds").Help("How long calls took.").Register(registry);
  prometheus::Family<prometheus::Gauge>& in_flight =
      prometheus::BuildGauge().Name("storeops_rpc_in_flight").Help("Calls under way.").Register(registry);

  absl::Mutex mutex;
  absl::flat_hash_map<std::string, std::unique_ptr<MethodMetrics>> methods ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<std::string, prometheus::Family<prometheus::Counter>*> counters ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<std::string, prometheus::Family<prometheus::Gauge>*> gauges ABSL_GUARDED_BY(mutex);

  struct Watcher {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };
  // Shared with the handles of watchers, which may outlive the telemetry.
  struct Watch {
    absl::Mutex mutex;
    bool ended ABSL_GUARDED_BY(mutex) = false;
    int64_t next ABSL_GUARDED_BY(mutex) = 0;
    absl::flat_hash_map<int64_t, Watcher> watchers ABSL_GUARDED_BY(mutex);
  };
  const std::shared_ptr<Watch> watch = std::make_shared<Watch>();

  ~Impl() {
    absl::MutexLock lock(&watch->mutex);
    watch->ended = true;
  }

  prometheus::Family<prometheus::Gauge>& GaugeFamily(const std::string& name, const std::string& help) {
    absl::MutexLock lock(&mutex);
    auto*& family = gauges[name];
    if (family == nullptr) family = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    return *family;
  }
};

namespace {

// Counters by code are looked up once; the histogram is sharded by prometheus-cpp's own atomics.
class PrometheusMethodMetrics final : public MethodMetrics {
 public:
  PrometheusMethodMetrics(prometheus::Family<prometheus::Counter>& calls,
                          prometheus::Family<prometheus::Histogram>& seconds,
                          prometheus::Family<prometheus::Gauge>& in_flight, const std::string& method)
      : calls_(calls),
        method_(method),
        seconds_(seconds.Add({{"method", method}}, kLatencyBuckets)),
        in_flight_(in_flight.Add({{"method", method}})) {}

  void Started() override { in_flight_.Increment(); }

  void Ended(absl::StatusCode code, absl::Duration elapsed) override {
    in_flight_.Decrement();
    seconds_.Observe(absl::ToDoubleSeconds(elapsed));
    CounterOf(code).Increment();
  }

 private:
  prometheus::Counter& CounterOf(absl::StatusCode code) {
    const int index = static_cast<int>(code) < kCodes ? static_cast<int>(code) : 2;
    auto* counter = by_code_[index].load(std::memory_order_acquire);
    if (counter == nullptr) {
      // Add gives the same counter to everybody who asks for the same labels.
      counter = &calls_.Add({{"method", method_}, {"code", absl::StatusCodeToString(absl::StatusCode{index})}});
      by_code_[index].store(counter, std::memory_order_release);
    }
    return *counter;
  }

  prometheus::Family<prometheus::Counter>& calls_;
  const std::string method_;
  prometheus::Histogram& seconds_;
  prometheus::Gauge& in_flight_;
  std::array<std::atomic<prometheus::Counter*>, kCodes> by_code_{};
};

}  // namespace

namespace {

void LogBug(const BugSite& site, absl::string_view message) {
  Log(LogLevel::kError, "bug",
      {{"error", std::string(message)}, {"location", site.location()}, {"count", absl::StrCat(site.count())}});
}

}  // namespace

Telemetry::Telemetry() : impl_(std::make_unique<Impl>()) { SetBugLog(LogBug); }
Telemetry::~Telemetry() = default;

MethodMetrics& Telemetry::ForMethod(absl::string_view full_name) {
  absl::MutexLock lock(&impl_->mutex);
  auto& metrics = impl_->methods[full_name];
  if (metrics == nullptr) {
    metrics = std::make_unique<PrometheusMethodMetrics>(impl_->calls, impl_->seconds, impl_->in_flight,
                                                        std::string(full_name));
  }
  return *metrics;
}

prometheus::Counter& Telemetry::Counter(const std::string& name, const std::string& help,
                                        const std::map<std::string, std::string>& labels) {
  absl::MutexLock lock(&impl_->mutex);
  auto*& family = impl_->counters[name];
  if (family == nullptr) family = &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return family->Add(labels);
}

prometheus::Gauge& Telemetry::Gauge(const std::string& name, const std::string& help,
                                    const std::map<std::string, std::string>& labels) {
  return impl_->GaugeFamily(name, help).Add(labels);
}

std::shared_ptr<void> Telemetry::Watch(const std::string& name, const std::string& help,
                                       const std::map<std::string, std::string>& labels, std::function<double()> read) {
  auto& family = impl_->GaugeFamily(name, help);
  auto& gauge = family.Add(labels);
  absl::MutexLock lock(&impl_->watch->mutex);
  const int64_t id = impl_->watch->next++;
  impl_->watch->watchers[id] = {&gauge, std::move(read)};
  return std::shared_ptr<void>(nullptr, [watch = impl_->watch, &family, &gauge, id](void*) {
    // Waits for a collection under way, so that `read` is never called after this.
    absl::MutexLock lock(&watch->mutex);
    watch->watchers.erase(id);
    if (!watch->ended) family.Remove(&gauge);
  });
}

std::string Telemetry::Render() {
  {
    absl::MutexLock lock(&impl_->watch->mutex);
    for (const auto& [id, watcher] : impl_->watch->watchers) watcher.gauge->Set(watcher.read());
    // Under the same lock, so that two collections do not add the same difference twice.
    ForEachBugSite([this](const BugSite& site) {
      prometheus::Counter& bugs = Counter("storeops_bugs_total", "States that correct code does not reach, by place.",
                                          {{"location", site.location()}});
      bugs.Increment(static_cast<double>(site.count()) - bugs.Value());
    });
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, impl_->registry.Collect());
  return out.str();
}

}  // namespace storeops::telemetry
