// What can be set by flags and environment, the same names everywhere.
#ifndef STOREOPS_SERVICES_STOREOPS_SETTINGS_H_
#define STOREOPS_SERVICES_STOREOPS_SETTINGS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/blobs/blob_store.h"
#include "common/db/database.h"
#include "common/module/declarations.h"
#include "common/rpc/grpc_server.h"
#include "common/rpc/peer.h"

namespace CLI {
class App;
}

namespace storeops {

struct Settings {
  std::string home;  // data folder

  // Where the suite listens.
  std::string bind = "127.0.0.1";
  int http_port = 8080;
  int grpc_port = 8081;
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string tls_client_ca_file;

  // The database server; an empty host means the private one in the data folder.
  std::string db_host;
  int db_port = 3306;
  std::string db_socket;
  std::string db_user = "root";
  std::string db_password;
  std::string db_tls_ca_file;
  std::string db_prefix = "storeops_";
  int db_connections = 24;

  // Services that run elsewhere: NAME=TARGET, any gRPC target.
  std::vector<std::string> peers;
  bool peer_tls = false;
  std::string peer_ca_file;
  std::string peer_certificate_file;
  std::string peer_key_file;

  // Where media and other files are kept; no endpoint: in "blobs" in the data folder.
  blobs::S3Options s3;

  std::string secret_file;  // empty: "secret" in the data folder
  int http_threads = 0;     // 0: see HttpThreads
  // Of each port; 0: see ConnectionLimits.
  int max_connections = 0;
  int max_connections_per_address = 0;
  int workers = 32;
  int periodic_threads = 4;
  double calls_per_second = 5000;  // of one principal
  int grpc_connection_age_s = 0;   // 0: without end
  int drain_delay_s = 0;
  int drain_limit_s = 30;
  std::string log_level = "info";
  FlagValues module_flags;  // those that modules declare and that were given

  bool own_database() const { return db_host.empty() && db_socket.empty(); }
};

// `home` with its default; flags shared by every command.
void AddHomeOption(CLI::App& app, Settings& settings);
void AddSecretOption(CLI::App& app, Settings& settings);
// With AddSecretOption.
void AddServerOptions(CLI::App& app, Settings& settings);
void AddDatabaseOptions(CLI::App& app, Settings& settings);
// Flags that the services declare, in a group for each.
void AddModuleOptions(CLI::App& app, const std::string& service, const std::vector<Flag>& flags, Settings& settings);

// "127.0.0.1:8081", "[::1]:8081": what gRPC and URLs want.
std::string JoinHostPort(absl::string_view host, int port);
// Where programs on this machine reach what listens on `bind`: loopback for "any address".
std::string LocalHost(absl::string_view bind);

// From paths to contents. INVALID_ARGUMENT names the setting whose file cannot be read.
absl::StatusOr<rpc::TlsOptions> LoadTls(const Settings& settings);
absl::StatusOr<rpc::PeerTls> LoadPeerTls(const Settings& settings);
absl::StatusOr<std::map<std::string, std::string>> ParsePeers(const Settings& settings);
// The secret that signs tokens, at least 32 bytes. Made (mode 0600) when `create` and the file is missing.
absl::StatusOr<std::string> LoadSecret(const Settings& settings, bool create);
absl::StatusOr<std::unique_ptr<blobs::BlobStore>> OpenBlobs(const Settings& settings);
db::Address DatabaseAddress(const Settings& settings);
// The HTTP server's network threads: as many as were set, else one for each core that this process may use, between 2
// and 16.
int HttpThreads(const Settings& settings);
// Lets this process have as many descriptors as it is permitted, at most 65,536, and returns how many that are.
int RaiseDescriptorLimit();
// How many connections each port takes, in all and from one address: as were set; else half of the descriptors but for
// 512 that databases, files and peers may need, between 64 and 16,384, and half of that.
rpc::GrpcAcceptor::Limits ConnectionLimits(const Settings& settings, int descriptors);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_SETTINGS_H_
