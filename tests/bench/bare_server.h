// The limit that a server is measured against, as a process of its own.
#ifndef STOREOPS_TESTS_BENCH_BARE_SERVER_H_
#define STOREOPS_TESTS_BENCH_BARE_SERVER_H_

#include <memory>
#include <string>

#include "tests/bench/bench_support.h"
#include "tests/support/machine.h"

namespace storeops::bench {

// This program again, as a bare server that answers `answer`. `kind` is "grpc", and `what` the method's path
// ("/package.Service/Method"); "grpc messages" for one that parses requests and serialises the answer, as generated
// code does, of a method whose messages are linked in; or "http" and the content type.
class BareServer {
 public:
  BareServer(const std::string& kind, const std::string& what, const std::string& answer);
  int port() const { return port_; }

 private:
  testing::TempFolder folder_;
  const int port_;
  std::unique_ptr<Child> child_;
};

// To be called first in main: serves, and never returns, in a process that BareServer started.
void ServeIfBare(int argc, char** argv);

}  // namespace storeops::bench

#endif  // STOREOPS_TESTS_BENCH_BARE_SERVER_H_
