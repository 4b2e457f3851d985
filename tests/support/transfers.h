// Products to and from files, as a client does it.
#ifndef STOREOPS_TESTS_SUPPORT_TRANSFERS_H_
#define STOREOPS_TESTS_SUPPORT_TRANSFERS_H_

#include <string>

#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"

namespace storeops::testing {

struct ExportedFile {
  std::string text;
  catalog::v1::ExportReport report;
};
inline absl::StatusOr<ExportedFile> ExportFile(rpc::Peer& peer, rpc::PeerCall call,
                                               const catalog::v1::ExportProductsRequest& request) {
  ExportedFile file;
  const absl::Status status = peer.Stream(std::move(call), request.SerializeAsString(), [&](const std::string& bytes) {
    catalog::v1::ExportProductsResponse message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    file.text += message.chunk();
    if (message.has_report()) file.report = message.report();
    return true;
  });
  if (!status.ok()) return status;
  return file;
}

// Uploads a file in small chunks; the operation that was started.
inline absl::StatusOr<google::longrunning::Operation> UploadImport(rpc::Peer& peer, rpc::PeerCall call,
                                                                   const std::string& text,
                                                                   const catalog::v1::ImportOptions& options,
                                                                   const std::string& request_id = "") {
  constexpr size_t kChunk = 1000;
  size_t at = 0;
  bool first = true;
  const auto response = peer.Upload(std::move(call), [&](std::string* bytes) -> absl::StatusOr<bool> {
    if (!first && at >= text.size()) return false;
    catalog::v1::ImportProductsRequest request;
    if (first) {
      *request.mutable_options() = options;
      request.mutable_options()->set_request_id(request_id);
    } else {
      request.set_chunk(text.substr(at, kChunk));
      at += kChunk;
    }
    first = false;
    *bytes = request.SerializeAsString();
    return true;
  });
  if (!response.ok()) return response.status();
  google::longrunning::Operation operation;
  EXPECT_TRUE(operation.ParseFromString(*response));
  return operation;
}

// The report of a finished import; the error of one that failed.
inline absl::StatusOr<catalog::v1::ImportReport> ReportOf(const google::longrunning::Operation& operation) {
  if (operation.has_error()) return FromRpcStatus(operation.error());
  catalog::v1::ImportReport report;
  if (!operation.response().UnpackTo(&report)) return absl::InternalError("no report");
  return report;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_TRANSFERS_H_
