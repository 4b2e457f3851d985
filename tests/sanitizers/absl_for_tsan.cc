// Shows Abseil's synchronisation to ThreadSanitizer; linked into every test program of the tsan preset.
//
// The installed libabsl is not instrumented, so TSan would see neither its locks nor what they order, and would report
// a race for almost everything that a lock guards. The program's own definitions below come before the library's, for
// our code and for the other libraries (gRPC locks with absl::Mutex too): each tells TSan and calls the library's.
//
// Between __tsan_mutex_pre_* and _post_* TSan ignores what the thread does. Conditions are evaluated there, by
// whichever thread unlocks: that is meant, as the lock is held although TSan does not know the moment.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "absl/status/status.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace {

void* Find(const char* name) {
  void* const symbol = dlsym(RTLD_NEXT, name);
  if (symbol == nullptr) {
    std::fprintf(stderr, "absl_for_tsan: the installed Abseil has no %s\n", name);
    std::abort();
  }
  return symbol;
}

// The library's member function of a mangled name, looked up once. Debian's Abseil has the inline namespace debian3.
#define REAL_NAMED(name)                    \
  ([] {                                     \
    static void* const symbol = Find(name); \
    return symbol;                          \
  }())
#define REAL(name) REAL_NAMED("_ZN4absl7debian3" name)
#define REAL_CONST(name) REAL_NAMED("_ZNK4absl7debian3" name)

// Member functions take `this` as their first argument, references are pointers (Itanium ABI).
template <typename Result = void, typename... Args>
Result Call(void* symbol, Args... args) {
  return reinterpret_cast<Result (*)(Args...)>(symbol)(args...);
}

class Locking {
 public:
  explicit Locking(void* mutex, unsigned flags = 0) : mutex_(mutex), flags_(flags) {
    __tsan_mutex_pre_lock(mutex_, flags_);
  }
  ~Locking() { __tsan_mutex_post_lock(mutex_, flags_ | (taken_ ? 0 : __tsan_mutex_try_lock_failed), 0); }

  bool Taken(bool taken) { return taken_ = taken; }

 private:
  void* const mutex_;
  const unsigned flags_;
  bool taken_ = true;
};

class Unlocking {
 public:
  explicit Unlocking(void* mutex, unsigned flags = 0) : mutex_(mutex), flags_(flags) {
    __tsan_mutex_pre_unlock(mutex_, flags_);
  }
  ~Unlocking() { __tsan_mutex_post_unlock(mutex_, flags_); }

 private:
  void* const mutex_;
  const unsigned flags_;
};

// A wait lets the lock go and takes it again. The code here waits under exclusive locks only.
class Waiting {
 public:
  explicit Waiting(void* mutex) : mutex_(mutex) {
    __tsan_mutex_pre_unlock(mutex_, 0);
    __tsan_mutex_post_unlock(mutex_, 0);
    __tsan_mutex_pre_lock(mutex_, 0);
  }
  ~Waiting() { __tsan_mutex_post_lock(mutex_, 0, 0); }

 private:
  void* const mutex_;
};

// The flag of a Notification stands behind its mutex. HasBeenNotified is inline: TSan sees the load, not the store.
void* FlagOf(const absl::Notification* notification) {
  return reinterpret_cast<char*>(const_cast<absl::Notification*>(notification)) + sizeof(absl::Mutex);
}

bool Seen(const absl::Notification* notification, bool notified) {
  if (notified) __tsan_acquire(FlagOf(notification));
  return notified;
}

}  // namespace

// The *WithTimeout functions of Mutex and CondVar are not here: the library's call these *WithDeadline ones.
namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  Call(REAL("5MutexD1Ev"), this);
  __tsan_mutex_destroy(this, 0);
}

void Mutex::Lock() {
  Locking locking(this);
  Call(REAL("5Mutex4LockEv"), this);
}

bool Mutex::TryLock() {
  Locking locking(this, __tsan_mutex_try_lock);
  return locking.Taken(Call<bool>(REAL("5Mutex7TryLockEv"), this));
}

void Mutex::Unlock() {
  Unlocking unlocking(this);
  Call(REAL("5Mutex6UnlockEv"), this);
}

void Mutex::ReaderLock() {
  Locking locking(this, __tsan_mutex_read_lock);
  Call(REAL("5Mutex10ReaderLockEv"), this);
}

void Mutex::ReaderUnlock() {
  Unlocking unlocking(this, __tsan_mutex_read_lock);
  Call(REAL("5Mutex12ReaderUnlockEv"), this);
}

void Mutex::LockWhen(const Condition& condition) {
  Locking locking(this);
  Call(REAL("5Mutex8LockWhenERKNS0_9ConditionE"), this, &condition);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  Locking locking(this);
  return Call<bool>(REAL("5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE"), this, &condition, deadline);
}

void Mutex::Await(const Condition& condition) {
  Waiting waiting(this);
  Call(REAL("5Mutex5AwaitERKNS0_9ConditionE"), this, &condition);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  Waiting waiting(this);
  return Call<bool>(REAL("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE"), this, &condition, deadline);
}

void CondVar::Wait(Mutex* mutex) {
  Waiting waiting(mutex);
  Call(REAL("7CondVar4WaitEPNS0_5MutexE"), this, mutex);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  Waiting waiting(mutex);
  return Call<bool>(REAL("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE"), this, mutex, deadline);
}

void Notification::Notify() {
  __tsan_release(FlagOf(this));
  Call(REAL("12Notification6NotifyEv"), this);
}

void Notification::WaitForNotification() const {
  Call(REAL_CONST("12Notification19WaitForNotificationEv"), this);
  Seen(this, true);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  return Seen(this,
              Call<bool>(REAL_CONST("12Notification30WaitForNotificationWithTimeoutENS0_8DurationE"), this, timeout));
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  return Seen(this,
              Call<bool>(REAL_CONST("12Notification31WaitForNotificationWithDeadlineENS0_4TimeE"), this, deadline));
}

bool BlockingCounter::DecrementCount() {
  __tsan_release(this);
  return Call<bool>(REAL("15BlockingCounter14DecrementCountEv"), this);
}

void BlockingCounter::Wait() {
  Call(REAL("15BlockingCounter4WaitEv"), this);
  __tsan_acquire(this);
}

// Copies of a Status share one object: the last holder's delete comes after all that the others did with it. Under a
// lock, so that holders are shown in the order in which they let go; of several, so that few others are ordered by it.
void Status::UnrefNonInlined(uintptr_t rep) {
  static std::mutex mutexes[64];
  void* const shared = reinterpret_cast<void*>(rep & ~uintptr_t{7});  // the low bits are flags
  const std::lock_guard<std::mutex> lock(mutexes[rep / 16 % 64]);
  __tsan_release(shared);
  __tsan_acquire(shared);
  Call(REAL("6Status15UnrefNonInlinedEm"), rep);
}

ABSL_NAMESPACE_END
}  // namespace absl
