// What a handler may know of the call that it serves.
#ifndef STOREOPS_COMMON_RPC_CALL_H_
#define STOREOPS_COMMON_RPC_CALL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace storeops::rpc {

struct Method;

// Who is calling.
struct Principal {
  // "users/7", "apiKeys/3", "services/catalog"; empty: nobody proved to be anyone.
  std::string name;
  std::string display_name;
  // As granted: "catalog.products.read", "catalog.*", "*.read", "*".
  std::vector<std::string> permissions;
  // Of a person's token: it ends when the person's own version has grown beyond it. 0: nothing ends it early.
  int64_t session_version = 0;
  // The token came from a service that passes on a call of this principal.
  bool relayed = false;

  bool authenticated() const { return !name.empty(); }
  bool Has(absl::string_view permission) const;
};

// True if a granted pattern covers a permission: equal, "*", "prefix.*" or "*.suffix". "*.read" covers
// neither "{domain}.personal.read" nor "{domain}.costs.read".
bool PermissionCovers(absl::string_view granted, absl::string_view permission);

// W3C trace context (https://www.w3.org/TR/trace-context/, version 00).
struct TraceContext {
  std::string trace_id;        // 32 hex digits
  std::string span_id;         // 16 hex digits: this call's own
  std::string parent_span_id;  // empty at the root
  bool sampled = false;

  // A child of what the caller sent, or a new trace if that is missing or malformed.
  static TraceContext FromHeader(absl::string_view traceparent);
  // The header to send on: this span as parent.
  std::string ToHeader() const;
};

// Set by a transport when the caller has gone; looked at by whoever works for that caller. Shared, thread-safe.
class Cancellation {
 public:
  void Cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // Has `react` called once, on the cancelling thread or at once if that was before. It must not block. Destroying the
  // result ends the interest; a reaction that is under way may still run to its end.
  [[nodiscard]] std::shared_ptr<const void> OnCancel(std::function<void()> react) const;

 private:
  using Reaction = std::function<void()>;

  std::atomic<bool> cancelled_{false};
  mutable absl::Mutex mutex_;
  mutable std::vector<std::weak_ptr<const Reaction>> reactions_ ABSL_GUARDED_BY(mutex_);
};

// By what a repeated write is recognised (AIP-155).
struct ReplayKey {
  std::string principal;
  std::string method;  // full name
  std::string request_id;
  std::string body_hash;  // of the request, keyed with the suite's secret; 32 raw bytes
};

class Call {
 public:
  const Method* method = nullptr;
  Principal principal;
  TraceContext trace;
  absl::Time start;
  absl::Time deadline;
  // First language of Accept-Language, e.g. "zh"; may be empty.
  std::string language;
  // Network address of the caller.
  std::string peer_address;
  // Set when the request carries a request_id and the method writes.
  std::optional<ReplayKey> replay;
  std::shared_ptr<const Cancellation> cancellation;

  bool Cancelled() const { return cancellation != nullptr && cancellation->cancelled(); }
  // CANCELLED or DEADLINE_EXCEEDED when nobody waits for the answer any more. Long computations ask it at least every
  // 100 ms.
  absl::Status CheckWanted(absl::Time now) const;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_CALL_H_
