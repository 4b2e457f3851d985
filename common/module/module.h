// What a service is given and what it gives: its only wiring. A service knows its own database, its own rows of the
// method table, and its peers by name; it does not know where it runs or what runs beside it.
#ifndef STOREOPS_COMMON_MODULE_MODULE_H_
#define STOREOPS_COMMON_MODULE_MODULE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/blobs/blob_store.h"
#include "common/changes/changes.h"
#include "common/db/migrations.h"
#include "common/jobs/operations.h"
#include "common/jobs/periodic.h"
#include "common/module/declarations.h"
#include "common/outbound/queues.h"
#include "common/resource/page_token.h"
#include "common/resource/replay.h"
#include "common/resource/resource.h"
#include "common/resource/write.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/telemetry/telemetry.h"

namespace storeops {

class AccessPolicy;
class Followers;
namespace blobs {
class PathSigner;
}
namespace http {
struct Api;
}
namespace rpc {
class Pipeline;
}
namespace workflow {
struct Description;
}

struct Environment {
  resource::Store store;  // the service's database, feed, clock and ids
  resource::DatabaseReplayStore& replays;
  const resource::PageTokens& page_tokens;
  const rpc::AccessTokens& access_tokens;
  rpc::MethodTable& table;
  rpc::CostLanes& lanes;  // for work beside calls that is as expensive
  jobs::PeriodicJobs& periodic;
  jobs::Operations& operations;
  outbound::Queues& outbound;  // calls to systems outside of the suite
  Followers& followers;
  telemetry::Telemetry& telemetry;
  // Folder for files of this service that can be made anew from the database (search indexes). Exists.
  std::string data_folder;
  // For files that belong to this service's rows. Null only in processes that migrate and serve nothing.
  blobs::BlobStore* blobs = nullptr;
  // By service name, "catalog", of a declared need. Null if this process knows no such peer.
  std::function<rpc::Peer*(absl::string_view service)> peer;
  // The permissions and built-in roles of all modules, wherever they run.
  const AccessPolicy& access;
  std::string version;  // of the program
  // Makes URLs by which files of this service can be read without a credential, and checks them.
  const blobs::PathSigner& path_signer;
};

class Module {
 public:
  virtual ~Module() = default;
  // Resolves API keys for the whole process; null: this module does not. Called before Bind, and used from then on.
  virtual rpc::KeyResolver* key_resolver() { return nullptr; }
  // Binds methods, registers periodic work and operations. Called once, before anything is served, after the modules
  // that this one needs. `environment` outlives the module.
  virtual absl::Status Bind(Environment& environment) = 0;
  // Loads what must be there before the first call and starts background work. Called after Bind.
  virtual absl::Status Start() = 0;
  // What this module serves over HTTP, of the rows that all have bound; no handler: nothing. Called after Bind;
  // `pipeline` outlives the module.
  virtual absl::StatusOr<http::Api> MakeHttpApi(rpc::Pipeline& pipeline);
  // Stops background work. No call is under way any more.
  virtual void Stop() = 0;
};

// A service as the executable sees it.
struct ModuleInfo {
  std::string name;  // "catalog": also the database "storeops_catalog" and the package "storeops.catalog.v1"
  const db::MigrationSet* migrations = nullptr;
  std::vector<Need> needs = {};
  std::vector<Flag> flags = {};
  AccessDeclarations access = {};
  std::optional<People> people = std::nullopt;
  // `flags` has a value for each declared flag, of its type.
  std::function<std::unique_ptr<Module>(const FlagValues& flags)> make = nullptr;
  // The state machines of its resources, for docs/states.md; null: it has none.
  std::vector<workflow::Description> (*machines)() = nullptr;
};

// Those of `all` with these names ("all": every one), each after those that it needs; otherwise in the order of `all`.
// INTERNAL for a declaration that is wrong: a name or flag that is declared twice, a need that no module has, a circle
// of needs. INVALID_ARGUMENT for a name that no module has, and for a required need that neither runs here nor
// `is_peer`.
absl::StatusOr<std::vector<ModuleInfo>> ChooseModules(const std::vector<ModuleInfo>& all,
                                                      const std::vector<std::string>& names,
                                                      const std::function<bool(absl::string_view)>& is_peer);

// A value for each flag: of `given`, or its default.
FlagValues ValuesOf(const std::vector<Flag>& flags, const FlagValues& given);

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_MODULE_H_
