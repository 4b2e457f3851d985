// SIGTERM and SIGINT as an event to wait for.
#ifndef STOREOPS_SERVICES_STOREOPS_SIGNALS_H_
#define STOREOPS_SERVICES_STOREOPS_SIGNALS_H_

#include <signal.h>

namespace storeops {

// To be made before any thread: the signals are blocked in every thread, and Await takes one.
class SignalWaiter {
 public:
  SignalWaiter();
  void Await() const;

 private:
  sigset_t signals_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_SIGNALS_H_
