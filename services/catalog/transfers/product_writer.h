// Products as text of a format, one after the other.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_WRITER_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_WRITER_H_

#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/catalog/availability/in_stock.h"
#include "services/catalog/transfers/column_plan.h"
#include "services/catalog/transfers/filing_names.h"
#include "services/catalog/transfers/product_pictures.h"
#include "storeops/catalog/v1/transfer_service.pb.h"

namespace storeops::catalog {

class ProductWriter {
 public:
  virtual ~ProductWriter() = default;
  // All append to `out`.
  virtual void Begin(std::string* out) = 0;
  virtual void Write(const v1::Product& product, std::string* out) = 0;
  virtual void End(std::string* out) = 0;

  const v1::ExportReport& report() const { return report_; }

 protected:
  v1::ExportReport report_;
};

// What has to be known of all products before the first is written.
struct ExportSurvey {
  std::set<std::string> languages;
  std::set<std::string> attributes;
  int options = 0;
  bool costs = true;  // whether the file states them

  void Add(const v1::Product& product);
};
// Whether the format needs one.
bool NeedsSurvey(v1::TransferFormat format);

// What the file calls the costs of products, if the request asks for them; empty: it states none to anybody.
std::string CostFieldOf(const v1::ExportProductsRequest& request);

// Whether the writer looks at the stock.
bool NeedsStock(v1::TransferFormat format);

// The last three outlive the writer; `pictures` has the media of each product that is written, `in_stock` decides about
// it. INVALID_ARGUMENT naming a field of the request that does not fit the format.
absl::StatusOr<std::unique_ptr<ProductWriter>> MakeProductWriter(const v1::ExportProductsRequest& request,
                                                                 const ExportSurvey& survey, const FilingNames& names,
                                                                 const ProductPictures& pictures,
                                                                 const InStock& in_stock);

// Parts of MakeProductWriter.
absl::StatusOr<std::unique_ptr<ProductWriter>> MakeOwnCsvWriter(const v1::ExportProductsRequest& request,
                                                                const ExportSurvey& survey, const FilingNames& names);
std::unique_ptr<ProductWriter> MakeShopifyWriter(bool costs, const FilingNames& names, const ProductPictures& pictures);
std::unique_ptr<ProductWriter> MakeJsonWriter();
absl::StatusOr<std::unique_ptr<ProductWriter>> MakeGoogleWriter(const v1::GoogleFeed& feed, const FilingNames& names,
                                                                const ProductPictures& pictures,
                                                                const InStock& in_stock);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_WRITER_H_
