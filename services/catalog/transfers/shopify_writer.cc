#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/csv.h"
#include "services/catalog/transfers/product_writer.h"
#include "services/catalog/transfers/shopify_names.h"

namespace storeops::catalog {
namespace {

constexpr int kOptions = 3;
constexpr absl::string_view kHeader =
    "Handle,Title,Body (HTML),Vendor,Product Category,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Price,Variant Requires Shipping,Variant Barcode,";
constexpr absl::string_view kCostHeader = "Cost per item,";
constexpr absl::string_view kSeoHeader = "SEO Title,SEO Description,";
constexpr absl::string_view kPictureHeader = "Image Src,Image Position,Image Alt Text,Variant Image,";
constexpr absl::string_view kLastHeader = "Status\n";
// Between the handle and the picture, in a row that only has a picture.
constexpr absl::string_view kNoVariant = ",,,,,,,,,,,,,,,,,,";  // without a cost

// Shopify's "Status" of a product of this state. Only an active product is published.
absl::string_view StatusOf(const v1::Product& product) {
  switch (product.state()) {
    case v1::Product::PUBLISHED:
      return "active";
    case v1::Product::ARCHIVED:
      return "archived";
    default:
      return "draft";
  }
}

class ShopifyWriter final : public ProductWriter {
 public:
  ShopifyWriter(bool costs, const FilingNames& names, const ProductPictures& pictures)
      : costs_(costs), names_(names), pictures_(pictures) {}

  void Begin(std::string* out) override {
    absl::StrAppend(out, kHeader, costs_ ? kCostHeader : "", kSeoHeader, pictures_.addressable() ? kPictureHeader : "",
                    kLastHeader);
  }
  void End(std::string*) override {}

  void Write(const v1::Product& product, std::string* out) override {
    if (product.options_size() > kOptions) return LeaveOut("more than 3 options");
    if (!InOneCurrency(product)) return LeaveOut("amounts in another currency than the products before");
    const std::string handle = HandleOf(product);
    const std::vector<ProductPicture> pictures = pictures_.Of(product);
    const int rows = std::max(product.variants_size(), static_cast<int>(pictures.size()));
    for (int row = 0; row < rows; ++row) {
      Cell(handle, out);
      if (row < product.variants_size()) {
        WriteProduct(product, row == 0, out);
        WriteVariant(product, product.variants(row), row == 0, out);
      } else {
        absl::StrAppend(out, kNoVariant, costs_ ? "," : "");
      }
      if (pictures_.addressable()) WritePictures(product, pictures, row, out);
      absl::StrAppend(out, row < product.variants_size() ? StatusOf(product) : "", "\n");
    }
    report_.set_products(report_.products() + 1);
    report_.set_rows(report_.rows() + rows);
  }

 private:
  void LeaveOut(const char* reason) { ++(*report_.mutable_left_out())[reason]; }

  static void Cell(absl::string_view text, std::string* out) {
    AppendCsvField(text, out);
    out->push_back(',');
  }

  // Shopify's files name no currency: they have one.
  bool InOneCurrency(const v1::Product& product) {
    for (const v1::Variant& variant : product.variants()) {
      for (const auto* money : {&variant.price(), &variant.cost()}) {
        if (money->currency_code().empty()) continue;
        if (currency_.empty()) currency_ = money->currency_code();
        if (money->currency_code() != currency_) return false;  // no amount is read: the file has one currency
      }
    }
    return true;
  }

  void WriteProduct(const v1::Product& product, bool first, std::string* out) {
    if (!first) return out->append(",,,,,,"), void();
    Cell(product.title(), out);
    Cell(product.description(), out);
    Cell(product.brand(), out);
    Cell(product.categories_size() == 0 ? "" : FormatPath(names_.PathOf(product.categories(0))), out);
    std::string tags;
    for (const std::string& tag : product.tags()) {
      if (absl::StrContains(tag, ',')) {
        ++(*report_.mutable_incomplete())["a tag with a comma"];
      } else {
        absl::StrAppend(&tags, tags.empty() ? "" : ", ", tag);
      }
    }
    Cell(tags, out);
    out->append(product.state() == v1::Product::PUBLISHED ? "TRUE," : "FALSE,");
  }

  void WriteVariant(const v1::Product& product, const v1::Variant& variant, bool first, std::string* out) {
    if (!variant.has_price()) ++(*report_.mutable_incomplete())["Variant Price"];
    for (int i = 0; i < kOptions; ++i) {
      if (product.options_size() == 0 && i == 0) {
        out->append(first ? "Title,Default Title," : ",Default Title,");
      } else if (i < product.options_size()) {
        Cell(first ? product.options(i).name() : "", out);
        const auto value = variant.option_values().find(product.options(i).name());
        Cell(value == variant.option_values().end() ? "" : value->second, out);
      } else {
        out->append(",,");
      }
    }
    Cell(variant.sku(), out);
    Cell(variant.has_price() ? FormatAmount(variant.price()) : "", out);
    Cell(product.kind() == v1::Product::SERVICE ? "FALSE" : "TRUE", out);
    Cell(variant.barcode(), out);
    if (costs_) Cell(variant.has_cost() ? FormatAmount(variant.cost()) : "", out);
    Cell(first ? product.seo().meta_title() : "", out);
    Cell(first ? product.seo().meta_description() : "", out);
  }

  // The product's next picture, whatever variant the row has, and the variant's own.
  void WritePictures(const v1::Product& product, const std::vector<ProductPicture>& pictures, int row,
                     std::string* out) const {
    if (row < static_cast<int>(pictures.size())) {
      Cell(pictures[row].address, out);
      absl::StrAppend(out, row + 1, ",");
      Cell(pictures[row].alt_text, out);
    } else {
      out->append(",,,");
    }
    if (row < product.variants_size()) {
      const std::vector<ProductPicture> own = pictures_.Of(product, product.variants(row).sku());
      if (!own.empty() && !own[0].skus.empty()) AppendCsvField(own[0].address, out);
    }
    out->push_back(',');
  }

  const bool costs_;
  const FilingNames& names_;
  const ProductPictures& pictures_;
  std::string currency_;
};

}  // namespace

std::unique_ptr<ProductWriter> MakeShopifyWriter(bool costs, const FilingNames& names,
                                                 const ProductPictures& pictures) {
  return std::make_unique<ShopifyWriter>(costs, names, pictures);
}

}  // namespace storeops::catalog
