#include "services/catalog/transfers/transfer_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/resource/list_cost.h"
#include "common/rpc/read_permission.h"
#include "google/longrunning/operations.pb.h"
#include "services/catalog/costs.h"
#include "services/catalog/prices/price_rights.h"
#include "services/catalog/transfers/category_export.h"
#include "services/catalog/transfers/category_import.h"
#include "services/catalog/transfers/file_errors.h"
#include "services/catalog/transfers/product_export.h"
#include "services/catalog/transfers/product_import.h"
#include "services/catalog/transfers/transfer_store.h"

namespace storeops::catalog {
namespace {

using google::longrunning::Operation;

constexpr char kService[] = "storeops.catalog.v1.TransferService";
constexpr char kImportMethod[] = "storeops.catalog.v1.TransferService/ImportProducts";
constexpr absl::Duration kErrorRetention = absl::Hours(24 * 30);
constexpr absl::Duration kHousekeepingInterval = absl::Minutes(10);
constexpr int kPruneLimit = 1000;

// "operations/catalog.17" -> 17, of a name that is one.
int64_t NumberOf(absl::string_view operation) {
  int64_t id = 0;
  return absl::SimpleAtoi(operation.substr(operation.rfind('.') + 1), &id) ? id : 0;
}

}  // namespace

absl::Status TransferService::Bind(Environment& environment) {
  environment_ = &environment;
  files_ = std::make_unique<ImportFiles>(*environment.blobs, environment.store.database, environment.store.clock);
  environment.table.AddService(kService)
      .Upload("ImportProducts", this, &TransferService::Import)
      .Unary("ListImportErrors", this, &TransferService::ListErrors)
      .Stream("ExportProducts", this, &TransferService::Export)
      .CostRaw("ExportProducts", resource::ExportCost(products_.products().filter_fields()))
      .Unary("ImportCategories", this, &TransferService::ImportCategories)
      .Stream("ExportCategories", this, &TransferService::ExportCategories)
      .Replay(&environment.replays);
  environment.operations.Register(kImportMethod, jobs::OperationLane::kTransfer,
                                  [this](jobs::OperationContext& context) { return Work(context); });
  AddHousekeeping(environment);
  return absl::OkStatus();
}

void TransferService::AddHousekeeping(Environment& environment) {
  environment.periodic.Add(
      "prune-import-errors", kHousekeepingInterval, jobs::JobPace::kSlow, [this](absl::Time deadline) -> absl::Status {
        const absl::Time before = environment_->store.clock.Now() - kErrorRetention;
        while (!environment_->periodic.Stopping()) {
          ASSIGN_OR_RETURN(const int64_t removed,
                           PruneImportErrors(environment_->store.database, before, kPruneLimit, deadline));
          if (removed < kPruneLimit) break;
        }
        return absl::OkStatus();
      });
  environment.periodic.Add(
      "remove-import-files", kHousekeepingInterval, jobs::JobPace::kSlow, [this](absl::Time deadline) {
        return files_->RemoveEnded(
            environment_->operations, [this] { return environment_->periodic.Stopping(); }, deadline);
      });
}

absl::StatusOr<v1::ImportProductsRequest> TransferService::Receive(rpc::RequestStream& requests, blobs::Spool& spool) {
  v1::ImportProductsRequest first;
  ASSIGN_OR_RETURN(bool more, requests.Read(&first));
  if (!more) return InvalidField("options", "is required in the first message");
  if (first.options().format() == v1::TRANSFER_FORMAT_GOOGLE_RSS) {
    return InvalidField("options.format", "a Google Merchant feed can only be exported");
  }
  RETURN_IF_ERROR(spool.Write(first.chunk()));
  first.clear_chunk();
  v1::ImportProductsRequest request;
  while (true) {
    ASSIGN_OR_RETURN(more, requests.Read(&request));
    if (!more) break;
    if (request.has_options()) return InvalidField("options", "belongs into the first message");
    RETURN_IF_ERROR(spool.Write(request.chunk()));
  }
  RETURN_IF_ERROR(spool.Finish());
  return first;
}

absl::StatusOr<rpc::Reply> TransferService::Import(rpc::Call& call, rpc::RequestStream& requests) {
  ASSIGN_OR_RETURN(const std::unique_ptr<blobs::Spool> spool, files_->NewSpool());
  ASSIGN_OR_RETURN(const v1::ImportProductsRequest request, Receive(requests, *spool));
  return Begin(call, request, *spool);
}

absl::StatusOr<rpc::Reply> TransferService::Begin(rpc::Call& call, const v1::ImportProductsRequest& request,
                                                  blobs::Spool& spool) {
  if (request.options().request_id().empty()) return Queue(call, request, spool);
  call.replay = rpc::ReplayKey{call.principal.name, call.method->full_name, request.options().request_id(),
                               Sha256(absl::StrCat(request.options().SerializeAsString(), spool.hash()))};
  return environment_->replays.AnswerOnce(call, [&] { return Queue(call, request, spool); });
}

absl::StatusOr<rpc::Reply> TransferService::Queue(const rpc::Call& call, const v1::ImportProductsRequest& request,
                                                  blobs::Spool& spool) {
  Operation operation;
  internal::v1::ImportJob job;
  *job.mutable_options() = request.options();
  job.set_bytes(spool.size());
  job.set_keeps_prices(!call.principal.Has(kWritePrices));
  job.set_without_costs(!call.principal.Has(kReadCosts));
  ASSIGN_OR_RETURN(*job.mutable_blob(), files_->Keep(spool, call.deadline));
  RETURN_IF_ERROR(
      resource::RunWrite(environment_->store, call, &operation, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(operation, environment_->operations.Create(write, job));
        return files_->SetOperation(write.session(), job.blob(), NumberOf(operation.name()));
      }));
  return rpc::Reply(std::make_unique<Operation>(std::move(operation)));
}

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> TransferService::Work(jobs::OperationContext& context) {
  internal::v1::ImportJob job;
  if (!job.ParseFromString(context.request())) return STOREOPS_BUG("the import cannot be read");
  ProductImport import(
      {environment_->store, products_.products(), categories_, types_, environment_->data_folder}, job,
      [&]() -> absl::StatusOr<CsvReader::Source> { return files_->Open(job.blob()); }, context);
  ASSIGN_OR_RETURN(v1::ImportReport report, import.Run());
  return std::make_unique<v1::ImportReport>(std::move(report));
}

absl::StatusOr<FilingNames> TransferService::ReadNames(absl::Time deadline) {
  ASSIGN_OR_RETURN(const CategoryTree tree, categories_.ReadTree(deadline));
  ASSIGN_OR_RETURN(std::vector<v1::ProductType> types, types_.ReadAll(deadline));
  return FilingNames(tree, std::move(types));
}

absl::StatusOr<v1::ListImportErrorsResponse> TransferService::ListErrors(rpc::Call& call,
                                                                         const v1::ListImportErrorsRequest& request) {
  // They show the file: as the operation itself, to those who may import.
  RETURN_IF_ERROR(rpc::CheckMayCall(call.principal, kImportMethod));
  // NOT_FOUND for what is no operation of this service.
  RETURN_IF_ERROR(environment_->operations.Get(request.operation(), call.deadline).status());
  const int64_t id = NumberOf(request.operation());
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n"));
  ASSIGN_OR_RETURN(std::vector<StoredImportError> errors,
                   ReadImportErrors(environment_->store.database, id, request.severity(), page.Number(0), page.limit(),
                                    call.deadline));
  v1::ListImportErrorsResponse response;
  page.Close(errors, [](const StoredImportError& last) -> resource::PageKeys { return {last.number}; }, &response);
  for (StoredImportError& stored : errors) *response.add_errors() = std::move(stored.error);
  return response;
}

absl::Status TransferService::Export(rpc::Call& call, const v1::ExportProductsRequest& request, rpc::ReplyStream& out) {
  ASSIGN_OR_RETURN(const FilingNames names, ReadNames(call.deadline));
  return ProductExport(call, request, products_.memory(), products_.products(), names, media_)
      .Run([&out](const v1::ExportProductsResponse& message) { return out.Write(message); });
}

absl::StatusOr<v1::ImportCategoriesResponse> TransferService::ImportCategories(
    rpc::Call& call, const v1::ImportCategoriesRequest& request) {
  if (request.file().size() > kMaxCategoryFileBytes) {
    return InvalidField(
        "file", absl::StrCat("has ", request.file().size(), " bytes; at most ", kMaxCategoryFileBytes, " are allowed"));
  }
  const CategoryFile file = ReadCategoryFile(request.file(), ToDialect(request.encoding(), request.delimiter()));
  const CategoryImport import(categories_, file, {request.language(), request.validate_only()});
  v1::ImportCategoriesResponse response;
  if (!request.validate_only()) {
    RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response,
                                       [&](resource::Write& write) { return import.Run(write, &response); }));
    return response;
  }
  bool checked = false;
  const absl::Status status =
      environment_->store.database.Transact(call.deadline, [&](db::Session& session) -> absl::Status {
        response.Clear();
        resource::Write write(environment_->store, call, session);
        RETURN_IF_ERROR(import.Run(write, &response));
        checked = true;
        return absl::AbortedError("nothing is to be written");
      });
  if (!checked) return status;
  return response;
}

absl::Status TransferService::ExportCategories(rpc::Call& call, const v1::ExportCategoriesRequest& request,
                                               rpc::ReplyStream& out) {
  ASSIGN_OR_RETURN(const CategoryTree tree, categories_.ReadTree(call.deadline));
  v1::ExportCategoriesResponse message;
  std::string& chunk = *message.mutable_chunk();
  int rows = 0;
  const bool all =
      WriteCategories(tree, {request.languages().begin(), request.languages().end()}, [&](absl::string_view row) {
        absl::StrAppend(&chunk, row);
        ++rows;
        if (chunk.size() < kChunkBytes) return true;
        const bool sent = out.Write(message);
        chunk.clear();
        return sent;
      });
  message.set_categories(rows - 1);  // without the header
  return all && out.Write(message) ? absl::OkStatus() : absl::CancelledError("the caller has gone");
}

}  // namespace storeops::catalog
