#include "services/catalog/transfers/product_export.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::catalog {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr int kPage = 500;

}  // namespace

absl::Status ProductExport::ForEachInSnapshot(Visit visit) const {
  v1::Product product;
  int64_t after = 0;
  while (true) {
    const auto entries = snapshot_->After(after, kPage);
    if (entries.empty()) return absl::OkStatus();
    if (call_.Cancelled()) return absl::CancelledError("the caller has gone");
    after = entries.back()->id;
    for (const auto* entry : entries) {
      if (!entry->product.ParseTo(&product)) return absl::DataLossError("a product cannot be read");
      RETURN_IF_ERROR(visit(product));
    }
  }
}

absl::Status ProductExport::ForEachInDatabase(Visit visit) const {
  v1::ListProductsRequest request;
  request.set_filter(request_.filter());
  request.set_page_size(kPage);
  do {
    v1::ListProductsResponse page;
    if (call_.Cancelled()) return absl::CancelledError("the caller has gone");
    RETURN_IF_ERROR(products_.List(call_, request, &page));
    for (const v1::Product& product : page.products()) RETURN_IF_ERROR(visit(product));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status ProductExport::ForEach(Visit visit) const {
  return snapshot_ != nullptr && request_.filter().empty() ? ForEachInSnapshot(visit) : ForEachInDatabase(visit);
}

absl::Status ProductExport::Run(absl::FunctionRef<bool(const v1::ExportProductsResponse& message)> send) {
  ExportSurvey survey;
  if (NeedsSurvey(request_.format())) {
    RETURN_IF_ERROR(ForEach([&](const v1::Product& product) {
      survey.Add(product);
      return absl::OkStatus();
    }));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<ProductWriter> writer, MakeProductWriter(request_, survey, names_));
  v1::ExportProductsResponse message;
  std::string& chunk = *message.mutable_chunk();
  writer->Begin(&chunk);
  RETURN_IF_ERROR(ForEach([&](const v1::Product& product) {
    writer->Write(product, &chunk);
    if (chunk.size() < kChunkBytes) return absl::OkStatus();
    if (!send(message)) return absl::CancelledError("the caller has gone");
    chunk.clear();
    return absl::OkStatus();
  }));
  writer->End(&chunk);
  *message.mutable_report() = writer->report();
  return send(message) ? absl::OkStatus() : absl::CancelledError("the caller has gone");
}

}  // namespace storeops::catalog
