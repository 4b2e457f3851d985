// Imports of products through the pipeline, on a real database.
#ifndef STOREOPS_TESTS_SUPPORT_IMPORT_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_IMPORT_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/transfers.h"

namespace storeops::testing {

inline catalog::v1::ImportOptions Options(catalog::v1::ImportOptions::Policy policy, bool dry_run = false) {
  catalog::v1::ImportOptions options;
  options.set_policy(policy);
  options.set_dry_run(dry_run);
  options.set_currency("EUR");
  return options;
}

class ImportFixture : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  rpc::PeerCall ImportCall() { return process_.MakeCall("TransferService/ImportProducts"); }
  absl::StatusOr<google::longrunning::Operation> Finish(google::longrunning::Operation operation) {
    const bool ended = Eventually([&] {
      const auto now = process_.runtime().environment().operations.Get(operation.name(), Soon());
      if (now.ok()) operation = *now;
      return !now.ok() || now->done();
    });
    if (!ended) return absl::DeadlineExceededError("the import does not end");
    return operation;
  }
  absl::StatusOr<catalog::v1::ImportReport> Import(const std::string& text, const catalog::v1::ImportOptions& options) {
    auto operation = UploadImport(process_.peer(), ImportCall(), text, options);
    if (!operation.ok()) return operation.status();
    operation = Finish(*operation);
    if (!operation.ok()) return operation.status();
    last_operation_ = operation->name();
    return ReportOf(*operation);
  }
  // "line:column field: message"
  std::vector<std::string> Errors(catalog::v1::ImportError::Severity severity = catalog::v1::ImportError::ERROR,
                                  int page_size = 500) {
    catalog::v1::ListImportErrorsRequest request;
    request.set_operation(last_operation_);
    request.set_severity(severity);
    request.set_page_size(page_size);
    std::vector<std::string> errors;
    do {
      const auto page =
          process_.Call<catalog::v1::ListImportErrorsResponse>("TransferService/ListImportErrors", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const auto& error : page->errors()) {
        errors.push_back(absl::StrCat(error.line(), ":", error.column(), " ", error.field(), ": ", error.message()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return errors;
  }
  std::vector<std::string> Warnings() { return Errors(catalog::v1::ImportError::WARNING); }
  std::string Export(catalog::v1::TransferFormat format = catalog::v1::TRANSFER_FORMAT_CSV) {
    catalog::v1::ExportProductsRequest request;
    request.set_format(format);
    const auto file = ExportFile(process_.peer(), process_.MakeCall("TransferService/ExportProducts"), request);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? file->text : "";
  }
  std::vector<std::string> Titles() {
    std::vector<std::string> titles;
    catalog::v1::ListProductsRequest request;
    request.set_page_size(500);
    const auto page = process_.Call<catalog::v1::ListProductsResponse>("ListProducts", request);
    EXPECT_TRUE(page.ok()) << page.status();
    for (const catalog::v1::Product& product : page->products()) titles.push_back(product.title());
    return titles;
  }
  void DeleteAll() {
    catalog::v1::ListProductsRequest request;
    request.set_page_size(500);
    const auto page = process_.Call<catalog::v1::ListProductsResponse>("ListProducts", request);
    for (const catalog::v1::Product& product : page->products()) EXPECT_TRUE(Delete(process_, product.name()).ok());
  }
  int64_t Rows(const std::string& table) {
    return Number(process_.runtime().database(), "SELECT COUNT(*) FROM " + table);
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  std::string last_operation_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_IMPORT_FIXTURE_H_
