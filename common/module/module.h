// What a service is given and what it gives: its only wiring. A service knows its own database, its own rows of the
// method table, and its peers by name; it does not know where it runs or what runs beside it.
#ifndef STOREOPS_COMMON_MODULE_MODULE_H_
#define STOREOPS_COMMON_MODULE_MODULE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/blobs/blob_store.h"
#include "common/changes/changes.h"
#include "common/db/migrations.h"
#include "common/jobs/operations.h"
#include "common/jobs/periodic.h"
#include "common/resource/page_token.h"
#include "common/resource/replay.h"
#include "common/resource/resource.h"
#include "common/resource/write.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/telemetry/telemetry.h"

namespace storeops {

namespace workflow {
struct Description;
}

struct Environment {
  resource::Store store;  // the service's database, feed, clock and ids
  resource::DatabaseReplayStore& replays;
  const resource::PageTokens& page_tokens;
  const rpc::AccessTokens& access_tokens;
  rpc::MethodTable& table;
  jobs::PeriodicJobs& periodic;
  jobs::Operations& operations;
  telemetry::Telemetry& telemetry;
  // Folder for files of this service that can be made anew from the database (search indexes). Exists.
  std::string data_folder;
  // For files that belong to this service's rows. Null only in processes that migrate and serve nothing.
  blobs::BlobStore* blobs = nullptr;
  // By service name, "catalog". Null if this process knows no such peer.
  std::function<rpc::Peer*(absl::string_view service)> peer;
};

class Module {
 public:
  virtual ~Module() = default;
  // Binds methods, registers periodic work and operations. Called once, before anything is served. `environment`
  // outlives the module.
  virtual absl::Status Bind(Environment& environment) = 0;
  // Loads what must be there before the first call and starts background work. Called after Bind.
  virtual absl::Status Start() = 0;
  // Stops background work. No call is under way any more.
  virtual void Stop() = 0;
};

// A service as the executable sees it.
struct ModuleInfo {
  std::string name;  // "catalog": also the database "storeops_catalog" and the package "storeops.catalog.v1"
  const db::MigrationSet* migrations;
  std::function<std::unique_ptr<Module>()> make;
  // The state machines of its resources, for docs/states.md; null: it has none.
  std::vector<workflow::Description> (*machines)() = nullptr;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_MODULE_H_
