#include "services/catalog/transfers/shopify_products.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/base/validation.h"
#include "common/base/visible_text.h"
#include "services/catalog/transfers/error_places.h"
#include "services/catalog/transfers/shopify_names.h"

namespace storeops::catalog {
namespace {

// What Shopify states where there are no options.
constexpr absl::string_view kNoOption = "Title";
constexpr absl::string_view kNoOptionValue = "Default Title";
// Of a variant without one beside variants that have one.
constexpr char kOtherValue[] = "Default";
constexpr int kMaxTags = 100;

LeftOutCells& LeftOutOf(size_t variant, ImportedProduct* imported) {
  if (imported->left_out.size() <= variant) imported->left_out.resize(variant + 1);
  return imported->left_out[variant];
}

bool ClearVariantField(absl::string_view field, int index, ImportedProduct* imported) {
  if (index >= imported->product.variants_size()) return false;
  v1::Variant* variant = imported->product.mutable_variants(index);
  LeftOutCells& left_out = LeftOutOf(index, imported);
  if (absl::StrContains(field, "].barcode")) return variant->clear_barcode(), left_out.barcode = true;
  if (absl::StrContains(field, "].price")) return variant->clear_price(), left_out.price = true;
  if (absl::StrContains(field, "].cost")) return variant->clear_cost(), left_out.cost = true;
  return false;
}

// Makes the file state nothing of an optional field that is wrong, of those that a product can be without; false for
// the others. `stated` is that of `imported`.
bool ClearField(absl::string_view field, StatedFields* stated, ImportedProduct* imported) {
  if (const int index = VariantIndexOf(field); index >= 0) return ClearVariantField(field, index, imported);
  v1::Product& product = imported->product;
  const auto clear = [](bool* flag) { return *flag = false, true; };
  if (field == "description") return product.clear_description(), clear(&stated->description);
  if (field == "brand") return product.clear_brand(), clear(&stated->brand);
  if (field == "seo.slug") return product.mutable_seo()->clear_slug(), clear(&stated->seo.slug);
  if (field == "seo.meta_title") return product.mutable_seo()->clear_meta_title(), clear(&stated->seo.meta_title);
  if (field == "seo.meta_description") {
    return product.mutable_seo()->clear_meta_description(), clear(&stated->seo.meta_description);
  }
  return absl::StartsWith(field, "tags[");  // see RemoveTags
}

// Those that are named "tags[3]".
void RemoveTags(const std::set<std::string>& fields, v1::Product* product) {
  for (int i = product->tags_size() - 1; i >= 0; --i) {
    if (fields.contains(absl::StrCat("tags[", i, "]"))) product->mutable_tags()->DeleteSubrange(i, 1);
  }
}

void AddValue(const std::string& value, v1::Option* option) {
  const auto& values = option->values();
  if (std::find(values.begin(), values.end(), value) == values.end()) option->add_values(value);
}

}  // namespace

void ShopifyProducts::PrepareRow() {
  for (std::string& cell : row_) absl::StripAsciiWhitespace(&cell);
  const size_t columns = plan_.columns.size();
  // Spreadsheets leave out empty cells at the end of a row, or add some.
  while (row_.size() > columns && row_.back().empty()) row_.pop_back();
  if (row_.size() < columns) row_.resize(columns);
  places_.resize(row_.size(), places_.empty() ? TextPlace{line(), 0} : places_.back());
}

std::string ShopifyProducts::Group() const {
  const absl::string_view handle = CellOf(ColumnKind::kGroup);
  if (!handle.empty()) return std::string(handle);
  const absl::string_view title = CellOf(ColumnKind::kTitle);
  return title.empty() ? group_ : SlugOf(title);
}

void ShopifyProducts::Refuse(int column, std::string message, ImportedProduct* product) {
  AddWarning(column, absl::StrCat(message, "; left out"), product);
  const ColumnKind kind = plan_.columns[column].kind;
  if (product->product.variants_size() == 0) return;
  LeftOutCells& left_out = LeftOutOf(product->product.variants_size() - 1, product);
  left_out.price |= kind == ColumnKind::kPrice;
  left_out.cost |= kind == ColumnKind::kCost;
}

void ShopifyProducts::Begin(ImportedProduct* product) {
  CsvProducts::Begin(product);
  group_ = product->group;
  product_cells_.assign(plan_.columns.size(), "");
  product_lines_.assign(plan_.columns.size(), 0);
  for (std::string& name : option_names_) name.clear();
  variants_.clear();
  product->lenient = true;
  if (!IsValidUtf8(group_)) return;  // its row is refused
  product->handle = SlugOf(group_);
  if (product->handle.empty()) {
    auto without_slug = std::make_shared<StatedFields>(*plan_.stated);
    without_slug->seo.slug = false;
    product->stated = std::move(without_slug);
  } else {
    product->product.mutable_seo()->set_slug(product->handle);
  }
  const absl::string_view handle = CellOf(ColumnKind::kGroup);
  if (handle == product->handle) return;
  AddWarning(ColumnOf(ColumnKind::kGroup),
             handle.empty()            ? absl::StrCat("no handle: it was made from the title: ", product->handle)
             : product->handle.empty() ? absl::StrCat(Visible(handle), " has no letter or digit: no slug")
                                       : absl::StrCat(Visible(handle), " is stored as the slug ", product->handle),
             product);
}

void ShopifyProducts::AddRow(ImportedProduct* product, bool first) {
  if (!CheckRow(product)) return;
  if (!plan_.ignored.empty()) CountIgnored(product);
  ReadProductCells(product);
  Row row;
  if (ReadRow(first, product, &row)) ReadVariant(first, row, product);
}

void ShopifyProducts::ReadProductCells(ImportedProduct* product) {
  for (size_t column = 0; column < plan_.columns.size(); ++column) {
    const ColumnKind kind = plan_.columns[column].kind;
    if (!IsOfProduct(kind) || row_[column].empty()) continue;
    std::string& known = product_cells_[column];
    if (!known.empty()) {
      if (known == row_[column]) continue;
      AddWarning(static_cast<int>(column),
                 absl::StrCat("differs from what the product states on line ", product_lines_[column], "; left out"),
                 product);
      continue;
    }
    known = row_[column];
    product_lines_[column] = line();
    if (kind == ColumnKind::kTags) {
      ReadTags(known, &product->product);
    } else if (kind == ColumnKind::kCategories) {
      product->categories = {SplitCell(known, kPathSeparator)};
    } else {
      ReadProductCell(column, product);
    }
  }
}

void ShopifyProducts::ReadTags(absl::string_view cell, v1::Product* product) const {
  for (absl::string_view tag : absl::StrSplit(cell, ',', absl::SkipWhitespace())) {
    tag = absl::StripAsciiWhitespace(tag);
    const auto& tags = product->tags();
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) product->add_tags(std::string(tag));
  }
}

bool ShopifyProducts::ReadRow(bool first, ImportedProduct* product, Row* row) {
  row->line = line();
  row->sku = std::string(CellOf(ColumnKind::kSku));
  bool any = !row->sku.empty();
  for (int option = 0; option < kOptions; ++option) {
    const int name_column = ColumnOf(ColumnKind::kOptionName, option);
    const absl::string_view name = Cell(name_column);
    std::string& known = option_names_[option];
    if (known.empty()) known = std::string(name);
    if (!name.empty() && name != known) {
      AddWarning(name_column, absl::StrCat("differs from the product's option ", Visible(known), "; left out"),
                 product);
    }
    row->values[option] = std::string(Cell(ColumnOf(ColumnKind::kOptionValue, option)));
    any |= !row->values[option].empty();
  }
  if (first) return true;
  if (!any) {
    for (const ColumnKind kind : {ColumnKind::kPrice, ColumnKind::kBarcode, ColumnKind::kCost}) {
      if (CellOf(kind).empty()) continue;
      AddWarning(ColumnOf(kind), "belongs to no variant: the row states no option value and no SKU; left out", product);
    }
    return false;
  }
  const auto same = std::find_if(variants_.begin(), variants_.end(), [&](const Row& other) {
    return other.sku == row->sku && std::equal(std::begin(row->values), std::end(row->values), other.values);
  });
  if (same == variants_.end()) return true;
  AddWarning(-1, absl::StrCat("repeats the variant of line ", same->line, "; left out"), product);
  return false;
}

void ShopifyProducts::ReadVariant(bool first, const Row& row, ImportedProduct* product) {
  if (product->product.variants_size() >= kMaxVariants) return;
  v1::Variant* variant = product->product.add_variants();
  product->cells.push_back(places_);
  variants_.push_back(row);
  ReadBarcode(product, variant);
  ReadAmount(ColumnKind::kPrice, product, &v1::Variant::mutable_price, variant);
  ReadAmount(ColumnKind::kCost, product, &v1::Variant::mutable_cost, variant);
  if (first) ReadKind(product);
}

void ShopifyProducts::WarnAt(size_t variant, ColumnKind kind, int option, std::string message,
                             ImportedProduct* product) const {
  const int column = ColumnOf(kind, option);
  v1::ImportError& warning = product->warnings.emplace_back();
  warning.set_line(variants_[variant].line);
  if (column >= 0) {
    const TextPlace& place = product->cells[variant][column];
    warning.set_line(place.line);
    warning.set_column(place.column);
    warning.set_field(plan_.columns[column].header);
  }
  warning.set_sku(variants_[variant].sku);
  warning.set_message(std::move(message));
}

bool ShopifyProducts::HasValues(int option) const {
  return std::any_of(variants_.begin(), variants_.end(), [&](const Row& row) { return !row.values[option].empty(); });
}

// Shopify's word for no option is none.
void ShopifyProducts::ClearNoOption(int option) {
  const std::string& name = option_names_[option];
  const bool none =
      (name.empty() || name == kNoOption) && std::all_of(variants_.begin(), variants_.end(), [&](const Row& row) {
        return row.values[option].empty() || row.values[option] == kNoOptionValue;
      });
  for (Row& row : variants_) {
    if (none) row.values[option].clear();
  }
}

// Empty: the product has no such option.
std::string ShopifyProducts::NameOf(int option, ImportedProduct* product) const {
  if (!HasValues(option)) return "";
  std::string name = option_names_[option];
  const std::string stated = name;
  if (name.empty()) name = absl::StrCat("Option ", option + 1);
  const auto& options = product->product.options();
  while (std::any_of(options.begin(), options.end(), [&](const v1::Option& other) { return other.name() == name; })) {
    absl::StrAppend(&name, " ", option + 1);
  }
  if (name != stated) {
    WarnAt(0, ColumnKind::kOptionName, option,
           absl::StrCat(stated.empty() ? "the option has no name" : "another option has this name",
                        ": it is stored as ", Visible(name)),
           product);
  }
  return name;
}

void ShopifyProducts::FillOption(int option, const std::string& name, ImportedProduct* product) {
  v1::Option* added = product->product.add_options();
  added->set_name(name);
  for (size_t i = 0; i < variants_.size(); ++i) {
    std::string& value = variants_[i].values[option];
    if (value.empty()) {
      value = kOtherValue;
      WarnAt(
          i, ColumnKind::kOptionValue, option,
          absl::StrCat("the variant has no value for the option ", Visible(name), ": it is stored as ", Visible(value)),
          product);
    }
    AddValue(value, added);
    (*product->product.mutable_variants(static_cast<int>(i))->mutable_option_values())[name] = value;
  }
}

// Shops have variants with the same option values and SKUs of their own: the first option's values tell them apart.
void ShopifyProducts::TellApart(ImportedProduct* product) {
  std::set<std::vector<std::string>> combinations;
  int option = 0;
  while (option < kOptions && !HasValues(option)) ++option;
  if (option == kOptions) option = 0;
  for (size_t i = 0; i < variants_.size(); ++i) {
    std::string& value = variants_[i].values[option];
    const std::string stated = value;
    const auto combination = [&] {
      return std::vector<std::string>(std::begin(variants_[i].values), std::end(variants_[i].values));
    };
    for (int number = 2; !combinations.insert(combination()).second; ++number) {
      value = absl::StrCat(stated.empty() ? kOtherValue : stated, " ", number);
    }
    if (value == stated) continue;
    WarnAt(i, ColumnKind::kOptionValue, option,
           absl::StrCat("another variant has the same option values: it is stored as ", Visible(value)), product);
  }
}

void ShopifyProducts::NameOptions(ImportedProduct* product) {
  for (int option = 0; option < kOptions; ++option) ClearNoOption(option);
  TellApart(product);
  for (int option = 0; option < kOptions; ++option) {
    const std::string name = NameOf(option, product);
    if (!name.empty()) FillOption(option, name, product);
  }
}

void ShopifyProducts::ChooseSkus(ImportedProduct* product) const {
  const std::string& handle = group_;
  const int column = ColumnOf(ColumnKind::kSku);
  for (size_t i = 0; i < variants_.size(); ++i) {
    const Row& row = variants_[i];
    v1::Variant* variant = product->product.mutable_variants(static_cast<int>(i));
    if (!options_.complete_skus) {
      variant->set_sku(row.sku);
      continue;
    }
    std::vector<std::string> values;
    for (const std::string& value : row.values) {
      if (!value.empty()) values.push_back(value);
    }
    SkuChoice& choice = product->skus.emplace_back();
    choice.cell = row.sku;
    choice.place.line = row.line;
    if (column >= 0) {
      choice.place = product->cells[i][column];
      choice.column = plan_.columns[column].header;
    }
    choice.stated = IsSku(row.sku);
    variant->set_sku(choice.stated ? row.sku : MakeSku(handle, values));
    choice.alternative = MakeAlternativeSku(variant->sku(), handle, values);
  }
}

void ShopifyProducts::LeaveOutWrongCells(ImportedProduct* product) const {
  std::vector<int> origins(product->product.variants_size());
  for (size_t i = 0; i < origins.size(); ++i) origins[i] = static_cast<int>(i);
  while (product->product.tags_size() > kMaxTags) {
    const std::string tag = product->product.tags(kMaxTags);
    product->warnings.push_back(PlaceViolation(
        *product, product->product, origins, *this,
        {"tags", absl::StrCat("a product has at most ", kMaxTags, " tags: ", Visible(tag), " is left out")}));
    product->product.mutable_tags()->DeleteSubrange(kMaxTags, 1);
  }
  const v1::Product stated = product->product;
  auto stated_fields = std::make_shared<StatedFields>(*product->stated);
  std::set<std::string> cleared;  // once, whatever is wrong with it
  for (const FieldViolation& violation : FindViolations(stated)) {
    if (!ClearField(violation.field, stated_fields.get(), product) || !cleared.insert(violation.field).second) continue;
    product->warnings.push_back(PlaceViolation(*product, stated, origins, *this,
                                               {violation.field, absl::StrCat(violation.description, "; left out")}));
  }
  if (cleared.empty()) return;
  product->stated = std::move(stated_fields);
  RemoveTags(cleared, &product->product);
  if (product->product.seo().slug().empty()) product->handle.clear();
}

void ShopifyProducts::Finish(ImportedProduct* product) {
  if (!product->errors.empty()) return;
  NameOptions(product);
  ChooseSkus(product);
  LeaveOutWrongCells(product);
}

}  // namespace storeops::catalog
