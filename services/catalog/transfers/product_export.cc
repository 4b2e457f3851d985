#include "services/catalog/transfers/product_export.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::catalog {
namespace {

constexpr int kPage = 500;
// Media that are looked up together, and the stock of their products.
constexpr size_t kMediaAtOnce = 1000;

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
  const bool in_memory = snapshot_ != nullptr && request_.filter().empty();
  if (costs_) return in_memory ? ForEachInSnapshot(visit) : ForEachInDatabase(visit);
  v1::Product shown;
  const auto visit_without_costs = [&](const v1::Product& product) {
    shown = product;
    KeepCosts(v1::Product::default_instance(), shown);
    return visit(shown);
  };
  return in_memory ? ForEachInSnapshot(visit_without_costs) : ForEachInDatabase(visit_without_costs);
}

absl::Status ProductExport::ReadAbout(absl::Span<const v1::Product> products, About& about) const {
  if (about.pictures.addressable()) {
    std::vector<std::string> names;
    for (const v1::Product& product : products) {
      for (const auto& shown : product.media()) names.push_back(shown.media());
    }
    ASSIGN_OR_RETURN(std::vector<v1::Media> media, media_.ReadMany(names, call_.deadline));
    about.pictures.Set(std::move(media));
  }
  if (!NeedsStock(request_.format())) return absl::OkStatus();
  std::vector<std::string> skus;
  for (const v1::Product& product : products) AppendStockedSkus(product, &skus);
  ASSIGN_OR_RETURN(about.in_stock, memory_.InStockOf(skus, call_.deadline));
  return absl::OkStatus();
}

absl::Status ProductExport::VisitTogether(absl::Span<const v1::Product> products, About& about, Visit visit) const {
  RETURN_IF_ERROR(ReadAbout(products, about));
  for (const v1::Product& product : products) RETURN_IF_ERROR(visit(product));
  return absl::OkStatus();
}

absl::Status ProductExport::ForEachKnown(About& about, Visit visit) const {
  if (!about.pictures.addressable() && !NeedsStock(request_.format())) return ForEach(visit);
  std::vector<v1::Product> waiting;
  size_t media = 0;
  RETURN_IF_ERROR(ForEach([&](const v1::Product& product) -> absl::Status {
    waiting.push_back(product);
    media += static_cast<size_t>(product.media_size());
    if (waiting.size() < kPage && media < kMediaAtOnce) return absl::OkStatus();
    RETURN_IF_ERROR(VisitTogether(waiting, about, visit));
    waiting.clear();
    media = 0;
    return absl::OkStatus();
  }));
  return VisitTogether(waiting, about, visit);
}

absl::Status ProductExport::Run(absl::FunctionRef<bool(const v1::ExportProductsResponse& message)> send) {
  ExportSurvey survey;
  survey.costs = costs_;
  if (NeedsSurvey(request_.format())) {
    RETURN_IF_ERROR(ForEach([&](const v1::Product& product) {
      survey.Add(product);
      return absl::OkStatus();
    }));
  }
  About about{ProductPictures(request_.media_base()), InStock()};
  ASSIGN_OR_RETURN(const std::unique_ptr<ProductWriter> writer,
                   MakeProductWriter(request_, survey, names_, about.pictures, about.in_stock));
  v1::ExportProductsResponse message;
  std::string& chunk = *message.mutable_chunk();
  writer->Begin(&chunk);
  RETURN_IF_ERROR(ForEachKnown(about, [&](const v1::Product& product) {
    writer->Write(product, &chunk);
    if (chunk.size() < kChunkBytes) return absl::OkStatus();
    if (!send(message)) return absl::CancelledError("the caller has gone");
    chunk.clear();
    return absl::OkStatus();
  }));
  writer->End(&chunk);
  *message.mutable_report() = writer->report();
  if (const std::string field = CostFieldOf(request_); !costs_ && !field.empty()) {
    v1::WithheldField& withheld = *message.mutable_report()->add_withheld_fields();
    withheld.set_field(field);
    withheld.set_permission(kReadCosts);
  }
  return send(message) ? absl::OkStatus() : absl::CancelledError("the caller has gone");
}

}  // namespace storeops::catalog
