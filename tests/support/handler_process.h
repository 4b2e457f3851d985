// A process without services: handlers that a test chooses, behind a real pipeline. For tests of transports.
#ifndef STOREOPS_TESTS_SUPPORT_HANDLER_PROCESS_H_
#define STOREOPS_TESTS_SUPPORT_HANDLER_PROCESS_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/worker_pool.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"

namespace storeops::testing {

struct HandlerProcessOptions {
  int threads = 16;
  size_t queue_limit = 4096;
  rpc::RateLimiter* rate_limiter = nullptr;
  const Clock* clock = &Clock::System();  // of the pipeline
};

class HandlerProcess {
 public:
  const rpc::MethodTable& table() const { return table_; }
  rpc::Pipeline& pipeline() { return *pipeline_; }
  const rpc::AccessTokens& tokens() const { return tokens_; }
  std::string Bearer(const std::string& name = "users/1", std::vector<std::string> permissions = {"*"}) const {
    return "Bearer " + tokens_.Mint({name, name, std::move(permissions)}, absl::Minutes(10));
  }

 protected:
  explicit HandlerProcess(const HandlerProcessOptions& options)
      : workers_(std::make_unique<WorkerPool>(WorkerPool::Options{options.threads, options.queue_limit})) {
    rpc::Pipeline::Options pipeline;
    pipeline.workers = workers_.get();
    pipeline.authenticator = &authenticator_;
    pipeline.telemetry = &telemetry_;
    pipeline.rate_limiter = options.rate_limiter;
    pipeline.clock = options.clock;
    pipeline_ = std::make_unique<rpc::Pipeline>(pipeline);
  }
  ~HandlerProcess() = default;
  // Waits for handlers that still run: first in the destructor of the class that has them.
  void Close() {
    pipeline_.reset();
    workers_.reset();
  }
  // Once the table is filled.
  void FinishTable() {
    const absl::Status finished = table_.Finish();
    EXPECT_TRUE(finished.ok()) << finished;
  }

  rpc::MethodTable table_;

 private:
  rpc::AccessTokens tokens_{"a secret of at least thirty-two bytes", Clock::System()};
  rpc::StandardAuthenticator authenticator_{tokens_, nullptr, nullptr};
  telemetry::Telemetry telemetry_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_HANDLER_PROCESS_H_
