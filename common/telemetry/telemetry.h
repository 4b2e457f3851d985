// Metrics and logs of a process.
#ifndef STOREOPS_COMMON_TELEMETRY_TELEMETRY_H_
#define STOREOPS_COMMON_TELEMETRY_TELEMETRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace prometheus {
class Registry;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace storeops::telemetry {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Key and value pairs of a log line; values are written as JSON strings or numbers as given.
using LogFields = std::vector<std::pair<absl::string_view, std::string>>;

// Writes one JSON object a line to stderr: time, level, message, fields. Never blocks on a full pipe for long;
// thread-safe. At most 100 lines a second of one message: the next line after says in "left_out" how many there were
// more. So messages are fixed texts; what differs is in the fields.
void Log(LogLevel level, absl::string_view message, const LogFields& fields = {});
// Lines below this level are dropped. Default kInfo.
void SetLogLevel(LogLevel level);

// What is counted of one method.
class MethodMetrics {
 public:
  virtual ~MethodMetrics() = default;
  virtual void Started() = 0;
  virtual void Ended(absl::StatusCode code, absl::Duration elapsed) = 0;
};

class Telemetry {
 public:
  Telemetry();
  ~Telemetry();

  // storeops_rpc_calls_total{method,code}, storeops_rpc_seconds{method}, storeops_rpc_in_flight{method}. The result
  // lives as long as this object; look it up once per method where it matters.
  MethodMetrics& ForMethod(absl::string_view full_name);

  // A counter or gauge by name and labels; made at first use, lives as long as this object.
  prometheus::Counter& Counter(const std::string& name, const std::string& help,
                               const std::map<std::string, std::string>& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                           const std::map<std::string, std::string>& labels = {});
  // A gauge read when metrics are collected: queue lengths, pool sizes. The reader must stay callable until removed
  // by destroying the returned handle.
  std::shared_ptr<void> Watch(const std::string& name, const std::string& help,
                              const std::map<std::string, std::string>& labels, std::function<double()> read);

  // Prometheus text format, version 0.0.4.
  std::string Render();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::telemetry

#endif  // STOREOPS_COMMON_TELEMETRY_TELEMETRY_H_
