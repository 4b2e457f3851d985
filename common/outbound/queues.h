// Calls to systems outside of the suite: payment providers, mail servers, webhooks. A message is stored in the
// transaction that makes it necessary, and delivered after the commit, again and again until its target accepts it, its
// target refuses it, or its attempts are used up; then it is a dead letter, which is retried or deleted by command.
//
// A target gets each message at least once: it must recognize a repetition by the message's key.
#ifndef STOREOPS_COMMON_OUTBOUND_QUEUES_H_
#define STOREOPS_COMMON_OUTBOUND_QUEUES_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/base/clock.h"
#include "common/outbound/delivery_metrics.h"
#include "common/outbound/message_store.h"
#include "common/resource/page_token.h"
#include "common/resource/write.h"
#include "common/telemetry/telemetry.h"

namespace storeops::outbound {

inline constexpr size_t kMaxPayloadBytes = size_t{1} << 20;
inline constexpr size_t kMaxQueues = 16;  // of a service

// Makes one attempt in the calling thread and returns by `deadline` (of SteadyNow()). OK: delivered. Errors:
// - permanent ones (IsPermanent): the message becomes a dead letter at once;
// - UNAVAILABLE and DEADLINE_EXCEEDED: the target did not answer, which counts for its circuit breaker;
// - ABORTED and CANCELLED: the attempt failed on this side, which says nothing of the target;
// - all others are retried.
using Deliver = std::function<absl::Status(const Message& message, absl::Time deadline)>;

// How the messages of one queue are delivered.
struct Handler {
  Deliver deliver;
  // Then a message becomes a dead letter. An attempt during which the process died counts.
  int max_attempts = 20;
  // After a failed attempt; doubled up to the longest, each shortened at random by up to a half.
  absl::Duration first_pause = absl::Seconds(5);
  absl::Duration longest_pause = absl::Hours(1);
  // Of an attempt. A message of a process that died is delivered again after it and another 30 s.
  absl::Duration time_limit = absl::Seconds(20);
  // Deliveries to a target at a time in this process, those of DeliverNow included.
  int max_concurrent = 4;
  // How long DeliverNow waits for one of them to end.
  absl::Duration max_wait = absl::Seconds(2);
  // Whether DeliverNow takes a message that another process delivers, which may have died: for callers that repeat what
  // was not answered, and targets that bear a repetition beside the first.
  bool callers_take_over = false;
  // After so many failures of contact in a row nothing is sent to the target for a pause, then one message at a time
  // until one gets an answer. Messages that wait meanwhile use up no attempts.
  int breaker_failures = 5;
  absl::Duration breaker_pause = absl::Seconds(30);
  // In all states. Checked against a count at most 10 s old, so that several replicas together may exceed it.
  int max_messages = 100'000;
};

// The outbound queues of one service. Thread-safe. Any number of replicas may run the same queues: a lease of each
// message lets one deliver it at a time, as long as the replicas' `clock`s differ by less than 30 s.
class Queues {
 public:
  struct Options {
    std::string service;  // "inventory": messages are named "outboundMessages/inventory.{id}"
    std::string owner;    // names this process among all replicas, at most 64 bytes
    // Of these, the messages of one target occupy at most half.
    int threads = 4;
    // How soon messages of other processes and retries are found.
    absl::Duration poll_interval = absl::Seconds(1);
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };

  // The references outlive this. Due times and leases are by `clock`.
  Queues(db::Database& database, const Clock& clock, const resource::PageTokens& tokens, Options options);
  ~Queues() { Stop(); }

  // Before Start; at most kMaxQueues. Messages of queues that are not registered are left to other processes.
  void Register(std::string queue, Handler handler);
  // Starts no thread if nothing is registered.
  void Start();
  // Begins no delivery any more, and returns when those of the queues' threads have ended: within the longest time
  // limit.
  void Stop();

  // Stores a message in the caller's transaction; its first attempt is due after `delay`. ALREADY_EXISTS if the queue
  // has a message of this key; the transaction continues. INVALID_ARGUMENT with reason OUTBOUND_MESSAGE_TOO_LARGE,
  // RESOURCE_EXHAUSTED with reason OUTBOUND_QUEUE_FULL; their metadata has the limit.
  absl::Status Enqueue(db::Session& session, const Message& message, absl::Duration delay = absl::ZeroDuration());
  // The same, and the message is looked for at once after the commit.
  absl::Status Enqueue(resource::Write& write, const Message& message, absl::Duration delay = absl::ZeroDuration());
  // Committed messages may be due.
  void Wake() { workers_.Wake(); }

  // For a caller that waits for the result: makes one attempt in the calling thread, whether or not it is due and also
  // for a dead letter. Returns the result of the attempt, and what follows from it is stored. `deliver` replaces that
  // of the queue for this attempt; null: it does not.
  // Without an attempt: NOT_FOUND if there is no such message (it may have been delivered), and UNAVAILABLE with
  // RetryInfo and reason OUTBOUND_DELIVERING (another one delivers it), OUTBOUND_TARGET_OPEN (the breaker is open) or
  // OUTBOUND_TARGET_BUSY (max_concurrent, for longer than max_wait); the message stays as it is.
  absl::Status DeliverNow(absl::string_view queue, absl::string_view key, absl::Time deadline,
                          const Deliver& deliver = nullptr);

  // Delivers all that is due now, one after the other in the calling thread. Returns how many attempts it made.
  absl::StatusOr<int> RunDue();
  // Sets the gauges, as is done every 10 s between Start and Stop.
  absl::Status UpdateGauges();

  // "outboundMessages/inventory.17" -> "inventory"; empty for what is not the name of a message.
  static std::string ServiceOf(absl::string_view name);
  static absl::Status NotFound(absl::string_view name);
  // As in OutboundService; NOT_FOUND for names of other services.
  absl::StatusOr<v1::ListMessagesResponse> List(const v1::ListMessagesRequest& request, absl::Time deadline);
  absl::StatusOr<v1::OutboundMessage> Retry(absl::string_view name, absl::Time deadline);
  absl::Status Delete(absl::string_view name, absl::Time deadline);

 private:
  using Target = std::pair<std::string, std::string>;  // queue, target
  struct Flights {
    int all = 0;
    int of_workers = 0;
  };
  struct Count {
    int64_t messages = 0;
    absl::Time time = absl::InfinitePast();  // steady
  };
  // The right to one of the deliveries that a target may have at a time.
  class Slot {
   public:
    Slot(Queues& queues, Target target, bool of_worker)
        : queues_(&queues), target_(std::move(target)), of_worker_(of_worker) {}
    Slot(Slot&& other) noexcept
        : queues_(std::exchange(other.queues_, nullptr)),
          target_(std::move(other.target_)),
          of_worker_(other.of_worker_) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (queues_ != nullptr) queues_->GiveBack(target_, of_worker_);
    }

   private:
    Queues* queues_;
    Target target_;
    bool of_worker_;
  };
  // A message that is leased.
  struct Delivery {
    const Handler* handler = nullptr;
    Message message;
    Lease lease;
    bool dead = false;           // it was a dead letter before
    bool target_failed = false;  // last
    std::optional<Slot> slot;
  };

  const Handler* Find(absl::string_view queue) const;
  absl::Status CheckSize(const Message& message) const;
  absl::Status CheckRoom(db::Session& session, const std::string& queue, int max_messages);
  bool HasFreshCount(const std::string& queue, absl::Time now);

  std::optional<Slot> TakeSlot(const std::string& queue, const std::string& target, int max_concurrent, bool of_worker);
  // Of a caller: as soon as there is one. Nothing: `until` has come.
  std::optional<Slot> AwaitSlot(const std::string& queue, const std::string& target, int max_concurrent,
                                absl::Time until);
  // UNAVAILABLE OUTBOUND_TARGET_OPEN.
  absl::StatusOr<Breaker> ReadClosedBreaker(const StoredMessage& message, absl::Time deadline) const;
  void GiveBack(const Target& target, bool of_worker);

  // Leases the message, and with it the probe if the breaker's pause is over; the slot is the caller's to add. Nothing
  // if another one was faster.
  absl::StatusOr<std::optional<Delivery>> TryTake(const Handler& handler, const StoredMessage& message,
                                                  const Breaker& breaker, absl::Time deadline);
  // Of all queues, that which is due longest. Nothing if none is due that may be delivered here now.
  absl::StatusOr<std::optional<Delivery>> TakeNext();
  absl::StatusOr<std::optional<Delivery>> TakeOf(const std::string& queue, const Handler& handler,
                                                 const DueTarget& target, absl::Time deadline);
  absl::Status GiveUp(const Delivery& delivery, absl::Time deadline);
  // The result of the attempt.
  absl::Status Attempt(Delivery delivery, const Deliver& deliver, absl::Time deadline);
  absl::Status Conclude(const Delivery& delivery, const absl::Status& result);
  absl::StatusOr<bool> Finish(db::Session& session, const Delivery& delivery, const absl::Status& result,
                              DeliveryMetrics::Outcome* outcome);
  absl::Duration PauseAfterAttempt(const Delivery& delivery);

  // Nothing: stopping.
  std::optional<Delivery> AwaitDelivery();
  void RunWorker();
  void RunWatcher();

  absl::StatusOr<int64_t> ParseName(absl::string_view name) const;
  v1::OutboundMessage ToMessage(const StoredMessage& stored) const;
  // Locks the message that nobody delivers and changes it. NOT_FOUND; FAILED_PRECONDITION MESSAGE_DELIVERING.
  absl::Status Change(absl::string_view name, absl::Time deadline,
                      absl::FunctionRef<absl::Status(db::Session&, StoredMessage&)> body);

  db::Database& database_;
  const Clock& clock_;
  const resource::PageTokens& tokens_;
  const Options options_;
  const MessageStore store_;
  DeliveryMetrics metrics_;
  std::map<std::string, Handler, std::less<>> handlers_;  // fixed from Start on
  absl::Mutex mutex_;
  std::map<Target, Flights> flights_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Count, std::less<>> counts_ ABSL_GUARDED_BY(mutex_);
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  // One thread at a time looks for due messages, so that a database that fails is tried and logged once.
  absl::Mutex look_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  BackgroundThread watcher_;
  BackgroundThread workers_;
};

}  // namespace storeops::outbound

#endif  // STOREOPS_COMMON_OUTBOUND_QUEUES_H_
