// TLS and mutual TLS between peers: who is let in, and as whom.
#include "common/rpc/peer.h"
#include "tests/support/certificates.h"
#include "tests/support/grpc_process.h"

namespace storeops::testing {
namespace {

using rpc::PeerTls;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    handlers_.get = [this](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
      absl::MutexLock lock(&mutex_);
      caller_ = call.principal;
      return Product();
    };
  }

  void Open(bool mutual) {
    const KeyPair server = authority_.Issue("catalog", "DNS:localhost,IP:127.0.0.1");
    rpc::GrpcServer::Options options;
    options.tls.certificate_chain = server.certificate;
    options.tls.private_key = server.private_key;
    if (mutual) options.tls.client_ca = authority_.certificate();
    process_ = std::make_unique<GrpcProcess>(handlers_);
    process_->StartServer(options);
  }

  PeerTls Trusting(const CertificateAuthority& authority, const KeyPair& client = {}) const {
    PeerTls tls;
    tls.enabled = true;
    tls.root_ca = authority.certificate();
    tls.certificate_chain = client.certificate;
    tls.private_key = client.private_key;
    return tls;
  }

  // As nobody unless `as` is given; then with a token for that name.
  absl::Status Get(const PeerTls& tls, const std::string& as = "") {
    const auto peer = rpc::MakeRemotePeer(process_->target(), tls, &process_->tokens());
    rpc::PeerCall call;
    call.method = kGetProduct;
    call.deadline = absl::Now() + absl::Seconds(60);
    if (!as.empty()) call.principal = {as, as, {"catalog.*"}};
    Product product;
    return peer->CallBlocking(call, GetRequest(), &product);
  }

  rpc::Principal caller() {
    absl::MutexLock lock(&mutex_);
    return caller_;
  }

  const CertificateAuthority authority_{"Shop CA"};
  const CertificateAuthority stranger_{"Other CA"};
  absl::Mutex mutex_;
  rpc::Principal caller_ ABSL_GUARDED_BY(mutex_);
  Handlers handlers_;
  std::unique_ptr<GrpcProcess> process_;
};

TEST_F(TlsTest, ATrustedServerIsCalled) {
  Open(/*mutual=*/false);
  const absl::Status status = Get(Trusting(authority_), "users/1");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(caller().name, "users/1");
}

TEST_F(TlsTest, AServerOfAnotherAuthorityIsNotTrusted) {
  Open(/*mutual=*/false);
  EXPECT_EQ(Get(Trusting(stranger_), "users/1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, TheServersNameIsChecked) {
  Open(/*mutual=*/false);
  PeerTls tls = Trusting(authority_);
  tls.expected_name = "localhost";
  EXPECT_TRUE(Get(tls, "users/1").ok());
  tls.expected_name = "inventory.example";
  EXPECT_EQ(Get(tls, "users/1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, PlainTextIsRefused) {
  Open(/*mutual=*/false);
  EXPECT_EQ(Get({}, "users/1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, ATlsClientDoesNotFallBackToPlainText) {
  process_ = std::make_unique<GrpcProcess>(handlers_);
  process_->StartServer();
  EXPECT_EQ(Get(Trusting(authority_), "users/1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, WithoutMutualTlsACertificateIsNoCredential) {
  Open(/*mutual=*/false);
  const KeyPair client = authority_.Issue("inventory.storeops", "DNS:inventory.storeops");
  EXPECT_EQ(Get(Trusting(authority_, client)).code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(TlsTest, AServicesCertificateIsItsCredential) {
  Open(/*mutual=*/true);
  const KeyPair client = authority_.Issue("anything", "DNS:inventory.storeops");
  const absl::Status status = Get(Trusting(authority_, client));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(caller().name, "services/inventory");
}

TEST_F(TlsTest, WithoutAnAlternativeNameTheCommonNameCounts) {
  Open(/*mutual=*/true);
  const absl::Status status = Get(Trusting(authority_, authority_.Issue("services/support", "")));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(caller().name, "services/support");
}

TEST_F(TlsTest, AnAlternativeNameOverridesTheCommonName) {
  Open(/*mutual=*/true);
  const KeyPair client = authority_.Issue("services/gateway", "DNS:laptop.example");
  EXPECT_EQ(Get(Trusting(authority_, client)).code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(TlsTest, ATokenSaysOnWhoseBehalfAServiceCalls) {
  Open(/*mutual=*/true);
  const KeyPair client = authority_.Issue("anything", "DNS:gateway.storeops");
  ASSERT_TRUE(Get(Trusting(authority_, client), "users/7").ok());
  EXPECT_EQ(caller().name, "users/7");
}

TEST_F(TlsTest, MutualTlsRefusesWhoShowsNoCertificate) {
  Open(/*mutual=*/true);
  EXPECT_EQ(Get(Trusting(authority_), "users/1").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Get({}, "users/1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, MutualTlsRefusesCertificatesOfAnotherAuthorityAndExpiredOnes) {
  Open(/*mutual=*/true);
  const KeyPair foreign = stranger_.Issue("catalog.storeops", "DNS:catalog.storeops");
  EXPECT_EQ(Get(Trusting(authority_, foreign), "users/1").code(), absl::StatusCode::kUnavailable);
  const KeyPair expired = authority_.Issue("catalog.storeops", "DNS:catalog.storeops", /*valid_seconds=*/-60);
  EXPECT_EQ(Get(Trusting(authority_, expired), "users/1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, WrongSettingsAreToldAtTheStart) {
  GrpcProcess process;
  const KeyPair pair = authority_.Issue("catalog", "DNS:localhost");
  const auto start = [&](const rpc::TlsOptions& tls) {
    rpc::GrpcServer::Options options;
    options.tls = tls;
    return rpc::GrpcServer::Start(options, process.table(), process.pipeline()).status().code();
  };
  EXPECT_EQ(start({pair.certificate, "", ""}), absl::StatusCode::kInternal);
  EXPECT_EQ(start({"", "", authority_.certificate()}), absl::StatusCode::kInternal);
  EXPECT_EQ(start({"no certificate", "no key", ""}), absl::StatusCode::kInternal);
  EXPECT_EQ(start({pair.certificate, pair.private_key, "no certificate"}), absl::StatusCode::kInternal);
  EXPECT_EQ(start({pair.certificate, pair.private_key, authority_.certificate()}), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace storeops::testing
