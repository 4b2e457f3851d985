#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/csv.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/transfers/product_writer.h"

namespace storeops::catalog {
namespace {

const std::string& SeoText(ColumnKind kind, const v1::Seo& seo) {
  if (kind == ColumnKind::kSlug) return seo.slug();
  return kind == ColumnKind::kMetaTitle ? seo.meta_title() : seo.meta_description();
}

class OwnCsvWriter final : public ProductWriter {
 public:
  OwnCsvWriter(std::vector<FileColumn> columns, const FilingNames& names)
      : columns_(std::move(columns)), names_(names) {}

  void Begin(std::string* out) override {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out->push_back(',');
      AppendCsvField(columns_[i].header, out);
    }
    out->push_back('\n');
  }
  void End(std::string*) override {}

  void Write(const v1::Product& product, std::string* out) override {
    for (int v = 0; v < product.variants_size(); ++v) {
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out->push_back(',');
        const ColumnKind kind = columns_[i].kind;
        if (kind >= ColumnKind::kOptionName) {
          WriteVariantCell(columns_[i], product, v, out);
        } else if (v == 0 || kind == ColumnKind::kGroup) {
          WriteProductCell(columns_[i], product, out);
        }
      }
      out->push_back('\n');
    }
    report_.set_products(report_.products() + 1);
    report_.set_rows(report_.rows() + product.variants_size());
  }

 private:
  void WriteProductCell(const FileColumn& column, const v1::Product& product, std::string* out) const {
    switch (column.kind) {
      case ColumnKind::kGroup:
        return AppendCsvField(product.name(), out);
      case ColumnKind::kTitle:
        return AppendCsvField(product.title(), out);
      case ColumnKind::kDescription:
        return AppendCsvField(product.description(), out);
      case ColumnKind::kLanguage:
        return AppendCsvField(product.language(), out);
      case ColumnKind::kKind:
        out->append(v1::Product::Kind_Name(product.kind()));
        return;
      case ColumnKind::kBrand:
        return AppendCsvField(product.brand(), out);
      case ColumnKind::kTags:
        return AppendCsvField(JoinCell(product.tags(), kListSeparator), out);
      case ColumnKind::kCategories:
        if (product.categories_size() > 0) AppendCsvField(CategoriesCell(product), out);
        return;
      case ColumnKind::kProductType:
        if (!product.product_type().empty()) {
          const v1::ProductType* type = names_.FindType(product.product_type());
          AppendCsvField(type == nullptr ? product.product_type() : type->title(), out);
        }
        return;
      case ColumnKind::kState:
        out->append(v1::Product::State_Name(product.state()));
        return;
      case ColumnKind::kAttribute:
        if (const auto found = product.attributes().find(column.key); found != product.attributes().end()) {
          AppendCsvField(FormatAttribute(found->second), out);
        }
        return;
      default:
        break;
    }
    if (column.key.empty()) return AppendCsvField(SeoText(column.kind, product.seo()), out);
    for (const v1::Translation& translation : product.translations()) {
      if (translation.language() == column.key) WriteTranslation(column.kind, translation, out);
    }
  }

  static void WriteTranslation(ColumnKind kind, const v1::Translation& translation, std::string* out) {
    if (kind == ColumnKind::kTranslatedTitle) return AppendCsvField(translation.title(), out);
    if (kind == ColumnKind::kTranslatedDescription) return AppendCsvField(translation.description(), out);
    AppendCsvField(SeoText(kind, translation.seo()), out);
  }

  void WriteVariantCell(const FileColumn& column, const v1::Product& product, int v, std::string* out) const {
    const v1::Variant& variant = product.variants(v);
    switch (column.kind) {
      case ColumnKind::kOptionName:
        if (v == 0 && column.option < product.options_size())
          AppendCsvField(product.options(column.option).name(), out);
        return;
      case ColumnKind::kOptionValue:
        if (column.option < product.options_size()) {
          const auto found = variant.option_values().find(product.options(column.option).name());
          if (found != variant.option_values().end()) AppendCsvField(found->second, out);
        }
        return;
      case ColumnKind::kSku:
        return AppendCsvField(variant.sku(), out);
      case ColumnKind::kBarcode:
        return AppendCsvField(variant.barcode(), out);
      case ColumnKind::kPrice:
        if (variant.has_price()) out->append(FormatAmount(variant.price()));
        return;
      case ColumnKind::kCost:
        if (variant.has_cost()) out->append(FormatAmount(variant.cost()));
        return;
      case ColumnKind::kCurrency:
        out->append(variant.has_price() ? variant.price().currency_code() : variant.cost().currency_code());
        return;
      default:
        return;
    }
  }

  std::string CategoriesCell(const v1::Product& product) const {
    return absl::StrJoin(product.categories(), " | ", [this](std::string* out, const std::string& category) {
      *out += FormatPath(names_.PathOf(category));
    });
  }

  const std::vector<FileColumn> columns_;
  const FilingNames& names_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ProductWriter>> MakeOwnCsvWriter(const v1::ExportProductsRequest& request,
                                                                const ExportSurvey& survey, const FilingNames& names) {
  OwnColumns own;
  own.languages = {survey.languages.begin(), survey.languages.end()};
  if (request.languages_size() > 0) own.languages = {request.languages().begin(), request.languages().end()};
  own.attributes = {survey.attributes.begin(), survey.attributes.end()};
  own.options = survey.options;
  own.costs = survey.costs;
  ASSIGN_OR_RETURN(const ColumnPlan plan, PlanColumns(v1::TRANSFER_FORMAT_CSV, OwnHeader(own)));
  if (request.fields_size() == 0) return std::make_unique<OwnCsvWriter>(plan.columns, names);
  std::vector<FileColumn> columns;
  std::vector<FieldViolation> violations;
  for (int i = 0; i < request.fields_size(); ++i) {
    const auto found = std::find_if(plan.columns.begin(), plan.columns.end(),
                                    [&](const FileColumn& column) { return column.header == request.fields(i); });
    if (found != plan.columns.end()) {
      columns.push_back(*found);
    } else {
      violations.push_back({absl::StrCat("fields[", i, "]"), "there is no such column"});
    }
  }
  if (!violations.empty()) return InvalidFields(violations);
  return std::make_unique<OwnCsvWriter>(std::move(columns), names);
}

}  // namespace storeops::catalog
