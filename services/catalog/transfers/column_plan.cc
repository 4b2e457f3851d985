#include "services/catalog/transfers/column_plan.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "services/catalog/costs.h"

namespace storeops::catalog {
namespace {

struct NamedColumn {
  absl::string_view header;
  ColumnKind kind;
};

constexpr NamedColumn kOwnColumns[] = {
    {"product", ColumnKind::kGroup},
    {"kind", ColumnKind::kKind},
    {"title", ColumnKind::kTitle},
    {"description", ColumnKind::kDescription},
    {"language", ColumnKind::kLanguage},
    {"brand", ColumnKind::kBrand},
    {"categories", ColumnKind::kCategories},
    {"tags", ColumnKind::kTags},
    {"product_type", ColumnKind::kProductType},
    {"sku", ColumnKind::kSku},
    {"barcode", ColumnKind::kBarcode},
    {"price", ColumnKind::kPrice},
    {"cost", ColumnKind::kCost},
    {"currency", ColumnKind::kCurrency},
    {"slug", ColumnKind::kSlug},
    {"meta_title", ColumnKind::kMetaTitle},
    {"meta_description", ColumnKind::kMetaDescription},
    {"state", ColumnKind::kState},
};

// With a language or an attribute's key behind them.
constexpr NamedColumn kKeyedColumns[] = {
    {"title.", ColumnKind::kTranslatedTitle},
    {"description.", ColumnKind::kTranslatedDescription},
    {"slug.", ColumnKind::kSlug},
    {"meta_title.", ColumnKind::kMetaTitle},
    {"meta_description.", ColumnKind::kMetaDescription},
    {"attributes.", ColumnKind::kAttribute},
};

// Both generations of names; compared without case.
constexpr NamedColumn kShopifyColumns[] = {
    {"Handle", ColumnKind::kGroup},
    {"URL handle", ColumnKind::kGroup},
    {"Title", ColumnKind::kTitle},
    {"Body (HTML)", ColumnKind::kDescription},
    {"Description", ColumnKind::kDescription},
    {"Vendor", ColumnKind::kBrand},
    {"Product Category", ColumnKind::kCategories},
    {"Standardized Product Type", ColumnKind::kCategories},
    {"Standard Product Type", ColumnKind::kCategories},
    {"Tags", ColumnKind::kTags},
    {"Variant SKU", ColumnKind::kSku},
    {"SKU", ColumnKind::kSku},
    {"Variant Barcode", ColumnKind::kBarcode},
    {"Barcode", ColumnKind::kBarcode},
    {"Variant Price", ColumnKind::kPrice},
    {"Price", ColumnKind::kPrice},
    {"Cost per item", ColumnKind::kCost},
    {"SEO title", ColumnKind::kMetaTitle},
    {"SEO description", ColumnKind::kMetaDescription},
    {"Body HTML", ColumnKind::kDescription},
    {"Body", ColumnKind::kDescription},
    {"Variant Cost", ColumnKind::kCost},
    {"Variant Requires Shipping", ColumnKind::kRequiresShipping},
    {"Requires shipping", ColumnKind::kRequiresShipping},
};

struct Reason {
  absl::string_view beginning;
  absl::string_view reason;
};
constexpr Reason kShopifyReasons[] = {
    {"variant inventory", "stock is kept by the inventory service"},
    {"variant grams", "weights are not kept"},
    {"variant weight", "weights are not kept"},
    {"weight", "weights are not kept"},
    {"variant tax", "taxes are not kept"},
    {"charge tax", "taxes are not kept"},
    {"tax", "taxes are not kept"},
    {"inventory", "stock is kept by the inventory service"},
    {"continue selling", "stock is kept by the inventory service"},
    {"variant fulfillment", "orders are fulfilled by the inventory service"},
    {"fulfillment", "orders are fulfilled by the inventory service"},
    {"image", "nothing is fetched from addresses; upload pictures with UploadMedia"},
    {"product image", "nothing is fetched from addresses; upload pictures with UploadMedia"},
    {"variant image", "nothing is fetched from addresses; upload pictures with UploadMedia"},
    {"published", "a listing is published by its workflow"},
    {"status", "a listing is published by its workflow"},
    {"variant compare", "products keep one price for each variant"},
    {"compare", "products keep one price for each variant"},
    {"price /", "products keep one price for each variant"},
    {"custom product type", "product types define attributes here; they are not free text"},
    {"gift card", "a gift card is a product like any other; one that is not shipped is a service"},
    {"google shopping", "a feed is written by ExportProducts"},
    {"included /", "markets are not kept"},
    {"type", "product types define attributes here; they are not free text"},
};

absl::Status HeaderError(size_t column, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line 1, field ", column + 1, ": ", what));
}

// "option2_name" -> 1; nothing for another text.
std::optional<int> OptionNumber(absl::string_view header, absl::string_view ending) {
  int number = 0;
  const bool fits = absl::ConsumePrefix(&header, "option") && absl::ConsumeSuffix(&header, ending) &&
                    absl::SimpleAtoi(header, &number) && number >= 1 && number <= kMaxOptions;
  return fits ? std::optional<int>(number - 1) : std::nullopt;
}

std::optional<FileColumn> FindOption(absl::string_view header, char gap) {
  const std::string lower = absl::AsciiStrToLower(header);
  const std::string name = absl::StrCat(std::string(1, gap), "name"),
                    value = absl::StrCat(std::string(1, gap), "value");
  if (const auto number = OptionNumber(lower, name)) return FileColumn{ColumnKind::kOptionName, "", *number, ""};
  if (const auto number = OptionNumber(lower, value)) return FileColumn{ColumnKind::kOptionValue, "", *number, ""};
  return std::nullopt;
}

std::optional<FileColumn> FindOwn(absl::string_view header) {
  for (const NamedColumn& column : kOwnColumns) {
    if (column.header == header) return FileColumn{column.kind, "", 0, ""};
  }
  if (auto option = FindOption(header, '_')) return option;
  absl::string_view key = header;
  const auto keyed = [&](ColumnKind kind) -> std::optional<FileColumn> {
    if (key.empty()) return std::nullopt;
    return FileColumn{kind, "", 0, std::string(key)};
  };
  for (const NamedColumn& column : kKeyedColumns) {
    if (absl::ConsumePrefix(&key, column.header)) return keyed(column.kind);
  }
  return std::nullopt;
}

std::optional<FileColumn> FindShopify(absl::string_view header) {
  for (const NamedColumn& column : kShopifyColumns) {
    if (absl::EqualsIgnoreCase(column.header, header)) return FileColumn{column.kind, "", 0, ""};
  }
  return FindOption(header, ' ');
}

std::string WhyIgnored(absl::string_view header) {
  const std::string lower = absl::AsciiStrToLower(header);
  for (const Reason& reason : kShopifyReasons) {
    if (absl::StartsWith(lower, reason.beginning)) return std::string(reason.reason);
  }
  if (absl::StrContains(lower, "metafields.")) return "metafields are not kept; product types define attributes";
  return "products have no such field";
}

std::shared_ptr<const StatedFields> FindStated(const ColumnPlan& plan) {
  auto stated = std::make_shared<StatedFields>();
  const auto has = [&](ColumnKind kind) { return plan.Find(kind) >= 0; };
  stated->seo.slug = plan.format == v1::TRANSFER_FORMAT_SHOPIFY_CSV;  // the handle
  stated->title = has(ColumnKind::kTitle);
  stated->description = has(ColumnKind::kDescription);
  stated->language = has(ColumnKind::kLanguage);
  stated->kind = has(ColumnKind::kKind) || has(ColumnKind::kRequiresShipping);
  stated->brand = has(ColumnKind::kBrand);
  stated->tags = has(ColumnKind::kTags);
  stated->categories = has(ColumnKind::kCategories);
  stated->product_type = has(ColumnKind::kProductType);
  stated->barcode = has(ColumnKind::kBarcode);
  stated->price = has(ColumnKind::kPrice);
  stated->cost = has(ColumnKind::kCost);
  const auto texts_of = [&](const std::string& language) -> StatedTexts& {
    for (StatedTexts& texts : stated->translations) {
      if (texts.language == language) return texts;
    }
    return stated->translations.emplace_back(StatedTexts{language});
  };
  const auto seo_of = [&](const std::string& language) -> StatedSeo& {
    return language.empty() ? stated->seo : texts_of(language).seo;
  };
  for (const FileColumn& column : plan.columns) {
    switch (column.kind) {
      case ColumnKind::kOptionValue:
        stated->options = true;
        break;
      case ColumnKind::kTranslatedTitle:
        texts_of(column.key).title = true;
        break;
      case ColumnKind::kTranslatedDescription:
        texts_of(column.key).description = true;
        break;
      case ColumnKind::kSlug:
        seo_of(column.key).slug = true;
        break;
      case ColumnKind::kMetaTitle:
        seo_of(column.key).meta_title = true;
        break;
      case ColumnKind::kMetaDescription:
        seo_of(column.key).meta_description = true;
        break;
      default:
        break;
    }
  }
  return stated;
}

absl::Status CheckPlan(const ColumnPlan& plan) {
  if (plan.format == v1::TRANSFER_FORMAT_SHOPIFY_CSV) {
    const bool keyed = plan.Find(ColumnKind::kGroup) >= 0 || plan.Find(ColumnKind::kTitle) >= 0;
    return keyed ? absl::OkStatus() : HeaderError(0, "there is no column \"Handle\" and no column \"Title\"");
  }
  if (plan.Find(ColumnKind::kSku) < 0) {
    return HeaderError(0, "there is no column \"sku\": products are found by their SKUs");
  }
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    const FileColumn& column = plan.columns[i];
    if (column.kind != ColumnKind::kOptionName && column.kind != ColumnKind::kOptionValue) continue;
    const bool name = column.kind == ColumnKind::kOptionName;
    if (plan.Find(name ? ColumnKind::kOptionValue : ColumnKind::kOptionName, "", column.option) >= 0) continue;
    return HeaderError(i, absl::StrCat("\"", column.header, "\" stands without its ", name ? "value" : "name"));
  }
  return absl::OkStatus();
}

std::string OwnColumnNames() {
  return absl::StrCat(
      absl::StrJoin(kOwnColumns, ", ",
                    [](std::string* out, const NamedColumn& column) { absl::StrAppend(out, column.header); }),
      ", option1_name, option1_value, title.zh, description.zh, slug.zh, meta_title.zh, meta_description.zh, "
      "attributes.KEY");
}

}  // namespace

int ColumnPlan::Find(ColumnKind kind, const std::string& key, int option) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    const FileColumn& column = columns[i];
    if (column.kind == kind && column.key == key && column.option == option) return static_cast<int>(i);
  }
  return -1;
}

bool IsShopifyHeader(absl::Span<const std::string> header) {
  static constexpr absl::string_view kOnlyShopifys[] = {"Handle",          "URL handle",   "Body (HTML)",
                                                        "Vendor",          "Variant SKU",  "Variant Price",
                                                        "Variant Barcode", "Option1 Name", "Option1 Value"};
  return std::any_of(header.begin(), header.end(), [](const std::string& cell) {
    const absl::string_view name = absl::StripAsciiWhitespace(cell);
    // Ours is "title".
    return name == "Title" ||
           std::any_of(std::begin(kOnlyShopifys), std::end(kOnlyShopifys),
                       [name](absl::string_view known) { return absl::EqualsIgnoreCase(name, known); });
  });
}

absl::StatusOr<ColumnPlan> PlanColumns(v1::TransferFormat format, absl::Span<const std::string> header,
                                       bool without_costs) {
  const bool shopify = format == v1::TRANSFER_FORMAT_SHOPIFY_CSV;
  ColumnPlan plan;
  plan.format = format;
  for (size_t i = 0; i < header.size(); ++i) {
    const absl::string_view name = absl::StripAsciiWhitespace(header[i]);
    std::optional<FileColumn> column = shopify ? FindShopify(name) : FindOwn(name);
    if (!column.has_value() && !shopify) {
      return HeaderError(i, absl::StrCat("there is no column \"", TruncateCodePoints(name, 100), "\"; columns are ",
                                         OwnColumnNames()));
    }
    const bool repeated = column.has_value() && plan.Find(column->kind, column->key, column->option) >= 0;
    const bool hidden = without_costs && column.has_value() && column->kind == ColumnKind::kCost;
    if (!column.has_value() || (shopify && repeated) || hidden) {
      column = FileColumn{};
      if (!name.empty()) {
        column->ignored = static_cast<int>(plan.ignored.size());
        v1::IgnoredColumn& ignored = plan.ignored.emplace_back();
        ignored.set_column(std::string(name));
        ignored.set_reason(hidden ? CostsNeed() : repeated ? "another column says the same" : WhyIgnored(name));
      }
    } else if (repeated) {
      return HeaderError(i, absl::StrCat("\"", TruncateCodePoints(name, 100), "\" says the same as another column"));
    }
    column->header = std::string(name);
    plan.columns.push_back(*std::move(column));
  }
  RETURN_IF_ERROR(CheckPlan(plan));
  plan.stated = FindStated(plan);
  return plan;
}

std::vector<std::string> OwnHeader(const OwnColumns& columns) {
  std::vector<std::string> header;
  for (const NamedColumn& column : kOwnColumns) {
    if (column.kind == ColumnKind::kCost && !columns.costs) continue;
    header.emplace_back(column.header);
    if (column.kind == ColumnKind::kProductType) {
      for (int i = 1; i <= columns.options; ++i) {
        header.push_back(absl::StrCat("option", i, "_name"));
        header.push_back(absl::StrCat("option", i, "_value"));
      }
    }
  }
  for (const std::string& language : columns.languages) {
    for (const NamedColumn& column : kKeyedColumns) {
      if (column.kind != ColumnKind::kAttribute) header.push_back(absl::StrCat(column.header, language));
    }
  }
  for (const std::string& key : columns.attributes) header.push_back(absl::StrCat("attributes.", key));
  return header;
}

}  // namespace storeops::catalog
