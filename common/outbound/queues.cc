#include "common/outbound/queues.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/outbound/delivery_rules.h"

namespace storeops::outbound {
namespace {

using Outcome = DeliveryMetrics::Outcome;

constexpr char kType[] = "outbound.storeops/OutboundMessage";
constexpr absl::string_view kNamePrefix = "outboundMessages/";
constexpr resource::PageSizes kPageSizes{50, 200};
constexpr absl::Duration kDatabaseLimit = absl::Seconds(10);
// Of a lease beyond the time limit: for storing the result, and for clocks that differ.
constexpr absl::Duration kLeaseMargin = absl::Seconds(30);
constexpr absl::Duration kCountInterval = absl::Seconds(10);
constexpr absl::Duration kFailurePause = absl::Seconds(5);
constexpr int kTargetsLimit = 64;  // of a queue and look
constexpr int kMessagesLimit = 8;  // of a target and look: other replicas take the same
constexpr int kOpenLimit = 1000;
constexpr size_t kMaxTargetBytes = 190;
constexpr size_t kMaxKeyBytes = 190;

std::string FormatName(absl::string_view service, int64_t id) { return absl::StrCat(kNamePrefix, service, ".", id); }

absl::Status NotNow(absl::string_view reason, absl::string_view message, absl::Duration retry_after) {
  return WithReason(UnavailableRetry(message, std::max(retry_after, absl::Seconds(1))), reason);
}

absl::Status TooLarge(absl::string_view what, size_t bytes, size_t limit) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat(what, " must have at most ", limit, " bytes, got ", bytes)),
                    "OUTBOUND_MESSAGE_TOO_LARGE", {{"limit", absl::StrCat(limit)}});
}

}  // namespace

Queues::Queues(db::Database& database, const Clock& clock, const resource::PageTokens& tokens, Options options)
    : database_(database),
      clock_(clock),
      tokens_(tokens),
      options_(std::move(options)),
      store_(database, options_.owner),
      metrics_(options_.service, options_.telemetry),
      watcher_({.name = "outbound", .body = [this] { RunWatcher(); }, .clock = &clock_}),
      workers_({.name = "outbound", .body = [this] { RunWorker(); }, .threads = options_.threads, .clock = &clock_}) {}

void Queues::Register(std::string queue, Handler handler) {
  STOREOPS_ASSERT(!handlers_.contains(queue) && handlers_.size() < kMaxQueues);
  handlers_.emplace(std::move(queue), std::move(handler));
}

void Queues::Start() {
  if (handlers_.empty()) return;
  workers_.Start();
  watcher_.Start();
}

void Queues::Stop() {
  workers_.Stop();
  watcher_.Stop();
}

const Handler* Queues::Find(absl::string_view queue) const {
  const auto found = handlers_.find(queue);
  return found == handlers_.end() ? nullptr : &found->second;
}

absl::Status Queues::CheckSize(const Message& message) const {
  if (message.payload.size() > kMaxPayloadBytes) {
    return TooLarge("the payload of an outbound message", message.payload.size(), kMaxPayloadBytes);
  }
  if (message.target.size() > kMaxTargetBytes) {
    return TooLarge("the target of an outbound message", message.target.size(), kMaxTargetBytes);
  }
  if (message.key.size() > kMaxKeyBytes) {
    return TooLarge("the key of an outbound message", message.key.size(), kMaxKeyBytes);
  }
  return absl::OkStatus();
}

// Messages of transactions that roll back count until the next query.
absl::Status Queues::CheckRoom(db::Session& session, const std::string& queue, int max_messages) {
  const absl::Time now = clock_.Steady();
  if (!HasFreshCount(queue, now)) {
    ASSIGN_OR_RETURN(const int64_t messages, store_.CountMessages(session, queue));
    absl::MutexLock lock(&mutex_);
    counts_[queue] = {messages, now};
  }
  absl::MutexLock lock(&mutex_);
  Count& count = counts_[queue];
  if (count.messages >= max_messages) {
    return WithReason(ExhaustedRetry(absl::StrCat("outbound queue ", queue, " has its limit of ", max_messages,
                                                  " messages; wait, or delete dead letters"),
                                     kCountInterval),
                      "OUTBOUND_QUEUE_FULL", {{"queue", queue}, {"limit", absl::StrCat(max_messages)}});
  }
  ++count.messages;
  return absl::OkStatus();
}

bool Queues::HasFreshCount(const std::string& queue, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  return now < counts_[queue].time + kCountInterval;
}

absl::Status Queues::Enqueue(db::Session& session, const Message& message, absl::Duration delay) {
  const Handler* const handler = Find(message.queue);
  if (handler == nullptr) return STOREOPS_BUG(absl::StrCat("no outbound queue ", message.queue, " is registered"));
  RETURN_IF_ERROR(CheckSize(message));
  RETURN_IF_ERROR(CheckRoom(session, message.queue, handler->max_messages));
  const absl::Time now = clock_.Now();
  return store_.Insert(session, message, now + delay, now);
}

absl::Status Queues::Enqueue(resource::Write& write, const Message& message, absl::Duration delay) {
  RETURN_IF_ERROR(Enqueue(write.session(), message, delay));
  if (delay <= absl::ZeroDuration()) write.AfterCommit([this] { Wake(); });
  return absl::OkStatus();
}

std::optional<Queues::Slot> Queues::TakeSlot(const std::string& queue, const std::string& target, int max_concurrent,
                                             bool of_worker) {
  // Leaves threads to other targets while one hangs.
  const int max_workers = std::max(1, options_.threads / 2);
  absl::MutexLock lock(&mutex_);
  Flights& flights = flights_[{queue, target}];
  if (flights.all >= max_concurrent || (of_worker && flights.of_workers >= max_workers)) return std::nullopt;
  ++flights.all;
  if (of_worker) ++flights.of_workers;
  return Slot(*this, {queue, target}, of_worker);
}

std::optional<Queues::Slot> Queues::AwaitSlot(const std::string& queue, const std::string& target, int max_concurrent,
                                              absl::Time until) {
  const Target key(queue, target);
  const auto free = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const auto found = flights_.find(key);
    return found == flights_.end() || found->second.all < max_concurrent;
  };
  {
    absl::MutexLock lock(&mutex_);
    if (!AwaitUntil(mutex_, absl::Condition(&free), until)) return std::nullopt;
    ++flights_[key].all;
  }
  return Slot(*this, key, /*of_worker=*/false);
}

void Queues::GiveBack(const Target& target, bool of_worker) {
  absl::MutexLock lock(&mutex_);
  const auto found = flights_.find(target);
  if (of_worker) --found->second.of_workers;
  if (--found->second.all == 0) flights_.erase(found);
}

absl::StatusOr<std::optional<Queues::Delivery>> Queues::TryTake(const Handler& handler, const StoredMessage& message,
                                                                const Breaker& breaker, absl::Time deadline) {
  const absl::Time until = clock_.Now() + handler.time_limit + kLeaseMargin;
  ASSIGN_OR_RETURN(const std::optional<Lease> lease, store_.TryLease(message, until, deadline));
  if (!lease.has_value()) return std::nullopt;
  if (breaker.open_until.has_value()) {
    ASSIGN_OR_RETURN(const bool taken,
                     store_.TakeProbe(message.queue, message.target, *breaker.open_until, until, deadline));
    if (!taken) {
      RETURN_IF_ERROR(store_.Return(*lease, message.due, deadline));
      return std::nullopt;
    }
  }
  ASSIGN_OR_RETURN(std::string payload, store_.ReadPayload(*lease, deadline));
  Delivery delivery;
  delivery.handler = &handler;
  delivery.message = {message.queue, message.target, message.key, std::move(payload)};
  delivery.lease = *lease;
  delivery.dead = message.state == v1::OutboundMessage::DEAD;
  delivery.target_failed = breaker.failures > 0;
  return delivery;
}

absl::StatusOr<std::optional<Queues::Delivery>> Queues::TakeNext() {
  struct Candidate {
    const std::string* queue;
    const Handler* handler;
    DueTarget target;
  };
  const absl::Time deadline = SteadyNow() + kDatabaseLimit;
  std::vector<Candidate> candidates;
  for (const auto& [queue, handler] : handlers_) {
    ASSIGN_OR_RETURN(std::vector<DueTarget> targets, store_.DueTargets(queue, clock_.Now(), kTargetsLimit, deadline));
    for (DueTarget& target : targets) candidates.push_back({&queue, &handler, std::move(target)});
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.target.due < b.target.due; });
  for (const Candidate& candidate : candidates) {
    ASSIGN_OR_RETURN(std::optional<Delivery> delivery,
                     TakeOf(*candidate.queue, *candidate.handler, candidate.target, deadline));
    if (delivery.has_value()) return delivery;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Queues::Delivery>> Queues::TakeOf(const std::string& queue, const Handler& handler,
                                                               const DueTarget& target, absl::Time deadline) {
  std::optional<Slot> slot = TakeSlot(queue, target.target, handler.max_concurrent, /*of_worker=*/true);
  if (!slot.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::vector<StoredMessage> messages,
                   store_.DueMessages(queue, target.target, clock_.Now(), kMessagesLimit, deadline));
  for (const StoredMessage& message : messages) {
    ASSIGN_OR_RETURN(std::optional<Delivery> delivery, TryTake(handler, message, target.breaker, deadline));
    if (delivery.has_value() && delivery->lease.attempt > handler.max_attempts) {
      RETURN_IF_ERROR(GiveUp(*delivery, deadline));
    } else if (delivery.has_value()) {
      delivery->slot.emplace(*std::move(slot));
      return delivery;
    }
    // A probe that another one has lets nothing else through.
    if (target.breaker.open_until.has_value()) return std::nullopt;
  }
  return std::nullopt;
}

// The process ended during each of the attempts.
absl::Status Queues::GiveUp(const Delivery& delivery, absl::Time deadline) {
  metrics_.CountDelivery(delivery.message.queue, delivery.message.target, Outcome::kDead);
  return database_.Transact(deadline, [&](db::Session& session) {
    return store_
        .Bury(session, delivery.lease, clock_.Now(),
              absl::StrCat("the process ended during attempt ", delivery.handler->max_attempts))
        .status();
  });
}

absl::StatusOr<Breaker> Queues::ReadClosedBreaker(const StoredMessage& message, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Breaker breaker, store_.ReadBreaker(message.queue, message.target, deadline));
  const absl::Time now = clock_.Now();
  if (!breaker.IsOpen(now)) return breaker;
  return NotNow("OUTBOUND_TARGET_OPEN", absl::StrCat(message.target, " does not answer"), *breaker.open_until - now);
}

absl::Status Queues::DeliverNow(absl::string_view queue, absl::string_view key, absl::Time deadline,
                                const Deliver& deliver) {
  const Handler* const handler = Find(queue);
  if (handler == nullptr) return STOREOPS_BUG(absl::StrCat("no outbound queue ", queue, " is registered"));
  ASSIGN_OR_RETURN(const std::optional<StoredMessage> found, store_.FindByKey(queue, key, deadline));
  if (!found.has_value()) return absl::NotFoundError(absl::StrCat("no message ", key, " waits in queue ", queue));
  const absl::Status delivering =
      NotNow("OUTBOUND_DELIVERING", absl::StrCat("message ", key, " is being delivered"), absl::Seconds(1));
  const bool takes_over = handler->callers_take_over && found->lease_owner != options_.owner;
  if (found->IsLeased(clock_.Now()) && !takes_over) return delivering;
  ASSIGN_OR_RETURN(Breaker breaker, ReadClosedBreaker(*found, deadline));
  std::optional<Slot> slot = TakeSlot(found->queue, found->target, handler->max_concurrent, /*of_worker=*/false);
  if (!slot.has_value()) {
    auto later = AwaitSlot(found->queue, found->target, handler->max_concurrent,
                           std::min(deadline, SteadyNow() + handler->max_wait));
    if (later.has_value()) slot.emplace(*std::move(later));
    // The deliveries that were waited for may have failed.
    ASSIGN_OR_RETURN(breaker, ReadClosedBreaker(*found, deadline));
  }
  if (!slot.has_value()) {
    return NotNow(
        "OUTBOUND_TARGET_BUSY",
        absl::StrCat(found->target, " has its limit of ", handler->max_concurrent, " deliveries of this process"),
        absl::Seconds(1));
  }
  ASSIGN_OR_RETURN(std::optional<Delivery> delivery, TryTake(*handler, *found, breaker, deadline));
  if (!delivery.has_value()) return delivering;
  delivery->slot.emplace(*std::move(slot));
  return Attempt(*std::move(delivery), deliver == nullptr ? handler->deliver : deliver, deadline);
}

absl::Status Queues::Attempt(Delivery delivery, const Deliver& deliver, absl::Time deadline) {
  const absl::Time end = std::min(deadline, SteadyNow() + delivery.handler->time_limit);
  absl::Status result = deliver(delivery.message, end);
  const absl::Status concluded = Conclude(delivery, result);
  if (!concluded.ok()) {
    telemetry::Log(telemetry::LogLevel::kWarning,
                   "the result of a delivery cannot be stored; it is repeated when the lease ends",
                   {{"queue", delivery.message.queue},
                    {"target", delivery.message.target},
                    {"key", delivery.message.key},
                    {"error", concluded.ToString()}});
  }
  return result;
}

absl::Status Queues::Conclude(const Delivery& delivery, const absl::Status& result) {
  const Message& message = delivery.message;
  const Contact contact = ContactOf(result);
  Outcome outcome = Outcome::kDelivered;
  bool leased = false;
  RETURN_IF_ERROR(database_.Transact(SteadyNow() + kDatabaseLimit, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(leased, Finish(session, delivery, result, &outcome));
    if (contact == Contact::kFailed) {
      return store_.CountFailure(session, message.queue, message.target, delivery.handler->breaker_failures,
                                 clock_.Now() + delivery.handler->breaker_pause);
    }
    if (contact == Contact::kUnknown || !delivery.target_failed) return absl::OkStatus();
    return store_.CloseBreaker(session, message.queue, message.target);
  }));
  metrics_.CountDelivery(message.queue, message.target, outcome);
  if (leased && outcome == Outcome::kDelivered) return absl::OkStatus();
  const char* const what = !leased                     ? "a delivery outlasted its lease"
                           : outcome == Outcome::kDead ? "an outbound message became a dead letter"
                                                       : "a delivery failed";
  telemetry::Log(telemetry::LogLevel::kWarning, what,
                 {{"queue", message.queue},
                  {"target", message.target},
                  {"key", message.key},
                  {"attempt", absl::StrCat(delivery.lease.attempt)},
                  {"error", result.ToString()}});
  return absl::OkStatus();
}

absl::StatusOr<bool> Queues::Finish(db::Session& session, const Delivery& delivery, const absl::Status& result,
                                    Outcome* outcome) {
  *outcome = Outcome::kDelivered;
  if (result.ok()) return store_.Remove(session, delivery.lease);
  const absl::Time now = clock_.Now();
  if (delivery.dead || IsPermanent(result) || delivery.lease.attempt >= delivery.handler->max_attempts) {
    *outcome = Outcome::kDead;
    return store_.Bury(session, delivery.lease, now, result.ToString());
  }
  *outcome = Outcome::kRetried;
  return store_.Postpone(session, delivery.lease, now + PauseAfterAttempt(delivery), result.ToString());
}

absl::Duration Queues::PauseAfterAttempt(const Delivery& delivery) {
  absl::MutexLock lock(&mutex_);
  return PauseAfter(delivery.lease.attempt, delivery.handler->first_pause, delivery.handler->longest_pause,
                    absl::Uniform(random_, 0.0, 1.0));
}

absl::StatusOr<int> Queues::RunDue() {
  for (int attempts = 0;; ++attempts) {
    ASSIGN_OR_RETURN(std::optional<Delivery> delivery, TakeNext());
    if (!delivery.has_value()) return attempts;
    const Handler& handler = *delivery->handler;
    // Its failure is stored with the message.
    Attempt(*std::move(delivery), handler.deliver, absl::InfiniteFuture()).IgnoreError();
  }
}

std::optional<Queues::Delivery> Queues::AwaitDelivery() {
  absl::MutexLock lock(&look_mutex_);
  while (!workers_.Stopping()) {
    auto delivery = TakeNext();
    if (delivery.ok() && delivery->has_value()) {
      if (!workers_.Stopping()) return *std::move(delivery);
      // If this fails, the lease ends by itself.
      store_.Return((*delivery)->lease, clock_.Now(), SteadyNow() + kDatabaseLimit).IgnoreError();
      return std::nullopt;
    }
    if (delivery.ok()) {
      workers_.AwaitWake(clock_.Steady() + options_.poll_interval);
      continue;
    }
    telemetry::Log(telemetry::LogLevel::kWarning, "outbound messages cannot be looked for",
                   {{"service", options_.service}, {"error", delivery.status().ToString()}});
    workers_.WaitFor(kFailurePause);
  }
  return std::nullopt;
}

void Queues::RunWorker() {
  while (std::optional<Delivery> delivery = AwaitDelivery()) {
    const Handler& handler = *delivery->handler;
    Attempt(*std::move(delivery), handler.deliver, absl::InfiniteFuture()).IgnoreError();
    Wake();  // the target may have more
  }
}

void Queues::RunWatcher() {
  do {
    const absl::Status updated = UpdateGauges();
    if (updated.ok()) continue;
    telemetry::Log(telemetry::LogLevel::kWarning, "outbound messages cannot be counted",
                   {{"service", options_.service}, {"error", updated.ToString()}});
  } while (watcher_.WaitFor(kCountInterval));
}

absl::Status Queues::UpdateGauges() {
  const absl::Time deadline = SteadyNow() + kDatabaseLimit;
  ASSIGN_OR_RETURN(const auto counts, store_.CountAll(deadline));
  ASSIGN_OR_RETURN(const auto open, store_.OpenTargets(kOpenLimit, deadline));
  metrics_.SetGauges(counts, open, clock_.Now());
  return absl::OkStatus();
}

std::string Queues::ServiceOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kNamePrefix)) return "";
  const size_t dot = name.rfind('.');
  return dot == absl::string_view::npos ? "" : std::string(name.substr(0, dot));
}

absl::Status Queues::NotFound(absl::string_view name) { return ResourceNotFound(kType, name); }

absl::StatusOr<int64_t> Queues::ParseName(absl::string_view name) const {
  absl::string_view number = name;
  int64_t id = 0;
  if (!absl::ConsumePrefix(&number, absl::StrCat(kNamePrefix, options_.service, ".")) ||
      !absl::SimpleAtoi(number, &id) || FormatName(options_.service, id) != name) {
    return NotFound(name);
  }
  return id;
}

v1::OutboundMessage Queues::ToMessage(const StoredMessage& stored) const {
  v1::OutboundMessage message;
  message.set_name(FormatName(options_.service, stored.id));
  message.set_queue(stored.queue);
  message.set_target(stored.target);
  message.set_key(stored.key);
  message.set_state(stored.state);
  message.set_attempts(stored.attempts);
  message.set_last_error(stored.last_error);
  *message.mutable_create_time() = ToTimestamp(stored.create_time);
  message.set_delivering(stored.IsLeased(clock_.Now()));
  if (stored.state != v1::OutboundMessage::DEAD) *message.mutable_next_attempt_time() = ToTimestamp(stored.due);
  return message;
}

absl::StatusOr<v1::ListMessagesResponse> Queues::List(const v1::ListMessagesRequest& request, absl::Time deadline) {
  ASSIGN_OR_RETURN(const resource::ListPage page, tokens_.Open(request, "n", kPageSizes));
  ASSIGN_OR_RETURN(auto messages, store_.List(request.state(), page.Number(0), page.limit(), deadline));
  v1::ListMessagesResponse response;
  page.Close(messages, [](const StoredMessage& last) -> resource::PageKeys { return {last.id}; }, &response);
  for (const StoredMessage& message : messages) *response.add_messages() = ToMessage(message);
  return response;
}

absl::Status Queues::Change(absl::string_view name, absl::Time deadline,
                            absl::FunctionRef<absl::Status(db::Session&, StoredMessage&)> body) {
  ASSIGN_OR_RETURN(const int64_t id, ParseName(name));
  return database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(std::optional<StoredMessage> message, store_.Lock(session, id));
    if (!message.has_value()) return NotFound(name);
    if (message->IsLeased(clock_.Now())) {
      return PreconditionFailed("MESSAGE_DELIVERING", name, absl::StrCat(name, " is being delivered"));
    }
    return body(session, *message);
  });
}

absl::StatusOr<v1::OutboundMessage> Queues::Retry(absl::string_view name, absl::Time deadline) {
  v1::OutboundMessage response;
  RETURN_IF_ERROR(Change(name, deadline, [&](db::Session& session, StoredMessage& message) {
    message.state = v1::OutboundMessage::WAITING;
    message.attempts = 0;
    message.due = clock_.Now();
    message.lease_owner.clear();
    response = ToMessage(message);
    return store_.Restart(session, message.id, message.due);
  }));
  Wake();
  return response;
}

absl::Status Queues::Delete(absl::string_view name, absl::Time deadline) {
  return Change(name, deadline,
                [&](db::Session& session, StoredMessage& message) { return store_.Delete(session, message.id); });
}

}  // namespace storeops::outbound
