// Between a process and the test server: passes everything on, until it loses the connection of one transaction at its
// COMMIT.
#ifndef STOREOPS_TESTS_SUPPORT_DATABASE_PROXY_H_
#define STOREOPS_TESTS_SUPPORT_DATABASE_PROXY_H_

#include <memory>
#include <string>

#include "common/db/database.h"
#include "tests/support/machine.h"

namespace storeops::testing {

class DatabaseProxy {
 public:
  enum class Lose {
    kQuestion,  // the server never gets the COMMIT
    kAnswer,    // it is committed
  };

  DatabaseProxy();
  ~DatabaseProxy();

  // Where the server is reached.
  db::Address address() const;
  // Loses the connection that is the next to prepare a statement that begins so, at the COMMIT after it. Once.
  void LoseCommitAfter(std::string statement, Lose lose);
  bool lost() const;

 private:
  class Relay;

  const TempFolder folder_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_DATABASE_PROXY_H_
