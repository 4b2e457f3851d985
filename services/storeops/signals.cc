#include "services/storeops/signals.h"

namespace storeops {

SignalWaiter::SignalWaiter() {
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void SignalWaiter::Await() const {
  int received = 0;
  while (sigwait(&signals_, &received) != 0) {
  }
}

}  // namespace storeops
