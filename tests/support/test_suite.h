// A suite started by `storeops up` in a folder of its own, on ports of its own.
#ifndef STOREOPS_TESTS_SUPPORT_TEST_SUITE_H_
#define STOREOPS_TESTS_SUPPORT_TEST_SUITE_H_

#include <memory>
#include <string>
#include <vector>

#include "services/storeops/client.h"
#include "storeops/catalog/v1/product.pb.h"
#include "tests/support/program.h"

namespace storeops::testing {

class TestSuite {
 public:
  // `options`: of `storeops up`, beside ports and --detach.
  explicit TestSuite(std::vector<std::string> options = {"--no-demo"});
  // Stops everything.
  ~TestSuite();

  // `storeops --home ... up --detach`. Stops the test if it does not come up.
  RunResult Up();
  RunResult Down() { return Run({"down"}); }
  // Any command on this suite's data folder.
  RunResult Run(std::vector<std::string> arguments) const;

  // Process ids, from what the suite leaves in its folder.
  pid_t pid() const;
  pid_t database_pid() const;

  const std::string& home() const { return folder_.path(); }
  std::string key() const;
  // The lines of the endpoint file.
  std::string grpc_address() const;
  std::string http_address() const;
  // With the shell's key, or another credential.
  Client MakeClient() const { return MakeClient(key()); }
  Client MakeClient(const std::string& credential) const;

 private:
  const TempFolder folder_;
  const std::vector<std::string> options_;
};

// A product with one variant.
catalog::v1::Product SimpleProduct(const std::string& sku, const std::string& title);

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_TEST_SUITE_H_
