// Processes that create operations and work on them, on one database.
#ifndef STOREOPS_TESTS_SUPPORT_OPERATIONS_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_OPERATIONS_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/base/status_macros.h"
#include "common/jobs/operations.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/empty.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::testing {

// What a process needs to create operations and to work on them.
struct OperationsProcess {
  OperationsProcess(const db::Options& options, const std::string& holder,
                    absl::Duration lease_term = absl::Seconds(30))
      : database(options),
        feed(database, "catalog", {}),
        ids(database),
        store{database, feed, Clock::System(), ids},
        tokens("a secret of at least thirty-two bytes"),
        operations(store, tokens, holder, MakeOptions(lease_term)) {}

  static jobs::Operations::Options MakeOptions(absl::Duration lease_term) {
    jobs::Operations::Options options;
    options.service = "catalog";
    options.lease_term = lease_term;
    options.poll_interval = absl::Milliseconds(20);
    return options;
  }

  db::Database database;
  changes::Feed feed;
  resource::IdAllocator ids;
  resource::Store store;
  resource::PageTokens tokens;
  jobs::Operations operations;
};

class OperationsFixture : public ::testing::Test {
 public:
  static constexpr char kMethod[] = "storeops.catalog.v1.ProductService/GetProduct";
  static constexpr char kOtherMethod[] = "storeops.catalog.v1.ProductService/ListProducts";

 protected:
  using Operation = google::longrunning::Operation;
  using OperationMetadata = storeops::operations::v1::OperationMetadata;
  using Result = absl::StatusOr<std::unique_ptr<google::protobuf::Message>>;

  OperationsFixture() : test_database_({&migrations::common()}), options_(test_database_.options()) {
    process_ = NewProcess("first");
  }

  std::unique_ptr<OperationsProcess> NewProcess(const std::string& holder,
                                                absl::Duration lease_term = absl::Seconds(30)) {
    return std::make_unique<OperationsProcess>(options_, holder, lease_term);
  }
  jobs::Operations& operations() { return process_->operations; }

  std::string Create(const std::string& product = "products/1", const std::string& full_name = kMethod) {
    rpc::Method method;
    method.full_name = full_name;
    rpc::Call call;
    call.method = &method;
    call.principal.name = "users/7";
    call.deadline = Soon();
    catalog::v1::GetProductRequest request;
    request.set_name(product);
    google::protobuf::Empty response;
    Operation operation;
    const absl::Status created =
        resource::RunWrite(process_->store, call, &response, [&](resource::Write& write) -> absl::Status {
          ASSIGN_OR_RETURN(operation, process_->operations.Create(write, request));
          return absl::OkStatus();
        });
    EXPECT_TRUE(created.ok()) << created;
    EXPECT_FALSE(operation.done());
    return operation.name();
  }
  Operation Get(const std::string& name) {
    const auto operation = operations().Get(name, Soon());
    EXPECT_TRUE(operation.ok()) << operation.status();
    return operation.value_or(Operation());
  }
  Operation Await(const std::string& name) {
    const auto operation = operations().Wait(name, Soon(), Soon());
    EXPECT_TRUE(operation.ok()) << operation.status();
    EXPECT_TRUE(operation.ok() && operation->done());
    return operation.value_or(Operation());
  }
  static OperationMetadata Metadata(const Operation& operation) {
    OperationMetadata metadata;
    EXPECT_TRUE(operation.metadata().UnpackTo(&metadata));
    return metadata;
  }
  bool AwaitState(const std::string& name, OperationMetadata::State state) {
    return Eventually([&] { return Metadata(Get(name)).state() == state; });
  }

  TestDatabase test_database_;
  const db::Options options_;
  std::unique_ptr<OperationsProcess> process_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_OPERATIONS_FIXTURE_H_
