#include "services/storeops/settings.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <type_traits>
#include <variant>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "services/storeops/files.h"

namespace storeops {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr int kMinHttpThreads = 2;
constexpr int kMaxHttpThreads = 16;
constexpr rlim_t kWantedDescriptors = 65'536;
constexpr int kFewDescriptors = 1024;  // if the system does not say
constexpr int kOwnDescriptors = 512;   // for databases, files and peers
constexpr int kMinConnections = 64;
constexpr int kMaxConnections = 16'384;

absl::StatusOr<std::string> LoadOptional(const std::string& path, absl::string_view setting) {
  if (path.empty()) return std::string();
  auto text = ReadSmallFile(path);
  if (!text.ok()) return absl::InvalidArgumentError(absl::StrCat(setting, ": ", text.status().message()));
  return text;
}

}  // namespace

void AddHomeOption(CLI::App& app, Settings& settings) {
  const char* home = std::getenv("HOME");
  settings.home = absl::StrCat(home == nullptr ? "." : home, "/.storeops");
  app.add_option("--home", settings.home, "Data folder: database, indexes, keys, logs")
      ->envname("STOREOPS_HOME")
      ->capture_default_str();
}

void AddServerOptions(CLI::App& app, Settings& settings) {
  app.add_option("--bind", settings.bind, "Address to listen on")->envname("STOREOPS_BIND")->capture_default_str();
  app.add_option("--http-port", settings.http_port, "Port for Connect, REST, metrics and health; 0 for any free one")
      ->envname("STOREOPS_HTTP_PORT")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--grpc-port", settings.grpc_port, "Port for gRPC; 0 for any free one")
      ->envname("STOREOPS_GRPC_PORT")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--tls-cert", settings.tls_certificate_file, "PEM certificate chain: serve TLS on both ports")
      ->envname("STOREOPS_TLS_CERT");
  app.add_option("--tls-key", settings.tls_key_file, "PEM private key of --tls-cert")->envname("STOREOPS_TLS_KEY");
  app.add_option("--tls-client-ca", settings.tls_client_ca_file,
                 "PEM CA: clients must show a certificate it signed (mTLS)")
      ->envname("STOREOPS_TLS_CLIENT_CA");
  app.add_option("--peer", settings.peers,
                 "A service that runs elsewhere: NAME=TARGET, e.g. catalog=dns:///catalog:8081")
      ->envname("STOREOPS_PEERS")
      ->delimiter(',');
  app.add_flag("--peer-tls", settings.peer_tls, "Speak TLS to peers")->envname("STOREOPS_PEER_TLS");
  app.add_option("--peer-ca", settings.peer_ca_file, "PEM CA of the peers' certificates")->envname("STOREOPS_PEER_CA");
  app.add_option("--peer-cert", settings.peer_certificate_file, "PEM certificate shown to peers (mTLS)")
      ->envname("STOREOPS_PEER_CERT");
  app.add_option("--peer-key", settings.peer_key_file, "PEM private key of --peer-cert")->envname("STOREOPS_PEER_KEY");
  app.add_option(
         "--s3-endpoint", settings.s3.endpoint,
         "Keep media and other files in S3-compatible storage: http(s)://host[:port]; default: in the data folder")
      ->envname("STOREOPS_S3_ENDPOINT");
  app.add_option("--s3-bucket", settings.s3.bucket, "The bucket, which exists; addressed as part of the path")
      ->envname("STOREOPS_S3_BUCKET");
  app.add_option("--s3-region", settings.s3.region)->envname("STOREOPS_S3_REGION")->capture_default_str();
  app.add_option("--s3-prefix", settings.s3.prefix, "Before the names of all files, e.g. storeops/")
      ->envname("STOREOPS_S3_PREFIX");
  app.add_option("--s3-access-key", settings.s3.access_key)->envname("STOREOPS_S3_ACCESS_KEY");
  app.add_option("--s3-secret-key", settings.s3.secret_key, "Better given by environment than by flag")
      ->envname("STOREOPS_S3_SECRET_KEY");
  AddSecretOption(app, settings);
  app.add_option("--http-threads", settings.http_threads,
                 "Network threads of the HTTP port; 0: one for each core, between 2 and 16")
      ->envname("STOREOPS_HTTP_THREADS")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  app.add_option("--max-connections", settings.max_connections,
                 "Of each port; 0: about half of the descriptors that the process may have")
      ->envname("STOREOPS_MAX_CONNECTIONS")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_option("--max-connections-per-address", settings.max_connections_per_address,
                 "Of each port, from one IPv4 address or one /64 of IPv6; 0: half of --max-connections")
      ->envname("STOREOPS_MAX_CONNECTIONS_PER_ADDRESS")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_option("--workers", settings.workers, "Threads for calls that use the database")
      ->envname("STOREOPS_WORKERS")
      ->check(CLI::Range(1, 512))
      ->capture_default_str();
  app.add_option("--periodic-threads", settings.periodic_threads,
                 "Threads of each service for its periodic jobs; jobs that call other systems or clean up get half")
      ->envname("STOREOPS_PERIODIC_THREADS")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--calls-per-second", settings.calls_per_second, "Steady rate that one caller may reach")
      ->envname("STOREOPS_CALLS_PER_SECOND")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--grpc-connection-age", settings.grpc_connection_age_s,
                 "Seconds after which a gRPC connection is ended gently, so that clients find new replicas; 0: never. "
                 "Small calls are dearer with it")
      ->envname("STOREOPS_GRPC_CONNECTION_AGE")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option("--drain-delay", settings.drain_delay_s,
                 "Seconds between reporting not ready and refusing calls, for load balancers to notice")
      ->envname("STOREOPS_DRAIN_DELAY")
      ->check(CLI::Range(0, 300))
      ->capture_default_str();
  app.add_option("--drain-limit", settings.drain_limit_s, "Seconds that calls under way have to end")
      ->envname("STOREOPS_DRAIN_LIMIT")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--log-level", settings.log_level, "debug, info, warning or error")
      ->envname("STOREOPS_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
}

void AddSecretOption(CLI::App& app, Settings& settings) {
  app.add_option(
         "--secret-file", settings.secret_file,
         "File with the secret that signs tokens, the same for all services; default: secret in the data folder")
      ->envname("STOREOPS_SECRET_FILE");
}

void AddDatabaseOptions(CLI::App& app, Settings& settings) {
  app.add_option("--db-host", settings.db_host, "MySQL-protocol server; default: a private one in the data folder")
      ->envname("STOREOPS_DB_HOST");
  app.add_option("--db-port", settings.db_port)->envname("STOREOPS_DB_PORT")->capture_default_str();
  app.add_option("--db-socket", settings.db_socket, "Unix socket of the server, instead of host and port")
      ->envname("STOREOPS_DB_SOCKET");
  app.add_option("--db-user", settings.db_user)->envname("STOREOPS_DB_USER")->capture_default_str();
  app.add_option("--db-password", settings.db_password, "Better given by environment than by flag")
      ->envname("STOREOPS_DB_PASSWORD");
  app.add_option("--db-tls-ca", settings.db_tls_ca_file, "PEM CA: demand TLS and verify the server")
      ->envname("STOREOPS_DB_TLS_CA");
  app.add_option("--db-prefix", settings.db_prefix, "Of the databases' names")
      ->envname("STOREOPS_DB_PREFIX")
      ->capture_default_str();
  app.add_option("--db-connections", settings.db_connections, "At most this many for each service")
      ->envname("STOREOPS_DB_CONNECTIONS")
      ->check(CLI::Range(2, 500))
      ->capture_default_str();
}

void AddModuleOptions(CLI::App& app, const std::string& service, const std::vector<Flag>& flags, Settings& settings) {
  for (const Flag& flag : flags) {
    const auto add = [&](auto default_value) {
      using Value = decltype(default_value);
      const auto keep = [&settings, name = flag.name](const Value& value) { settings.module_flags[name] = value; };
      CLI::Option* option = app.add_option_function<Value>("--" + flag.name, keep, flag.help);
      option->envname(flag.environment)->group("Options of " + service);
      if constexpr (std::is_same_v<Value, int64_t>) {
        option->check(CLI::Range(flag.min, flag.max))->default_str(absl::StrCat(default_value));
      } else if constexpr (std::is_same_v<Value, std::string>) {
        option->default_str(default_value);
      } else {
        option->delimiter(',');
      }
    };
    std::visit(add, flag.value);
  }
}

std::string JoinHostPort(absl::string_view host, int port) {
  const bool ipv6 = absl::StrContains(host, ':');
  return absl::StrCat(ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port);
}

std::string LocalHost(absl::string_view bind) {
  if (bind == "0.0.0.0") return "127.0.0.1";
  return bind == "::" ? "::1" : std::string(bind);
}

absl::StatusOr<rpc::TlsOptions> LoadTls(const Settings& settings) {
  rpc::TlsOptions tls;
  if (settings.tls_certificate_file.empty() != settings.tls_key_file.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key go together");
  }
  if (!settings.tls_client_ca_file.empty() && settings.tls_certificate_file.empty()) {
    return absl::InvalidArgumentError("--tls-client-ca needs --tls-cert");
  }
  ASSIGN_OR_RETURN(tls.certificate_chain, LoadOptional(settings.tls_certificate_file, "--tls-cert"));
  ASSIGN_OR_RETURN(tls.private_key, LoadOptional(settings.tls_key_file, "--tls-key"));
  ASSIGN_OR_RETURN(tls.client_ca, LoadOptional(settings.tls_client_ca_file, "--tls-client-ca"));
  return tls;
}

absl::StatusOr<rpc::PeerTls> LoadPeerTls(const Settings& settings) {
  rpc::PeerTls tls;
  tls.enabled = settings.peer_tls;
  ASSIGN_OR_RETURN(tls.root_ca, LoadOptional(settings.peer_ca_file, "--peer-ca"));
  ASSIGN_OR_RETURN(tls.certificate_chain, LoadOptional(settings.peer_certificate_file, "--peer-cert"));
  ASSIGN_OR_RETURN(tls.private_key, LoadOptional(settings.peer_key_file, "--peer-key"));
  return tls;
}

absl::StatusOr<std::map<std::string, std::string>> ParsePeers(const Settings& settings) {
  std::map<std::string, std::string> targets;
  for (const std::string& peer : settings.peers) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(peer, absl::MaxSplits('=', 1));
    if (parts.first.empty() || parts.second.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--peer ", peer, ": must be NAME=TARGET"));
    }
    targets[parts.first] = parts.second;
  }
  return targets;
}

absl::StatusOr<std::string> LoadSecret(const Settings& settings, bool create) {
  const std::string path = settings.secret_file.empty() ? settings.home + "/secret" : settings.secret_file;
  auto secret = ReadSmallFile(path);
  if (absl::IsNotFound(secret.status()) && create) {
    secret = RandomToken(kSecretBytes);
    RETURN_IF_ERROR(WritePrivateFile(path, *secret));
  }
  if (!secret.ok()) return absl::InvalidArgumentError(absl::StrCat("--secret-file: ", secret.status().message()));
  if (secret->size() < kSecretBytes) {
    return absl::InvalidArgumentError(absl::StrCat("--secret-file: ", path, " has less than 32 bytes"));
  }
  return secret;
}

absl::StatusOr<std::unique_ptr<blobs::BlobStore>> OpenBlobs(const Settings& settings) {
  const std::string folder = settings.home + "/blobs";
  return settings.s3.endpoint.empty() ? blobs::OpenFolderStore(folder)
                                      : blobs::OpenS3Store(settings.s3, folder + "/.incoming");
}

int RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewDescriptors;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kWantedDescriptors));
  // Where it is not permitted, fewer connections are taken.
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewDescriptors;
  return static_cast<int>(std::min(limit.rlim_cur, kWantedDescriptors));
}

rpc::GrpcAcceptor::Limits ConnectionLimits(const Settings& settings, int descriptors) {
  rpc::GrpcAcceptor::Limits limits;
  const int derived = std::clamp((descriptors - kOwnDescriptors) / 2, kMinConnections, kMaxConnections);
  limits.max_connections = settings.max_connections > 0 ? settings.max_connections : derived;
  limits.max_connections_per_address = settings.max_connections_per_address > 0 ? settings.max_connections_per_address
                                                                                : (limits.max_connections + 1) / 2;
  return limits;
}

int HttpThreads(const Settings& settings) {
  if (settings.http_threads > 0) return settings.http_threads;
  // Of the affinity mask, which taskset and cpusets limit; 0 if unknown.
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores, kMinHttpThreads, kMaxHttpThreads);
}

db::Address DatabaseAddress(const Settings& settings) {
  db::Address address;
  address.socket = settings.db_socket;
  address.host = settings.db_host;
  address.port = settings.db_port;
  address.user = settings.db_user;
  address.password = settings.db_password;
  address.tls_ca = settings.db_tls_ca_file;
  return address;
}

}  // namespace storeops
