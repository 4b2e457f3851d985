// A process that serves some modules, in small: the wiring of the executable on the test server's databases, reached by
// its own peer or, with any credential, through its pipeline. Several on one Site are replicas or peers.
#ifndef STOREOPS_TESTS_SUPPORT_SERVICE_PROCESS_H_
#define STOREOPS_TESTS_SUPPORT_SERVICE_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/blobs/blob_store.h"
#include "common/db/database.h"
#include "common/module/service_host.h"
#include "common/rpc/grpc_server.h"
#include "tests/support/site.h"
#include "tests/support/status_details.h"

namespace storeops::testing {

struct ProcessOptions {
  // The process's folder in the site's. Blobs are shared by the site.
  std::string data = "data";
  // What services and tokens go by; deadlines go by the system's. With a clock of the test's own, periodic jobs run
  // only when the test calls runtime().periodic().RunDue(), and outbound messages are sent only by calls that wait for
  // it and by runtime().outbound().RunDue().
  const Clock* clock = &Clock::System();
  int threads = 8;
  // Another way to the test server.
  std::optional<db::Address> database = std::nullopt;
  // For services of other processes.
  std::function<rpc::Peer*(absl::string_view service)> peer = nullptr;
  // Modules beside AllModules that run nowhere: only what they declare counts.
  std::vector<ModuleInfo> declared = {};
  SharedServices::Options shared = {};
};

class ServiceProcess {
 public:
  // Makes the databases and tables, and binds: serves, and does nothing in the background. All other modules are known
  // by their declarations. Ends the program if that does not work.
  ServiceProcess(const Site& site, std::vector<ModuleInfo> modules, ProcessOptions options = {});
  ~ServiceProcess();

  // Starts background work and waits until what is read from memory is loaded.
  void Start();
  // The same in steps: starts,
  void BeginToLoad();
  // true once all gauges named "storeops_*_loaded" are 1.
  bool Loaded();
  // Stops background work; serves on.
  void Stop() { host_->Stop(); }
  // Serves gRPC until the end; the address.
  std::string StartGrpc();

  // As the owner of the shop. `method` is enough of the name's end to be unique among the methods of the process:
  // "GetProduct", "ProductService/GetProduct".
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = peer().CallBlocking(MakeCall(method), request, &response);
    if (!status.ok()) return status;
    return response;
  }
  rpc::PeerCall MakeCall(const std::string& method) const;

  // "Bearer ..." of a principal with these permissions, whether or not it exists.
  std::string Bearer(const std::string& name, std::vector<std::string> permissions) const;
  // As a transport hands it over: with the value of the authorization header, and the method's whole name. `response`
  // may be null.
  absl::Status Call(const std::string& method, const std::string& authorization,
                    const google::protobuf::Message& request, google::protobuf::Message* response);
  // Messages of the response stream are dropped.
  absl::Status CallStream(const std::string& method, const std::string& authorization,
                          const google::protobuf::Message& request);
  // Requests are serialized.
  absl::Status CallUpload(const std::string& method, const std::string& authorization,
                          std::vector<std::string> requests, google::protobuf::Message* response = nullptr);

  ServiceHost& host() { return *host_; }
  rpc::Peer& peer() { return host_->local_peer(); }
  const rpc::MethodTable& table() const { return host_->table(); }
  rpc::Pipeline& pipeline() { return host_->pipeline(); }
  const rpc::AccessTokens& tokens() const { return host_->tokens(); }
  blobs::BlobStore& blobs() { return *blobs_; }
  std::string Metrics() { return host_->telemetry().Render(); }
  // Of the first of the modules.
  ServiceRuntime& runtime() { return runtime(first_); }
  ServiceRuntime& runtime(absl::string_view service);
  db::Database& database() { return runtime().database(); }

 private:
  rpc::Incoming MakeIncoming(const std::string& method, const std::string& authorization,
                             const google::protobuf::Message& request);

  const std::string first_;
  std::unique_ptr<blobs::BlobStore> blobs_;
  std::unique_ptr<ServiceHost> host_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
};

// This test program, started once more as a process that does the background work of one service until it is killed.
// The site's databases are migrated.
class BackgroundProcess {
 public:
  BackgroundProcess(const Site& site, const std::string& service);
  // It must still run.
  void Kill();

 private:
  pid_t pid_ = 0;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_SERVICE_PROCESS_H_
