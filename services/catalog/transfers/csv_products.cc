#include "services/catalog/transfers/csv_products.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/input_text.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/visible_text.h"
#include "services/catalog/products/barcode.h"
#include "services/catalog/transfers/error_places.h"
#include "services/catalog/transfers/file_errors.h"

namespace storeops::catalog {
namespace {

// Of one product.
constexpr size_t kMaxRowErrors = 100;
constexpr size_t kMaxWarnings = 5000;

void AddOptionValue(const std::string& value, v1::Option* option) {
  const auto& values = option->values();
  // Rows of one value mostly follow each other.
  if (!values.empty() && values[values.size() - 1] == value) return;
  if (std::find(values.begin(), values.end(), value) == values.end()) option->add_values(value);
}

void SetSeoText(ColumnKind kind, const std::string& text, v1::Seo* seo) {
  if (kind == ColumnKind::kSlug) return seo->set_slug(text);
  if (kind == ColumnKind::kMetaTitle) return seo->set_meta_title(text);
  seo->set_meta_description(text);
}

bool HasLines(ColumnKind kind) {
  return kind == ColumnKind::kDescription || kind == ColumnKind::kTranslatedDescription ||
         kind == ColumnKind::kMetaDescription || kind == ColumnKind::kAttribute;
}

// "seo.slug" -> kSlug.
ColumnKind SeoColumnOf(absl::string_view field) {
  if (absl::StrContains(field, "seo.meta_title")) return ColumnKind::kMetaTitle;
  return absl::StrContains(field, "seo.meta_description") ? ColumnKind::kMetaDescription : ColumnKind::kSlug;
}

// "variants[12].sku" -> 12 and "sku"; -1 and the whole for others.
std::pair<int, absl::string_view> SplitVariant(absl::string_view field) {
  const int index = VariantIndexOf(field);
  if (index < 0) return {-1, field};
  return {index, field.substr(std::min(field.find(']') + 2, field.size()))};
}

}  // namespace

size_t FileRow::bytes() const {
  size_t size = sizeof(FileRow) + places.size() * sizeof(TextPlace);
  for (const std::string& cell : cells) size += sizeof(cell) + cell.size();
  return size;
}

absl::StatusOr<bool> CsvProducts::ReadRow() {
  do {
    bool more = false;
    do {
      ASSIGN_OR_RETURN(more, reader_->Next(&row_.cells));
    } while (more && IsBlankRow(row_.cells));
    if (!more) return false;
    reader_->GetPlaces(&row_.places);
    row_.line = reader_->line();
    row_.bad = reader_->InvalidUtf8();
    row_.changes.clear();
    CleanCells();
    // Cells are compared with those of other rows.
    for (std::string& cell : row_.cells) NormalizeToNfc(&cell);
    PrepareRow();
  } while (IsElsewhere());
  return true;
}

void CsvProducts::CleanCells() {
  for (size_t i = 0; i < std::min(row_.cells.size(), plan_.columns.size()); ++i) {
    const ColumnKind kind = plan_.columns[i].kind;
    if (kind == ColumnKind::kIgnored) continue;
    std::string change = CleanFileText(HasLines(kind) ? TextForm::kLines : TextForm::kLine, &row_.cells[i]);
    if (!change.empty()) row_.changes.push_back({static_cast<int>(i), std::move(change)});
  }
}

void CsvProducts::WarnOfChanges(ImportedProduct* product) {
  for (FileRow::Change& change : row_.changes) AddWarning(change.column, std::move(change.what), product);
  row_.changes.clear();
}

void CsvProducts::AddOtherRow(FileRow row, ImportedProduct* product) {
  std::swap(row_, row);
  ++product->rows;
  WarnOfChanges(product);
  AddRow(product, false);
  std::swap(row_, row);
}

absl::string_view CsvProducts::Cell(int column) const {
  return column < 0 || static_cast<size_t>(column) >= row_.cells.size() ? absl::string_view() : row_.cells[column];
}

std::string CsvProducts::Group() const {
  return std::string(absl::StripAsciiWhitespace(Cell(plan_.Find(ColumnKind::kGroup))));
}

void CsvProducts::AddError(int column, std::string message, ImportedProduct* product) const {
  if (product->errors.size() < kMaxRowErrors) product->errors.push_back(Note(column, std::move(message)));
}

void CsvProducts::AddWarning(int column, std::string message, ImportedProduct* product) const {
  if (product->warnings.size() < kMaxWarnings) product->warnings.push_back(Note(column, std::move(message)));
}

v1::ImportError CsvProducts::Note(int column, std::string message) const {
  v1::ImportError error;
  error.set_line(row_.line);
  if (column >= 0 && static_cast<size_t>(column) < row_.places.size()) {
    error.set_line(row_.places[column].line);
    error.set_column(row_.places[column].column);
    if (static_cast<size_t>(column) < plan_.columns.size()) error.set_field(plan_.columns[column].header);
  }
  const absl::string_view sku = absl::StripAsciiWhitespace(CellOf(ColumnKind::kSku));
  if (IsValidUtf8(sku)) error.set_sku(std::string(sku));
  error.set_message(std::move(message));
  return error;
}

absl::StatusOr<bool> CsvProducts::Next(ImportedProduct* product) {
  if (!pending_) {
    ASSIGN_OR_RETURN(const bool more, ReadRow());
    if (!more) return false;
  }
  pending_ = false;
  Begin(product);
  WarnOfChanges(product);
  AddRow(product, true);
  while (!product->group.empty()) {
    ASSIGN_OR_RETURN(pending_, ReadRow());
    if (!pending_ || Group() != product->group || BeginsProduct()) break;
    ++product->rows;
    WarnOfChanges(product);
    AddRow(product, false);
  }
  Finish(product);
  return true;
}

void CsvProducts::Begin(ImportedProduct* product) {
  product->stated = plan_.stated;
  product->product.Clear();
  product->categories.clear();
  product->product_type.clear();
  product->attributes.clear();
  product->cells.clear();
  product->skus.clear();
  product->left_out.clear();
  product->handle.clear();
  product->fallback_title.clear();
  product->ignored_rows.assign(plan_.ignored.size(), 0);
  product->errors.clear();
  product->warnings.clear();
  product->rows = 1;
  product->line = row_.line;
  product->group = Group();
  first_line_ = row_.line;
  first_row_ = row_.cells;
  option_names_.clear();
  currency_ = options_.currency;
}

bool CsvProducts::CheckRow(ImportedProduct* product) {
  if (row_.bad.has_value()) {
    product->errors.push_back(BadByteError(*row_.bad, options_.dialect));
    return false;
  }
  if (row_.cells.size() == plan_.columns.size()) return true;
  AddError(-1, absl::StrCat("the row has ", row_.cells.size(), " fields, the header ", plan_.columns.size()), product);
  return false;
}

void CsvProducts::AddRow(ImportedProduct* product, bool first) {
  if (product->errors.size() >= kMaxRowErrors || !CheckRow(product)) return;
  if (!plan_.ignored.empty()) CountIgnored(product);
  for (size_t column = 0; column < plan_.columns.size(); ++column) {
    if (!IsOfProduct(plan_.columns[column].kind)) continue;
    if (first) {
      ReadProductCell(column, product);
    } else if (!row_.cells[column].empty()) {
      CheckRepeatedCell(column, product);
    }
  }
  ReadVariant(product, first);
}

void CsvProducts::CountIgnored(ImportedProduct* product) const {
  for (size_t column = 0; column < plan_.columns.size(); ++column) {
    const int ignored = plan_.columns[column].ignored;
    if (ignored >= 0 && !row_.cells[column].empty()) ++product->ignored_rows[ignored];
  }
}

void CsvProducts::CheckRepeatedCell(size_t column, ImportedProduct* product) {
  if (column < first_row_.size() && row_.cells[column] == first_row_[column]) return;
  AddError(static_cast<int>(column),
           absl::StrCat("differs from what the product's first row says, on line ", first_line_), product);
}

void CsvProducts::ReadProductCell(size_t column, ImportedProduct* imported) {
  const FileColumn& plan = plan_.columns[column];
  const std::string& cell = row_.cells[column];
  v1::Product& product = imported->product;
  switch (plan.kind) {
    case ColumnKind::kTitle:
      product.set_title(cell);
      break;
    case ColumnKind::kDescription:
      product.set_description(cell);
      break;
    case ColumnKind::kLanguage:
      product.set_language(cell);
      break;
    case ColumnKind::kBrand:
      product.set_brand(cell);
      break;
    case ColumnKind::kKind: {
      v1::Product::Kind kind = v1::Product::KIND_UNSPECIFIED;
      if (!cell.empty() && !v1::Product::Kind_Parse(absl::AsciiStrToUpper(cell), &kind)) {
        AddError(static_cast<int>(column), "must be GOODS or SERVICE", imported);
      }
      product.set_kind(kind);
      break;
    }
    case ColumnKind::kTags:
      for (std::string& tag : SplitCell(cell, kListSeparator)) product.add_tags(std::move(tag));
      break;
    case ColumnKind::kCategories:
      imported->categories = ParsePaths(cell);
      break;
    case ColumnKind::kProductType:
      imported->product_type = cell;
      break;
    case ColumnKind::kTranslatedTitle:
    case ColumnKind::kTranslatedDescription: {
      if (cell.empty()) break;
      v1::Translation* translation = MutableTranslation(plan.key, product.mutable_translations());
      if (plan.kind == ColumnKind::kTranslatedTitle) {
        translation->set_title(cell);
      } else {
        translation->set_description(cell);
      }
      break;
    }
    case ColumnKind::kSlug:
    case ColumnKind::kMetaTitle:
    case ColumnKind::kMetaDescription:
      if (!cell.empty()) {
        SetSeoText(plan.kind, cell,
                   plan.key.empty() ? product.mutable_seo()
                                    : MutableTranslation(plan.key, product.mutable_translations())->mutable_seo());
      }
      break;
    case ColumnKind::kAttribute:
      imported->attributes.push_back({plan.key, cell});
      break;
    default:
      break;
  }
}

void CsvProducts::ReadOptions(ImportedProduct* imported, v1::Variant* variant, bool first) {
  v1::Product& product = imported->product;
  for (size_t column = 0; column < plan_.columns.size(); ++column) {
    if (plan_.columns[column].kind != ColumnKind::kOptionValue) continue;
    const int number = plan_.columns[column].option;
    const int name_column = plan_.Find(ColumnKind::kOptionName, "", number);
    const std::string& value = row_.cells[column];
    const absl::string_view name = Cell(name_column);
    if (first) {
      if (option_names_.size() <= static_cast<size_t>(number)) option_names_.resize(number + 1);
      option_names_[number] = std::string(name);
      if (name.empty()) {
        if (!value.empty()) AddError(static_cast<int>(column), "is the value of an option without a name", imported);
        continue;
      }
      product.add_options()->set_name(std::string(name));
    } else if (!name.empty() &&
               (static_cast<size_t>(number) >= option_names_.size() || name != option_names_[number])) {
      AddError(name_column, absl::StrCat("differs from what the product's first row says, on line ", first_line_),
               imported);
    }
    if (value.empty() || static_cast<size_t>(number) >= option_names_.size() || option_names_[number].empty()) continue;
    (*variant->mutable_option_values())[option_names_[number]] = value;
    for (v1::Option& option : *product.mutable_options()) {
      if (option.name() == option_names_[number]) AddOptionValue(value, &option);
    }
  }
}

void CsvProducts::ReadBarcode(ImportedProduct* product, v1::Variant* variant) {
  const int column = plan_.Find(ColumnKind::kBarcode);
  const absl::string_view cell = absl::StripAsciiWhitespace(Cell(column));
  if (cell.empty()) return;
  if (IsRoundedNumber(cell)) {
    AddWarning(
        column,
        absl::StrCat(Visible(cell), " is a number that a spreadsheet rounded: its last digits are lost; left out"),
        product);
    product->LeftOut(product->product.variants_size() - 1).barcode = true;
    return;
  }
  variant->set_barcode(NormalizeBarcode(cell));
  const std::string& barcode = variant->barcode();
  const bool gtin = IsGtin(barcode);
  if (gtin && barcode == cell) return;
  AddWarning(column,
             gtin ? absl::StrCat(Visible(cell), " is stored as the GTIN ", barcode)
             : barcode == cell
                 ? absl::StrCat(Visible(cell), " is not a GTIN: it is stored as a barcode of the shop's own")
                 : absl::StrCat(Visible(cell), " is not a GTIN: it is stored as the barcode ", barcode),
             product);
}

void CsvProducts::ReadAmount(ColumnKind kind, ImportedProduct* product,
                             google::type::Money* (v1::Variant::*mutable_amount)(), v1::Variant* variant) {
  const int column = plan_.Find(kind);
  const absl::string_view cell = absl::StripAsciiWhitespace(Cell(column));
  if (cell.empty()) return;
  if (currency_.empty()) {
    return AddError(column, "has no currency: neither the file nor the import names one", product);
  }
  auto amount = ParseAmount(cell, currency_);
  if (!amount.ok()) return Refuse(column, std::string(amount.status().message()), product);
  *(variant->*mutable_amount)() = *std::move(amount);
}

void CsvProducts::ReadVariant(ImportedProduct* product, bool first) {
  if (product->product.variants_size() >= kMaxVariants) return;
  v1::Variant* variant = product->product.add_variants();
  product->cells.push_back(row_.places);
  variant->set_sku(std::string(absl::StripAsciiWhitespace(Cell(plan_.Find(ColumnKind::kSku)))));
  ReadBarcode(product, variant);
  ReadOptions(product, variant, first || product->product.variants_size() == 1);
  if (const absl::string_view currency = absl::StripAsciiWhitespace(Cell(plan_.Find(ColumnKind::kCurrency)));
      !currency.empty()) {
    if (!CurrencyDigits(currency).ok()) {
      return AddError(plan_.Find(ColumnKind::kCurrency), "must be a three-letter ISO 4217 code, e.g. \"EUR\"", product);
    }
    currency_ = std::string(currency);
  }
  ReadAmount(ColumnKind::kPrice, product, &v1::Variant::mutable_price, variant);
  ReadAmount(ColumnKind::kCost, product, &v1::Variant::mutable_cost, variant);
}

void CsvProducts::ReadKind(ImportedProduct* product) {
  const int shipping = plan_.Find(ColumnKind::kRequiresShipping);
  if (shipping < 0) return;
  const absl::string_view ships = absl::StripAsciiWhitespace(Cell(shipping));
  const auto shipped = ships.empty() ? absl::StatusOr<bool>(true) : ParseBool(ships);
  if (!shipped.ok()) return Refuse(shipping, std::string(shipped.status().message()), product);
  product->product.set_kind(*shipped ? v1::Product::GOODS : v1::Product::SERVICE);
}

ProductReader::FieldColumn CsvProducts::FindColumn(const std::string& field, const v1::Product& product) const {
  const auto [variant, rest] = SplitVariant(field);
  FieldColumn found;
  found.variant = variant;
  const auto begins = [text = rest](absl::string_view beginning) { return absl::StartsWith(text, beginning); };
  if (begins("translations[")) {
    size_t index = 0;
    const absl::string_view number = rest.substr(13, rest.find(']') - 13);
    const bool known = absl::SimpleAtoi(number, &index) && index < static_cast<size_t>(product.translations_size());
    const std::string language = known ? product.translations(static_cast<int>(index)).language() : "";
    const ColumnKind text =
        absl::EndsWith(rest, ".description") ? ColumnKind::kTranslatedDescription : ColumnKind::kTranslatedTitle;
    found.column = plan_.Find(absl::StrContains(rest, "].seo") ? SeoColumnOf(rest) : text, language);
  } else if (begins("seo")) {
    found.column = plan_.Find(SeoColumnOf(rest));
  } else if (begins("attributes[\"")) {
    found.column = plan_.Find(ColumnKind::kAttribute, std::string(rest.substr(12, rest.find('"', 12) - 12)));
  } else {
    static constexpr std::pair<absl::string_view, ColumnKind> kFields[] = {
        {"title", ColumnKind::kTitle},
        {"description", ColumnKind::kDescription},
        {"language", ColumnKind::kLanguage},
        {"kind", ColumnKind::kKind},
        {"brand", ColumnKind::kBrand},
        {"tags", ColumnKind::kTags},
        {"categories", ColumnKind::kCategories},
        {"product_type", ColumnKind::kProductType},
        {"options", ColumnKind::kOptionValue},
        {"option_values", ColumnKind::kOptionValue},
        {"sku", ColumnKind::kSku},
        {"barcode", ColumnKind::kBarcode},
        {"price", ColumnKind::kPrice},
        {"cost", ColumnKind::kCost},
    };
    for (const auto& [beginning, kind] : kFields) {
      if (begins(beginning)) found.column = plan_.Find(kind);
    }
    if (begins("option_values")) found.column = plan_.Find(ColumnKind::kOptionValue);
  }
  if (found.column >= 0) found.header = plan_.columns[found.column].header;
  return found;
}

}  // namespace storeops::catalog
