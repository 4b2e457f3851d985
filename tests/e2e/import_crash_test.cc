// kill -9 in the midst of an import: it goes on by itself, and the result is that of an undisturbed one.
#include <signal.h>

#include <fstream>
#include <string>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/longrunning/operations.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/test_suite.h"
#include "tests/support/transfers.h"

namespace storeops::testing {
namespace {

using google::longrunning::Operation;

constexpr int kProducts = 15'000;

// Products with two variants and a category each, some of them wrong.
std::string MakeFile() {
  std::string text = "product,title,categories,option1_name,option1_value,sku,price,currency\n";
  for (int i = 0; i < kProducts; ++i) {
    absl::StrAppend(&text, "p", i, ",Thing ", i, ",Kind ", i / 1000, " > Row ", i % 3, ",Size,S,T-", i, "-S,",
                    i % 777 == 5 ? "cheap" : "1.50", ",EUR\n", "p", i, ",,,,M,T-", i, "-M,2,EUR\n");
  }
  return text;
}

absl::StatusOr<Operation> GetOperation(Client& client, const std::string& name) {
  operations::v1::GetOperationRequest request;
  request.set_name(name);
  Operation operation;
  const absl::Status status =
      client.Call("storeops.operations.v1.OperationService/GetOperation", request, &operation, /*retry=*/true);
  if (!status.ok()) return status;
  return operation;
}

absl::StatusOr<Operation> Begin(Client& client, const std::string& text) {
  catalog::v1::ImportOptions options;
  options.set_policy(catalog::v1::ImportOptions::SKIP);
  options.set_create_categories(true);
  rpc::PeerCall call;
  call.method = "storeops.catalog.v1.TransferService/ImportProducts";
  return UploadImport(client.peer(), call, text, options);
}

absl::StatusOr<Operation> Await(Client& client, const std::string& name) {
  absl::StatusOr<Operation> operation;
  Eventually(
      [&] {
        operation = GetOperation(client, name);
        return operation.ok() && operation->done();
      },
      absl::Minutes(3));
  return operation;
}

// Everything of the products that does not depend on their numbers.
std::string Everything(Client& client) {
  catalog::v1::ExportProductsRequest request;
  for (const char* field :
       {"title", "kind", "language", "categories", "option1_name", "option1_value", "sku", "price", "currency"}) {
    request.add_fields(field);
  }
  rpc::PeerCall call;
  call.method = "storeops.catalog.v1.TransferService/ExportProducts";
  const auto file = ExportFile(client.peer(), call, request);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->text : "";
}

TEST(ImportCrashTest, AKilledImportEndsAsAnUndisturbedOne) {
  const std::string text = MakeFile();
  std::string expected, expected_report;
  {
    TestSuite undisturbed;
    auto client = undisturbed.MakeClient();
    const auto begun = Begin(client, text);
    ASSERT_TRUE(begun.ok()) << begun.status();
    const auto operation = Await(client, begun->name());
    ASSERT_TRUE(operation.ok() && operation->done()) << operation.status();
    const auto report = ReportOf(*operation);
    ASSERT_TRUE(report.ok()) << report.status();
    expected_report = report->DebugString();
    expected = Everything(client);
  }
  TestSuite suite;
  auto client = suite.MakeClient();
  const auto begun = Begin(client, text);
  ASSERT_TRUE(begun.ok()) << begun.status();
  absl::BitGen random;
  int kills = 0;
  for (int64_t progress = 0; kills < 2;) {
    // At a random moment of the work that goes on.
    const int64_t goal = progress + absl::Uniform<int64_t>(random, 1, static_cast<int64_t>(text.size()) / 3);
    bool done = false;
    std::string seen;
    client = suite.MakeClient();
    ASSERT_TRUE(Eventually(
        [&] {
          const auto operation = GetOperation(client, begun->name());
          seen = operation.ok() ? operation->DebugString() : operation.status().ToString();
          operations::v1::OperationMetadata metadata;
          if (operation.ok() && operation->metadata().UnpackTo(&metadata)) progress = metadata.progress_done();
          done = operation.ok() && operation->done();
          return done || progress >= goal;
        },
        absl::Minutes(2)))
        << kills << " kills, goal " << goal << ", " << seen;
    if (done) break;
    kill(suite.pid(), SIGKILL);
    ++kills;
    ASSERT_EQ(suite.Up().exit_code, 0);
  }
  EXPECT_GT(kills, 0) << "it was done before it could be killed";
  client = suite.MakeClient();
  const auto operation = Await(client, begun->name());
  ASSERT_TRUE(operation.ok() && operation->done()) << operation.status();
  const auto report = ReportOf(*operation);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->DebugString(), expected_report);
  EXPECT_TRUE(Everything(client) == expected) << "another result than that of an undisturbed import";
  const auto again = Begin(client, text);
  ASSERT_TRUE(again.ok()) << again.status();
  const auto second = ReportOf(*Await(client, again->name()));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->products_created() + second->products_updated(), 0) << second->DebugString();
}

}  // namespace
}  // namespace storeops::testing
