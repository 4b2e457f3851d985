// The work of an import: reads the file, keeps the policy, and goes on from where another process left it.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_IMPORT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_IMPORT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/jobs/operations.h"
#include "common/resource/resource.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/transfers/import_batch.h"
#include "services/catalog/transfers/import_reader.h"
#include "storeops/internal/v1/transfers.pb.h"

namespace storeops::catalog {

// Errors beyond these, and warnings beyond as many, are only counted.
inline constexpr int64_t kMaxStoredErrors = 10'000;

class ProductImport {
 public:
  struct Parts {
    const resource::Store& store;
    resource::Resource& products;
    CategoryService& categories;
    const ProductTypeService& types;
    std::string data_folder;  // for temporary files
  };
  // The file from its beginning.
  using OpenFile = std::function<absl::StatusOr<CsvReader::Source>()>;

  // All outlive this object.
  ProductImport(const Parts& parts, const internal::v1::ImportJob& job, OpenFile open, jobs::OperationContext& context);

  absl::StatusOr<v1::ImportReport> Run();

 private:
  using State = internal::v1::ImportCheckpoint;
  // How far a part of the file has brought the import, handed from each to the next.
  class Baton;
  struct Step {
    State before;
    State after;
    std::vector<v1::ImportError> errors;  // that are new
    std::vector<v1::ImportError> warnings;
    int64_t bytes = 0;  // done in this pass
  };

  // One reading of the whole file; the report's outcome is unspecified if it came to the end.
  absl::Status Pass(bool check_only);
  // Returns the state after the batch. Batches are worked on side by side, but each goes on from the state that the one
  // before it left; what is behind one that ended the import changes nothing.
  absl::StatusOr<State> WorkOn(const ImportBatch& batch, const ProductReader& reader, bool check_only, Baton& previous);
  absl::StatusOr<std::unique_ptr<ImportReader>> Open();
  // The step of `result` of products that begin at `products`.
  Step StepFrom(const State& before, absl::Span<const ImportedProduct> products, const BatchResult& result,
                int64_t bytes) const;
  // Adds the step's errors and warnings to the report after it.
  static void Count(Step& step, v1::ImportReport* report);
  // Notes how far the import is, and the errors that are new, in the transaction.
  absl::Status Save(db::Session& session, const Step& step);
  absl::Status SaveAlone(const Step& step);
  absl::Status NoteFileError(const absl::Status& status, int64_t bytes);
  v1::ImportReport::Outcome OutcomeOfError() const;
  int64_t TotalBytes() const;

  const Parts parts_;
  const internal::v1::ImportJob job_;
  const OpenFile open_;
  jobs::OperationContext& context_;
  std::unique_ptr<BatchImporter> importer_;
  State state_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_IMPORT_H_
