#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "services/catalog/products/barcode.h"
#include "services/catalog/transfers/product_writer.h"

namespace storeops::catalog {
namespace {

// As Google allows.
constexpr size_t kMaxTitle = 150;
constexpr size_t kMaxDescription = 5000;
constexpr size_t kMaxPictures = 11;  // one, and ten more

std::string PercentEncode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains("-._~", c)) {
      encoded += c;
    } else {
      absl::StrAppend(&encoded, "%", absl::AsciiStrToUpper(absl::StrCat(absl::Hex(byte, absl::kZeroPad2))));
    }
  }
  return encoded;
}

// Can be ordered now, and is delivered later.
bool IsAhead(v1::GoogleFeed::Availability availability) {
  return availability == v1::GoogleFeed::PREORDER || availability == v1::GoogleFeed::BACKORDER;
}

v1::GoogleFeed::Availability AvailabilityOf(v1::GoogleFeed::Availability stated, bool stock_known, bool in_stock) {
  if (stated == v1::GoogleFeed::AVAILABILITY_UNSPECIFIED) {
    return in_stock ? v1::GoogleFeed::IN_STOCK : v1::GoogleFeed::OUT_OF_STOCK;
  }
  return IsAhead(stated) && stock_known && in_stock ? v1::GoogleFeed::IN_STOCK : stated;
}

void Element(absl::string_view name, absl::string_view text, std::string* out) {
  absl::StrAppend(out, "<g:", name, ">", EscapeXml(text), "</g:", name, ">\n");
}

class GoogleWriter final : public ProductWriter {
 public:
  GoogleWriter(v1::GoogleFeed feed, const FilingNames& names, const ProductPictures& pictures, const InStock& in_stock)
      : feed_(std::move(feed)), names_(names), pictures_(pictures), in_stock_(in_stock) {}

  void Begin(std::string* out) override {
    absl::StrAppend(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                    "<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n<title>",
                    EscapeXml(feed_.title().empty() ? "Products" : feed_.title()), "</title>\n<link>",
                    EscapeXml(ShopAddress()), "</link>\n<description>Products of the shop</description>\n");
  }
  void End(std::string* out) override { out->append("</channel>\n</rss>\n"); }

  void Write(const v1::Product& product, std::string* out) override {
    if (product.state() != v1::Product::PUBLISHED) return LeaveOut("not published");
    if (product.kind() == v1::Product::SERVICE) return LeaveOut("a service, which is not shipped");
    const int64_t rows = report_.rows();
    for (const v1::Variant& variant : product.variants()) WriteItem(product, variant, out);
    if (report_.rows() > rows) report_.set_products(report_.products() + 1);
  }

 private:
  void LeaveOut(const char* reason) { ++(*report_.mutable_left_out())[reason]; }

  // "https://shop.example/p/{sku}" -> "https://shop.example/"
  std::string ShopAddress() const {
    const absl::string_view link = feed_.link();
    const size_t host = link.find("://") + 3;
    return std::string(link.substr(0, std::min(link.find('/', host), link.size())));
  }

  std::string Address(absl::string_view pattern, const v1::Product& product, const v1::Variant& variant) const {
    return absl::StrReplaceAll(pattern, {{"{product}", absl::StripPrefix(product.name(), "products/")},
                                         {"{sku}", PercentEncode(variant.sku())}});
  }

  // Title and description in the feed's language, or the product's own where there are none.
  std::pair<std::string, std::string> Texts(const v1::Product& product) const {
    for (const v1::Translation& translation : product.translations()) {
      if (translation.language() == feed_.language()) return {translation.title(), translation.description()};
    }
    return {product.title(), product.description()};
  }

  void WriteItem(const v1::Product& product, const v1::Variant& variant, std::string* out) {
    if (!variant.has_price()) return LeaveOut("no price");
    auto [title, description] = Texts(product);
    if (description.empty()) description = title;
    out->append("<item>\n");
    Element("id", variant.sku(), out);
    Element("title", TruncateCodePoints(title, kMaxTitle), out);
    Element("description", TruncateCodePoints(description, kMaxDescription), out);
    Element("link", Address(feed_.link(), product, variant), out);
    WritePictures(product, variant, out);
    WriteAvailability(product, variant, out);
    Element("price", FormatMoney(variant.price()), out);
    Element("condition", "new", out);
    if (!product.brand().empty()) Element("brand", product.brand(), out);
    const bool gtin = IsGlobalGtin(variant.barcode());
    if (gtin) Element("gtin", variant.barcode(), out);
    if (!gtin && !variant.barcode().empty()) ++(*report_.mutable_incomplete())["gtin: the barcode is none"];
    if (product.brand().empty() && !gtin) Element("identifier_exists", "no", out);
    if (product.variants_size() > 1) Element("item_group_id", absl::StripPrefix(product.name(), "products/"), out);
    WriteOptions(variant, out);
    if (product.categories_size() > 0) Element("product_type", FormatPath(names_.PathOf(product.categories(0))), out);
    out->append("</item>\n");
    report_.set_rows(report_.rows() + 1);
  }

  void WriteAvailability(const v1::Product& product, const v1::Variant& variant, std::string* out) const {
    const auto availability = AvailabilityOf(feed_.availability(), in_stock_.known(), in_stock_.Has(product, variant));
    // As Google writes it: "in_stock".
    Element("availability", absl::AsciiStrToLower(v1::GoogleFeed::Availability_Name(availability)), out);
    if (!IsAhead(availability)) return;
    Element("availability_date",
            absl::FormatTime("%Y-%m-%dT%H:%MZ", FromTimestamp(feed_.availability_date()), absl::UTCTimeZone()), out);
  }

  // The product's own, or else the one that the template names.
  void WritePictures(const v1::Product& product, const v1::Variant& variant, std::string* out) {
    const std::vector<ProductPicture> pictures = pictures_.Of(product, variant.sku());
    for (size_t i = 0; i < std::min(pictures.size(), kMaxPictures); ++i) {
      Element(i == 0 ? "image_link" : "additional_image_link", pictures[i].address, out);
    }
    if (!pictures.empty()) return;
    if (feed_.image_link().empty()) {
      ++(*report_.mutable_incomplete())["image_link"];
    } else {
      Element("image_link", Address(feed_.image_link(), product, variant), out);
    }
  }

  static void WriteOptions(const v1::Variant& variant, std::string* out) {
    for (const auto& [name, value] : variant.option_values()) {
      const std::string lower = absl::AsciiStrToLower(name);
      if (lower == "colour" || lower == "color") Element("color", value, out);
      if (lower == "size" || lower == "material" || lower == "pattern") Element(lower, value, out);
    }
  }

  const v1::GoogleFeed feed_;
  const FilingNames& names_;
  const ProductPictures& pictures_;
  const InStock& in_stock_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ProductWriter>> MakeGoogleWriter(const v1::GoogleFeed& feed, const FilingNames& names,
                                                                const ProductPictures& pictures,
                                                                const InStock& in_stock) {
  if (feed.link().empty()) {
    return InvalidField("google.link", "is required, e.g. \"https://shop.example/products/{product}\"");
  }
  const bool ahead = IsAhead(feed.availability());
  if (ahead != feed.has_availability_date()) {
    return InvalidField("google.availability_date",
                        ahead ? "is required for PREORDER and BACKORDER" : "belongs to PREORDER and BACKORDER only");
  }
  return std::make_unique<GoogleWriter>(feed, names, pictures, in_stock);
}

}  // namespace storeops::catalog
