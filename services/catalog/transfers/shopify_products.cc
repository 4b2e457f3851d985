#include "services/catalog/transfers/shopify_products.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/validation.h"
#include "common/base/visible_text.h"
#include "re2/re2.h"
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
constexpr int kMaxKept = 500;  // variants of a product
constexpr size_t kMaxProductTitle = 300;
constexpr size_t kMaxOptionName = 60;
constexpr size_t kMaxOptionValue = 120;
constexpr size_t kMaxOptionValues = 200;  // of one option
constexpr size_t kMaxNumber = 4;          // " 500", which tells values apart

bool ClearVariantField(absl::string_view field, int index, ImportedProduct* imported) {
  if (index >= imported->product.variants_size()) return false;
  v1::Variant* variant = imported->product.mutable_variants(index);
  LeftOutCells& left_out = imported->LeftOut(index);
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

// Of an amount that is not written as 1234.50 but can only mean that: "1.234,50", "12,5", "1,234.50", "12.5000", with
// the currency's code or sign before or behind it. Empty for others.
std::string PlainAmount(absl::string_view cell, absl::string_view currency) {
  const size_t point = std::min(cell.find('.'), cell.size());
  const auto is_digit = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  const bool plain = std::all_of(cell.begin(), cell.begin() + point, is_digit) &&
                     std::all_of(cell.begin() + std::min(point + 1, cell.size()), cell.end(), is_digit);
  if (plain && cell.size() - point <= 4) return "";  // with a point and up to three places
  static constexpr std::pair<absl::string_view, absl::string_view> kSigns[] = {
      {"EUR", "€"}, {"GBP", "£"}, {"USD", "$"}, {"CNY", "¥"}, {"CNY", "￥"}, {"JPY", "¥"}, {"JPY", "￥"}, {"INR", "₹"}};
  absl::string_view text = cell;
  const auto strip = [&text](absl::string_view sign) {
    if (!absl::ConsumePrefix(&text, sign)) absl::ConsumeSuffix(&text, sign);
    text = absl::StripAsciiWhitespace(text);
  };
  if (!currency.empty()) strip(currency);
  for (const auto& [code, sign] : kSigns) {
    if (code == currency) strip(sign);
  }
  static const RE2* const kComma = new RE2("([0-9]+|[0-9]{1,3}(?:[. '][0-9]{3})+),([0-9]{1,2})");
  static const RE2* const kPoint = new RE2("([0-9]{1,3}(?:[, '][0-9]{3})+)\\.([0-9]{1,2})");
  static const RE2* const kZeros = new RE2("([0-9]+)\\.([0-9]{2})0{2,}");
  static const RE2* const kPlain = new RE2("([0-9]+)(?:\\.([0-9]+))?");
  std::string units, places;
  const re2::StringPiece piece(text.data(), text.size());
  const bool known = RE2::FullMatch(piece, *kComma, &units, &places) ||
                     RE2::FullMatch(piece, *kPoint, &units, &places) ||
                     RE2::FullMatch(piece, *kZeros, &units, &places) ||
                     (text != cell && RE2::FullMatch(piece, *kPlain, &units, &places));
  if (!known) return "";
  std::erase_if(units, [&](char c) { return !is_digit(c); });
  return places.empty() ? units : absl::StrCat(units, ".", places);
}

}  // namespace

ShopifyProducts::ShopifyProducts(std::unique_ptr<CsvReader> reader, ColumnPlan plan, const ReaderOptions& options,
                                 std::shared_ptr<ScatteredRows> scattered)
    : CsvProducts(std::move(reader), std::move(plan), options), scattered_(std::move(scattered)) {
  for (int option = 0; option < kOptions; ++option) {
    name_columns_[option] = plan_.Find(ColumnKind::kOptionName, "", option);
    value_columns_[option] = plan_.Find(ColumnKind::kOptionValue, "", option);
  }
}

int ShopifyProducts::ColumnOf(ColumnKind kind, int option) const {
  if (kind == ColumnKind::kOptionName) return name_columns_[option];
  if (kind == ColumnKind::kOptionValue) return value_columns_[option];
  return plan_.Find(kind);
}

absl::Status ShopifyProducts::Survey(bool first_reading, ScatteredRows* rows) {
  for (bool begun = false;; begun = true) {
    const absl::StatusOr<bool> more = ReadRow();
    if (absl::IsInvalidArgument(more.status())) return absl::OkStatus();
    RETURN_IF_ERROR(more.status());
    if (!*more) break;
    const std::string group = Group();
    if (!first_reading) {
      rows->NoteRow(group, CellOf(ColumnKind::kTitle), [this] { return row_; });
    } else if (!begun || group != group_) {
      RETURN_IF_ERROR(rows->NoteRun(group));
    }
    group_ = group;
  }
  rows->EndRun();
  return absl::OkStatus();
}

void ShopifyProducts::PrepareRow() {
  for (std::string& cell : row_.cells) absl::StripAsciiWhitespace(&cell);
  const size_t columns = plan_.columns.size();
  // Spreadsheets leave out empty cells at the end of a row, or add some.
  while (row_.cells.size() > columns && row_.cells.back().empty()) row_.cells.pop_back();
  if (row_.cells.size() < columns) row_.cells.resize(columns);
  row_.places.resize(row_.cells.size(), row_.places.empty() ? TextPlace{line(), 0} : row_.places.back());
  for (const ColumnKind kind : {ColumnKind::kPrice, ColumnKind::kCost}) {
    const int column = ColumnOf(kind);
    if (column < 0) continue;
    std::string& cell = row_.cells[column];
    std::string plain = PlainAmount(cell, options_.currency);
    if (plain.empty()) continue;
    row_.changes.push_back({column, absl::StrCat(Visible(cell), " is read as ", plain)});
    cell = std::move(plain);
  }
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
  LeftOutCells& left_out = product->LeftOut(product->product.variants_size() - 1);
  left_out.price |= kind == ColumnKind::kPrice;
  left_out.cost |= kind == ColumnKind::kCost;
}

void ShopifyProducts::Begin(ImportedProduct* product) {
  CsvProducts::Begin(product);
  group_ = product->group;
  product_cells_.assign(plan_.columns.size(), "");
  product_places_.assign(plan_.columns.size(), TextPlace());
  another_ = BeginsProduct();
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
  if (ReadVariantRow(first, product, &row)) ReadVariant(row, product);
}

void ShopifyProducts::ReadProductCells(ImportedProduct* product) {
  for (size_t column = 0; column < plan_.columns.size(); ++column) {
    const ColumnKind kind = plan_.columns[column].kind;
    if (!IsOfProduct(kind) || row_.cells[column].empty()) continue;
    std::string& known = product_cells_[column];
    if (!known.empty()) {
      if (known == row_.cells[column]) continue;
      AddWarning(
          static_cast<int>(column),
          absl::StrCat("differs from what the product states on line ", product_places_[column].line, "; left out"),
          product);
      continue;
    }
    known = row_.cells[column];
    product_places_[column] = row_.places[column];
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

bool ShopifyProducts::ReadVariantRow(bool first, ImportedProduct* product, Row* row) {
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
  row->bare = !any && CellOf(ColumnKind::kPrice).empty() && CellOf(ColumnKind::kBarcode).empty() &&
              CellOf(ColumnKind::kCost).empty();
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

void ShopifyProducts::ReadVariant(const Row& row, ImportedProduct* product) {
  if (product->product.variants_size() >= kMaxKept) {
    return AddWarning(-1, absl::StrCat("a product has at most ", kMaxKept, " variants; left out"), product);
  }
  v1::Variant* variant = product->product.add_variants();
  product->cells.push_back(row_.places);
  variants_.push_back(row);
  ReadBarcode(product, variant);
  ReadAmount(ColumnKind::kPrice, product, &v1::Variant::mutable_price, variant);
  ReadAmount(ColumnKind::kCost, product, &v1::Variant::mutable_cost, variant);
  // Of the first row that states it.
  if (product->product.kind() == v1::Product::KIND_UNSPECIFIED && !CellOf(ColumnKind::kRequiresShipping).empty()) {
    ReadKind(product);
  }
}

void ShopifyProducts::WarnOfProduct(ColumnKind kind, std::string message, ImportedProduct* product) const {
  const int column = ColumnOf(kind);
  WarnAt(0, kind, 0, std::move(message), product);
  if (column < 0 || product_places_[column].line == 0) return;
  product->warnings.back().set_line(product_places_[column].line);
  product->warnings.back().set_column(product_places_[column].column);
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
  // In another language the option has another name.
  const bool one = variants_.size() == 1;
  const bool none = (name.empty() || name == kNoOption || one) &&
                    std::all_of(variants_.begin(), variants_.end(), [&](const Row& row) {
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
  const bool cut = CountCodePoints(name).value_or(0) > kMaxOptionName;
  if (cut) name = std::string(TruncateCodePoints(name, kMaxOptionName - kMaxNumber));
  if (name.empty()) name = absl::StrCat("Option ", option + 1);
  const auto& options = product->product.options();
  while (std::any_of(options.begin(), options.end(), [&](const v1::Option& other) { return other.name() == name; })) {
    absl::StrAppend(&name, " ", option + 1);
  }
  if (name != stated) {
    WarnAt(0, ColumnKind::kOptionName, option,
           absl::StrCat(stated.empty() ? "the option has no name"
                        : cut          ? absl::StrCat("is longer than ", kMaxOptionName, " characters")
                                       : "another option has this name",
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
      value = absl::StrCat(stated.empty() ? kOtherValue : TruncateCodePoints(stated, kMaxOptionValue - kMaxNumber), " ",
                           number);
    }
    if (value == stated) continue;
    WarnAt(i, ColumnKind::kOptionValue, option,
           absl::StrCat("another variant has the same option values: it is stored as ", Visible(value)), product);
  }
}

void ShopifyProducts::CutValues(ImportedProduct* product) {
  for (size_t i = 0; i < variants_.size(); ++i) {
    for (int option = 0; option < kOptions; ++option) {
      std::string& value = variants_[i].values[option];
      if (value.size() <= kMaxOptionValue || CountCodePoints(value).value_or(0) <= kMaxOptionValue) continue;
      value = std::string(TruncateCodePoints(value, kMaxOptionValue));
      absl::StripTrailingAsciiWhitespace(&value);
      WarnAt(i, ColumnKind::kOptionValue, option,
             absl::StrCat("is longer than ", kMaxOptionValue, " characters: it is stored as ", Visible(value)),
             product);
    }
  }
}

void ShopifyProducts::RemoveVariant(size_t index, ImportedProduct* product) {
  const auto at = static_cast<std::ptrdiff_t>(index);
  variants_.erase(variants_.begin() + at);
  product->product.mutable_variants()->DeleteSubrange(static_cast<int>(index), 1);
  product->cells.erase(product->cells.begin() + at);
  if (index < product->left_out.size()) product->left_out.erase(product->left_out.begin() + at);
}

void ShopifyProducts::LimitValues(ImportedProduct* product) {
  for (int option = 0; option < kOptions; ++option) {
    if (!HasValues(option)) continue;
    std::set<std::string> values;
    for (size_t i = 0; i < variants_.size();) {
      const std::string& value = variants_[i].values[option];
      values.insert(value.empty() ? kOtherValue : value);
      if (values.size() <= kMaxOptionValues) {
        ++i;
        continue;
      }
      values.erase(value.empty() ? kOtherValue : value);
      WarnAt(i, ColumnKind::kOptionValue, option,
             absl::StrCat("an option has at most ", kMaxOptionValues, " values: the variant is left out"), product);
      RemoveVariant(i, product);
    }
  }
}

void ShopifyProducts::DropBareFirst(ImportedProduct* product) {
  if (variants_.size() > 1 && variants_[0].bare) RemoveVariant(0, product);
}

void ShopifyProducts::NameOptions(ImportedProduct* product) {
  for (int option = 0; option < kOptions; ++option) ClearNoOption(option);
  CutValues(product);
  TellApart(product);
  LimitValues(product);
  for (int option = 0; option < kOptions; ++option) {
    const std::string name = NameOf(option, product);
    if (!name.empty()) FillOption(option, name, product);
  }
}

void ShopifyProducts::ChooseSkus(ImportedProduct* product) const {
  const std::string& handle = another_ ? product->handle : group_;
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
    v1::ImportError& warning = product->warnings.emplace_back(PlaceViolation(
        *product, stated, origins, *this, {violation.field, absl::StrCat(violation.description, "; left out")}));
    const FieldColumn column = FindColumn(violation.field, stated);
    if (column.variant >= 0 || column.column < 0 || product_places_[column.column].line == 0) continue;
    warning.set_line(product_places_[column.column].line);
    warning.set_column(product_places_[column.column].column);
  }
  if (cleared.empty()) return;
  product->stated = std::move(stated_fields);
  RemoveTags(cleared, &product->product);
  if (product->product.seo().slug().empty()) product->handle.clear();
}

void ShopifyProducts::AddScatteredRows(ImportedProduct* product) {
  if (scattered_ == nullptr) return;
  // Their titles are the same, or there is none yet.
  for (FileRow& row : scattered_->Take(group_, another_ ? product->product.title() : "")) {
    AddOtherRow(std::move(row), product);
  }
  if (!another_) return;
  const std::string& title = product->product.title();
  product->group = absl::StrCat(group_, absl::string_view("\0", 1), title);
  product->handle = MakeAlternativeHandle(group_, title);
  if (!product->handle.empty()) product->product.mutable_seo()->set_slug(product->handle);
  WarnOfProduct(ColumnKind::kGroup,
                absl::StrCat("another product further up has the handle ", Visible(group_), ": ",
                             product->handle.empty() ? "none" : product->handle, " is used"),
                product);
}

void ShopifyProducts::CutTitle(ImportedProduct* product) {
  const std::string& title = product->product.title();
  if (title.size() <= kMaxProductTitle || CountCodePoints(title).value_or(0) <= kMaxProductTitle) return;
  std::string cut(TruncateCodePoints(title, kMaxProductTitle));
  absl::StripTrailingAsciiWhitespace(&cut);
  WarnOfProduct(ColumnKind::kTitle,
                absl::StrCat("is longer than ", kMaxProductTitle, " characters: the rest is left out"), product);
  product->product.set_title(std::move(cut));
}

void ShopifyProducts::AllowNoTitle(ImportedProduct* product) const {
  if (!product->product.title().empty()) return;
  auto without_title = std::make_shared<StatedFields>(*product->stated);
  without_title->title = false;
  product->stated = std::move(without_title);
  const std::string fallback = group_.empty() ? variants_[0].sku : ReadableTitle(group_);
  product->fallback_title = std::string(TruncateCodePoints(fallback, kMaxProductTitle));
}

void ShopifyProducts::Finish(ImportedProduct* product) {
  if (product->errors.empty()) AddScatteredRows(product);
  if (!product->errors.empty()) return;
  DropBareFirst(product);
  CutTitle(product);
  AllowNoTitle(product);
  NameOptions(product);
  ChooseSkus(product);
  LeaveOutWrongCells(product);
}

}  // namespace storeops::catalog
