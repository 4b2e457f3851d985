// A process that serves the inventory, in small: its own runtime on a database that other such processes may share.
#ifndef STOREOPS_TESTS_SUPPORT_INVENTORY_PROCESS_H_
#define STOREOPS_TESTS_SUPPORT_INVENTORY_PROCESS_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/worker_pool.h"
#include "common/module/service_runtime.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"
#include "services/inventory/module.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/site.h"

namespace storeops::testing {

// What the inventory is given from outside.
struct InventoryPeers {
  inventory::PaymentProviders providers;
  std::function<rpc::Peer*(absl::string_view service)> peer;
};

class InventoryProcess {
 public:
  explicit InventoryProcess(const Site& site, const std::string& data = "data", const Clock& clock = Clock::System(),
                            int threads = 8, InventoryPeers peers = {})
      : InventoryProcess(site.prefix(), absl::StrCat(site.folder(), "/", data), clock, threads, std::move(peers)) {}
  // The same for a program that has no Site: the prefix of its databases' names, and the process's folder.
  InventoryProcess(const std::string& prefix, const std::string& data_root, const Clock& clock = Clock::System(),
                   int threads = 8, InventoryPeers peers = {})
      : workers_(PoolOptions(threads)) {
    ServiceRuntime::Options options;
    options.info = inventory::InventoryModule(std::move(peers.providers));
    options.peer = std::move(peers.peer);
    options.address = TestServer();
    options.database_prefix = prefix;
    options.secret = Site::kSecret;
    options.data_root = data_root;
    options.holder = RandomToken(12);
    options.clock = &clock;
    runtime_ = std::make_unique<ServiceRuntime>(options, telemetry_, table_, tokens_);
    rpc::Pipeline::Options pipeline;
    pipeline.workers = &workers_;
    pipeline.authenticator = &authenticator_;
    pipeline.telemetry = &telemetry_;
    pipeline.secret = Site::kSecret;
    pipeline_ = std::make_unique<rpc::Pipeline>(pipeline);
  }
  ~InventoryProcess() { runtime_->Stop(); }

  // Serves with nothing loaded and nothing done in the background,
  void ServeUnloaded() {
    absl::Status status = runtime_->Migrate(absl::Now() + absl::Seconds(60));
    if (status.ok()) status = runtime_->Bind();
    if (status.ok()) status = table_.Finish();
    ASSERT_TRUE(status.ok()) << status;
    peer_ = rpc::MakeLocalPeer(table_, *pipeline_, tokens_);
  }
  // then with all of it.
  void Start() {
    ASSERT_NO_FATAL_FAILURE(ServeUnloaded());
    const absl::Status status = runtime_->Start();
    ASSERT_TRUE(status.ok()) << status;
    for (const absl::Time end = absl::Now() + absl::Seconds(30); !Loaded();) {
      ASSERT_LT(absl::Now(), end) << "stock is not loaded";
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  bool Loaded() { return absl::StrContains(Metrics(), "\nstoreops_stock_memory_loaded 1\n"); }
  std::string Metrics() { return telemetry_.Render(); }

  // "GetStock" of the StockService, "LocationService/GetLocation" of another; as the owner of the shop.
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = peer_->CallBlocking(MakeCall(method), request, &response);
    if (!status.ok()) return status;
    return response;
  }
  rpc::PeerCall MakeCall(const std::string& method) const {
    rpc::PeerCall call;
    call.method = absl::StrCat("storeops.inventory.v1.", absl::StrContains(method, '/') ? "" : "StockService/", method);
    call.principal = {"users/1", "Owner", {"*"}};
    call.deadline = absl::Now() + absl::Seconds(60);
    return call;
  }
  rpc::Peer& peer() { return *peer_; }
  ServiceRuntime& runtime() { return *runtime_; }
  db::Database& database() { return runtime_->database(); }

 private:
  static WorkerPool::Options PoolOptions(int threads) {
    WorkerPool::Options options;
    options.threads = threads;
    options.on_thread_start = db::ThreadInit;
    options.on_thread_end = db::ThreadEnd;
    return options;
  }

  telemetry::Telemetry telemetry_;
  rpc::AccessTokens tokens_{Site::kSecret, Clock::System()};
  rpc::StandardAuthenticator authenticator_{tokens_, nullptr};
  rpc::MethodTable table_;
  std::unique_ptr<ServiceRuntime> runtime_;
  WorkerPool workers_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
  std::unique_ptr<rpc::Peer> peer_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_INVENTORY_PROCESS_H_
