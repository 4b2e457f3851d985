#include "services/catalog/transfers/transfer_service.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/transfers/product_export.h"
#include "services/catalog/transfers/transfer_store.h"

namespace storeops::catalog {
namespace {

constexpr char kService[] = "storeops.catalog.v1.TransferService";
constexpr int kDefaultPage = 20;
constexpr int kMaxPage = 500;
constexpr absl::Duration kErrorRetention = absl::Hours(24 * 30);
constexpr absl::Duration kPruneInterval = absl::Hours(1);
constexpr int kPruneLimit = 1000;

}  // namespace

absl::Status TransferService::Bind(Environment& environment) {
  environment_ = &environment;
  environment.table.AddService(kService)
      .Unary("ListImportErrors", this, &TransferService::ListErrors)
      .Stream("ExportProducts", this, &TransferService::Export);
  environment.periodic.Add("prune-import-errors", kPruneInterval, [this](absl::Time deadline) -> absl::Status {
    const absl::Time before = environment_->store.clock.Now() - kErrorRetention;
    while (!environment_->periodic.Stopping()) {
      ASSIGN_OR_RETURN(const int64_t removed,
                       PruneImportErrors(environment_->store.database, before, kPruneLimit, deadline));
      if (removed < kPruneLimit) break;
    }
    return absl::OkStatus();
  });
  return absl::OkStatus();
}

absl::StatusOr<FilingNames> TransferService::ReadNames(absl::Time deadline) {
  ASSIGN_OR_RETURN(const CategoryTree tree, categories_.ReadTree(deadline));
  ASSIGN_OR_RETURN(std::vector<v1::ProductType> types, types_.ReadAll(deadline));
  return FilingNames(tree, std::move(types));
}

absl::StatusOr<v1::ListImportErrorsResponse> TransferService::ListErrors(rpc::Call& call,
                                                                         const v1::ListImportErrorsRequest& request) {
  // NOT_FOUND for what is no operation of this service.
  RETURN_IF_ERROR(environment_->operations.Get(request.operation(), call.deadline).status());
  int64_t id = 0;
  (void)absl::SimpleAtoi(absl::string_view(request.operation()).substr(request.operation().rfind('.') + 1), &id);
  ASSIGN_OR_RETURN(const std::vector<db::Value> keys, environment_->page_tokens.Read(request, request.page_token()));
  const int64_t* after = keys.size() == 1 ? std::get_if<int64_t>(&keys[0].storage()) : nullptr;
  const int size = resource::PageSize(request.page_size(), kDefaultPage, kMaxPage);
  ASSIGN_OR_RETURN(std::vector<StoredImportError> errors,
                   ReadImportErrors(environment_->store.database, id, after == nullptr ? 0 : *after, size + 1,
                                    call.deadline));
  v1::ListImportErrorsResponse response;
  if (errors.size() > static_cast<size_t>(size)) {
    errors.resize(size);
    response.set_next_page_token(environment_->page_tokens.Make(request, {db::Value(errors.back().number)}));
  }
  for (StoredImportError& stored : errors) *response.add_errors() = std::move(stored.error);
  return response;
}

absl::Status TransferService::Export(rpc::Call& call, const v1::ExportProductsRequest& request,
                                     rpc::ReplyStream& out) {
  ASSIGN_OR_RETURN(const FilingNames names, ReadNames(call.deadline));
  return ProductExport(call, request, products_.Snapshot(), products_.products(), names)
      .Run([&out](const v1::ExportProductsResponse& message) { return out.Write(message); });
}

}  // namespace storeops::catalog
