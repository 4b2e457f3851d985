#include "services/catalog/transfers/product_writer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/resource/field_json.h"

namespace storeops::catalog {
namespace {

class JsonWriter final : public ProductWriter {
 public:
  void Begin(std::string*) override {}
  void End(std::string*) override {}

  void Write(const v1::Product& product, std::string* out) override {
    const resource::FieldJson json(product);
    char before = '{';
    for (int i = 0; i < product.GetDescriptor()->field_count(); ++i) {
      const std::string& name = product.GetDescriptor()->field(i)->name();
      // What changes by itself is no part of a product that can be read again.
      if (name == "etag" || name == "create_time" || name == "update_time") continue;
      const absl::string_view value = json.Get(name);
      if (value.empty()) continue;
      absl::StrAppend(out, std::string(1, before), "\"", name, "\":", value);
      before = ',';
    }
    out->append("}\n");
    report_.set_products(report_.products() + 1);
    report_.set_rows(report_.rows() + 1);
  }
};

}  // namespace

void ExportSurvey::Add(const v1::Product& product) {
  for (const v1::Translation& translation : product.translations()) {
    if (!languages.contains(translation.language())) languages.insert(translation.language());
  }
  for (const auto& [key, value] : product.attributes()) {
    if (!attributes.contains(key)) attributes.insert(key);
  }
  options = std::max(options, product.options_size());
}

bool NeedsSurvey(v1::TransferFormat format) {
  return format == v1::TRANSFER_FORMAT_CSV || format == v1::TRANSFER_FORMAT_UNSPECIFIED;
}

std::string CostFieldOf(const v1::ExportProductsRequest& request) {
  switch (request.format()) {
    case v1::TRANSFER_FORMAT_JSON_LINES:
      return "variants.cost";
    case v1::TRANSFER_FORMAT_SHOPIFY_CSV:
      return "Cost per item";
    case v1::TRANSFER_FORMAT_GOOGLE_RSS:
      return "";
    default:
      return request.fields_size() == 0 ? "cost" : "";
  }
}

bool NeedsStock(v1::TransferFormat format) { return format == v1::TRANSFER_FORMAT_GOOGLE_RSS; }

std::unique_ptr<ProductWriter> MakeJsonWriter() { return std::make_unique<JsonWriter>(); }

absl::StatusOr<std::unique_ptr<ProductWriter>> MakeProductWriter(const v1::ExportProductsRequest& request,
                                                                 const ExportSurvey& survey, const FilingNames& names,
                                                                 const ProductPictures& pictures,
                                                                 const InStock& in_stock) {
  if (!NeedsSurvey(request.format()) && request.fields_size() > 0) {
    return InvalidField("fields", "only our own CSV can be asked for some of its columns");
  }
  if (!NeedsSurvey(request.format()) && request.languages_size() > 0) {
    return InvalidField("languages", "only our own CSV can be asked for some of its languages");
  }
  if (pictures.addressable() && request.format() != v1::TRANSFER_FORMAT_SHOPIFY_CSV &&
      request.format() != v1::TRANSFER_FORMAT_GOOGLE_RSS) {
    return InvalidField("media_base", "only Shopify's CSV and a Google Merchant feed have addresses of pictures");
  }
  switch (request.format()) {
    case v1::TRANSFER_FORMAT_JSON_LINES:
      return MakeJsonWriter();
    case v1::TRANSFER_FORMAT_SHOPIFY_CSV:
      return MakeShopifyWriter(survey.costs, names, pictures);
    case v1::TRANSFER_FORMAT_GOOGLE_RSS:
      return MakeGoogleWriter(request.google(), names, pictures, in_stock);
    default:
      return MakeOwnCsvWriter(request, survey, names);
  }
}

}  // namespace storeops::catalog
