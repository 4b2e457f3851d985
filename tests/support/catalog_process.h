// A process that serves the catalogue, in small: its own runtime on a database that other such processes may share.
#ifndef STOREOPS_TESTS_SUPPORT_CATALOG_PROCESS_H_
#define STOREOPS_TESTS_SUPPORT_CATALOG_PROCESS_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/worker_pool.h"
#include "common/blobs/blob_store.h"
#include "common/module/service_runtime.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"
#include "services/catalog/module.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/site.h"

namespace storeops::testing {

class CatalogProcess {
 public:
  // `data` is the process's folder below the site's.
  explicit CatalogProcess(const Site& site, const std::string& data = "data")
      : CatalogProcess(site.prefix(), absl::StrCat(site.folder(), "/", data), site.folder() + "/blobs") {}
  // The same for a program that has no Site: the prefix of its databases' names, and the process's folder.
  CatalogProcess(const std::string& prefix, const std::string& data_root)
      : CatalogProcess(prefix, data_root, data_root + "-blobs") {}
  CatalogProcess(const std::string& prefix, const std::string& data_root, const std::string& blobs_folder) {
    ServiceRuntime::Options options;
    options.info = catalog::CatalogModule();
    options.address = TestServer();
    options.database_prefix = prefix;
    options.secret = Site::kSecret;
    options.data_root = data_root;
    options.holder = RandomToken(12);
    auto blobs = blobs::OpenFolderStore(blobs_folder);
    EXPECT_TRUE(blobs.ok()) << blobs.status();
    blobs_ = *std::move(blobs);
    options.blobs = blobs_.get();
    runtime_ = std::make_unique<ServiceRuntime>(options, telemetry_, table_, tokens_);
    rpc::Pipeline::Options pipeline;
    pipeline.workers = &workers_;
    pipeline.authenticator = &authenticator_;
    pipeline.telemetry = &telemetry_;
    pipeline_ = std::make_unique<rpc::Pipeline>(pipeline);
  }
  ~CatalogProcess() { runtime_->Stop(); }

  absl::Status Prepare() {
    absl::Status status = runtime_->Migrate(absl::Now() + absl::Seconds(60));
    if (status.ok()) status = runtime_->Bind();
    if (status.ok()) status = table_.Finish();
    return status;
  }
  void Start() {
    ASSERT_NO_FATAL_FAILURE(ServeUnloaded());
    Load();
  }
  // Start in steps. Serves with nothing loaded and nothing done in the background,
  void ServeUnloaded() {
    const absl::Status status = Prepare();
    ASSERT_TRUE(status.ok()) << status;
    peer_ = rpc::MakeLocalPeer(table_, *pipeline_, tokens_);
  }
  // begins with that,
  void BeginToLoad() {
    const absl::Status status = runtime_->Start();
    ASSERT_TRUE(status.ok()) << status;
  }
  // until products are read from memory.
  bool Loaded() { return absl::StrContains(Metrics(), "\nstoreops_product_snapshot_loaded 1\n"); }
  std::string Metrics() { return telemetry_.Render(); }
  void Load() {
    ASSERT_NO_FATAL_FAILURE(BeginToLoad());
    for (const absl::Time end = absl::Now() + absl::Seconds(30); !Loaded();) {
      ASSERT_LT(absl::Now(), end) << "products are not loaded";
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  // "GetProduct" of the ProductService, "CategoryService/GetCategory" of another; as the owner of the shop.
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = peer_->CallBlocking(MakeCall(method), request, &response);
    if (!status.ok()) return status;
    return response;
  }
  rpc::PeerCall MakeCall(const std::string& method) const {
    rpc::PeerCall call;
    call.method = absl::StrCat("storeops.catalog.v1.", absl::StrContains(method, '/') ? "" : "ProductService/", method);
    call.principal = {"users/1", "Owner", {"*"}};
    call.deadline = absl::Now() + absl::Seconds(30);
    return call;
  }
  rpc::Peer& peer() { return *peer_; }

  ServiceRuntime& runtime() { return *runtime_; }

 private:
  static WorkerPool::Options PoolOptions() {
    WorkerPool::Options options;
    options.threads = 8;
    options.on_thread_start = db::ThreadInit;
    options.on_thread_end = db::ThreadEnd;
    return options;
  }

  telemetry::Telemetry telemetry_;
  rpc::AccessTokens tokens_{Site::kSecret, Clock::System()};
  rpc::StandardAuthenticator authenticator_{tokens_, nullptr};
  rpc::MethodTable table_;
  std::unique_ptr<blobs::BlobStore> blobs_;
  std::unique_ptr<ServiceRuntime> runtime_;
  WorkerPool workers_{PoolOptions()};
  std::unique_ptr<rpc::Pipeline> pipeline_;
  std::unique_ptr<rpc::Peer> peer_;
};

// A product with one variant.
inline catalog::v1::Product MakeProduct(const std::string& sku, const std::string& title) {
  catalog::v1::Product product;
  product.set_title(title);
  product.add_variants()->set_sku(sku);
  return product;
}

inline absl::StatusOr<catalog::v1::Product> CreateProduct(CatalogProcess& process,
                                                          const catalog::v1::Product& product) {
  catalog::v1::CreateProductRequest request;
  *request.mutable_product() = product;
  return process.Call<catalog::v1::Product>("CreateProduct", request);
}

// With an etag the change is conditional.
inline absl::StatusOr<catalog::v1::Product> Retitle(CatalogProcess& process, const std::string& name,
                                                    const std::string& title, const std::string& etag = "") {
  catalog::v1::UpdateProductRequest request;
  request.mutable_product()->set_name(name);
  request.mutable_product()->set_title(title);
  request.mutable_product()->set_etag(etag);
  request.mutable_update_mask()->add_paths("title");
  return process.Call<catalog::v1::Product>("UpdateProduct", request);
}

inline absl::StatusOr<catalog::v1::Product> Delete(CatalogProcess& process, const std::string& name) {
  catalog::v1::DeleteProductRequest request;
  request.set_name(name);
  return process.Call<catalog::v1::Product>("DeleteProduct", request);
}

// Waits for what another thread is to bring about.
inline bool Within(absl::Duration limit, const std::function<bool()>& condition) {
  for (const absl::Time end = absl::Now() + limit; absl::Now() < end;) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return condition();
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_CATALOG_PROCESS_H_
