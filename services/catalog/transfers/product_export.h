// The work of an export: products from memory or the database, in order of id, as chunks of a file.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_EXPORT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_EXPORT_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/resource/resource.h"
#include "services/catalog/costs.h"
#include "services/catalog/media/media_service.h"
#include "services/catalog/products/product_follower.h"
#include "services/catalog/products/product_rules.h"
#include "services/catalog/transfers/filing_names.h"
#include "services/catalog/transfers/product_writer.h"

namespace storeops::catalog {

// A message of an export carries about this many bytes.
inline constexpr size_t kChunkBytes = 256 << 10;

class ProductExport {
 public:
  // Without a filter products come from memory, if they are loaded. All outlive this object.
  ProductExport(const rpc::Call& call, const v1::ExportProductsRequest& request, ProductFollower& memory,
                resource::Resource& products, const FilingNames& names, const MediaService& media)
      : call_(call),
        request_(request),
        memory_(memory),
        snapshot_(memory.Snapshot()),
        products_(products),
        names_(names),
        media_(media),
        costs_(call.principal.Has(kReadCosts)) {}

  // Calls `send` with one message after the other; it returns false when nobody listens any more.
  absl::Status Run(absl::FunctionRef<bool(const v1::ExportProductsResponse& message)> send);

 private:
  using Visit = absl::FunctionRef<absl::Status(const v1::Product& product)>;
  // As the caller may see them.
  absl::Status ForEach(Visit visit) const;
  absl::Status ForEachInSnapshot(Visit visit) const;
  absl::Status ForEachInDatabase(Visit visit) const;
  // What writers know of the products that they are given.
  struct About {
    ProductPictures pictures;
    InStock in_stock;
  };
  absl::Status ReadAbout(absl::Span<const v1::Product> products, About& about) const;
  absl::Status VisitTogether(absl::Span<const v1::Product> products, About& about, Visit visit) const;
  // Visits the products while `about` has what the format needs of them, read for many of them at a time.
  absl::Status ForEachKnown(About& about, Visit visit) const;

  const rpc::Call& call_;
  const v1::ExportProductsRequest& request_;
  ProductFollower& memory_;
  const std::shared_ptr<const ProductSnapshot> snapshot_;
  resource::Resource& products_;
  const FilingNames& names_;
  const MediaService& media_;
  const bool costs_;  // the caller may see them
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_EXPORT_H_
