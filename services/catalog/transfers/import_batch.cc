#include "services/catalog/transfers/import_batch.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/visible_text.h"
#include "google/protobuf/empty.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/catalog/prices/price_rights.h"
#include "services/catalog/products/product_rules.h"
#include "services/catalog/transfers/error_places.h"
#include "services/catalog/transfers/product_merge.h"
#include "services/catalog/transfers/seo_texts.h"
#include "services/catalog/transfers/shopify_names.h"
#include "services/catalog/transfers/sku_choice.h"

namespace storeops::catalog {
namespace {

using resource::UpsertResult;
using v1::Product;

constexpr int kMaxAttempts = 3;
constexpr absl::Duration kBatchLimit = absl::Minutes(1);
// How long a batch that is written before its turn holds its locks, which a batch before it may want.
constexpr absl::Duration kPatience = absl::Seconds(1);

// Filing a product locks its categories and reads its type, which batches do in their turn.
bool IsFiled(const ImportedProduct& product) { return !product.categories.empty() || !product.product_type.empty(); }

const auto kNoTurn = [](absl::Time) -> absl::StatusOr<bool> { return true; };

// Leaves what PlaceViolation asks a product for.
std::unique_ptr<Product> TakeProduct(MergedProduct* merged) {
  auto product = std::make_unique<Product>();
  product->Swap(&merged->product);
  for (const v1::Translation& translation : product->translations()) {
    merged->product.add_translations()->set_language(translation.language());
  }
  for (const v1::Variant& variant : product->variants()) merged->product.add_variants()->set_sku(variant.sku());
  return product;
}

// Fewer products are there than when we looked.
absl::Status LookAgain() { return absl::AlreadyExistsError("a product was deleted meanwhile"); }

std::vector<FieldViolation> ViolationsOf(const absl::Status& refusal) {
  std::vector<FieldViolation> violations;
  google::rpc::BadRequest bad_request;
  if (GetDetail(refusal, &bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

}  // namespace

std::optional<size_t> BatchResult::FirstRefused() const {
  const auto refused = std::find_if(products.begin(), products.end(),
                                    [](const ImportedResult& result) { return result.kind == UpsertResult::kRefused; });
  return refused == products.end() ? std::nullopt : std::optional<size_t>(refused - products.begin());
}

// One run of a transaction.
struct BatchImporter::Attempt {
  absl::Span<const ImportedProduct> batch;
  const ProductReader& reader;
  const std::vector<CategoryPath>& wanted_categories;
  const bool check_only;
  const std::shared_ptr<const FilingNames> known_names;
  std::vector<int64_t> existing_ids = {};
  std::vector<int64_t> new_ids = {};

  // Made anew by each run.
  const FilingNames* names = nullptr;
  FilingNames own_names = {};  // with categories that this transaction creates
  size_t count = 0;            // products of the batch that are worked on
  std::vector<resource::Page::Item> existing = {};
  std::vector<const resource::Page::Item*> matches = {};      // of each product; null: it is new
  std::vector<std::optional<ImportedProduct>> adjusted = {};  // those that the file states otherwise
  std::vector<MergedProduct> merged = {};
  BatchResult result = {};

  void Begin() {
    names = known_names.get();
    if (!wanted_categories.empty()) {
      own_names = *known_names;
      names = &own_names;
    }
    count = batch.size();
    matches.assign(count, nullptr);
    adjusted.assign(count, std::nullopt);
    merged.clear();
    merged.resize(count);
    result = BatchResult();
    result.products.resize(count);
    for (size_t i = 0; i < count; ++i) {
      result.products[i].errors = batch[i].errors;
      result.products[i].warnings = batch[i].warnings;
    }
  }
  const ImportedProduct& At(size_t i) const { return adjusted[i].has_value() ? *adjusted[i] : batch[i]; }
  bool Wrong(size_t i) const { return !result.products[i].errors.empty(); }
  void Refuse(size_t i, const FieldViolation& violation) { result.products[i].errors.push_back(PlaceOf(i, violation)); }
  void Warn(size_t i, const FieldViolation& violation) { result.products[i].warnings.push_back(PlaceOf(i, violation)); }
  v1::ImportError PlaceOf(size_t i, const FieldViolation& violation) const {
    return PlaceViolation(At(i), merged[i].product, merged[i].origins, reader, violation);
  }
  void Limit(size_t limit) {
    count = std::min(count, limit);
    result.products.resize(count);
  }
};

rpc::Call BatchImporter::MakeCall() const {
  rpc::Call call;
  call.principal = {options_.principal, "", {kWritePrices}};  // MergeAll has looked at prices
  call.start = absl::Now();
  call.deadline = call.start + kBatchLimit;
  return call;
}

// Live products by what they are found by.
struct BatchImporter::Owners {
  absl::flat_hash_map<absl::string_view, const resource::Page::Item*> by_sku;
  absl::flat_hash_map<std::string, const resource::Page::Item*> by_slug;

  explicit Owners(const std::vector<resource::Page::Item>& items) {
    for (const auto& item : items) {
      const Product& product = ProductOf(&item);
      if (product.has_delete_time()) continue;
      for (const v1::Variant& variant : product.variants()) by_sku.emplace(variant.sku(), &item);
      for (const std::string& slug : SlugsOf(product)) by_slug.emplace(slug, &item);
    }
  }
  static const Product& ProductOf(const resource::Page::Item* item) {
    return static_cast<const Product&>(*item->message);
  }
  const resource::Page::Item* OfSku(absl::string_view sku) const {
    const auto found = by_sku.find(sku);
    return found == by_sku.end() ? nullptr : found->second;
  }
  const resource::Page::Item* OfSlug(const std::string& slug) const {
    const auto found = by_slug.find(slug);
    return found == by_slug.end() ? nullptr : found->second;
  }
};

// By its SKUs, or, of Shopify's, by its handle; SKUs and slugs that other products have are wrong.
absl::Status BatchImporter::Match(resource::Write& write, Attempt& attempt) {
  ASSIGN_OR_RETURN(attempt.existing, products_.Lock(write.session(), attempt.existing_ids));
  const Owners owners(attempt.existing);
  absl::flat_hash_set<const resource::Page::Item*> taken;
  for (size_t i = 0; i < attempt.count; ++i) {
    if (attempt.Wrong(i)) continue;
    MatchOne(i, owners, attempt);
    // What an earlier one of the batch makes of the product is not there yet.
    if (attempt.matches[i] != nullptr && !attempt.Wrong(i) && !taken.insert(attempt.matches[i]).second) {
      attempt.Limit(i);
    }
  }
  return absl::OkStatus();
}

void BatchImporter::MatchOne(size_t i, const Owners& owners, Attempt& attempt) const {
  // Until it is merged: violations are of what the file states.
  const int variants = attempt.batch[i].product.variants_size();
  attempt.merged[i].origins.resize(variants);
  for (int v = 0; v < variants; ++v) attempt.merged[i].origins[v] = v;
  if (attempt.batch[i].lenient) MatchByHandle(i, owners, attempt);
  MatchBySkus(i, owners, attempt);
  if (!attempt.Wrong(i)) CheckSlugs(i, owners, attempt);
}

void BatchImporter::MatchBySkus(size_t i, const Owners& owners, Attempt& attempt) const {
  const Product& product = attempt.At(i).product;
  const auto*& match = attempt.matches[i];
  // A product of Shopify's that was not found by its handle is a new one.
  const bool decided = attempt.batch[i].lenient;
  for (int v = 0; v < product.variants_size(); ++v) {
    const auto* owner = owners.OfSku(product.variants(v).sku());
    if (owner == nullptr) continue;
    if (match == nullptr && !decided) match = owner;
    if (match == owner) continue;
    const std::string other = match == nullptr
                                  ? absl::StrCat(", whose slug is ", Visible(Owners::ProductOf(owner).seo().slug()))
                                  : absl::StrCat(", another SKU of the product to ", products_.FormatName(match->id));
    return attempt.Refuse(i, {absl::StrCat("variants[", v, "].sku"),
                              absl::StrCat("belongs to ", products_.FormatName(owner->id), other)});
  }
}

void BatchImporter::MatchByHandle(size_t i, const Owners& owners, Attempt& attempt) const {
  ImportedProduct imported = attempt.batch[i];
  const auto*& match = attempt.matches[i];
  if (!imported.handle.empty()) match = owners.OfSlug(imported.handle);
  // One that has no slug yet is found by the SKUs that the file states.
  for (int v = 0; match == nullptr && v < imported.product.variants_size(); ++v) {
    const bool own = imported.skus.empty() || (imported.skus[v].stated && !imported.skus[v].repeated);
    const auto* owner = own ? owners.OfSku(imported.product.variants(v).sku()) : nullptr;
    if (owner != nullptr && Owners::ProductOf(owner).seo().slug().empty()) match = owner;
  }
  const Product* existing = match == nullptr ? nullptr : &Owners::ProductOf(match);
  if (!imported.skus.empty()) {
    ChooseSkus(
        existing,
        [&](absl::string_view sku) {
          const auto* owner = owners.OfSku(sku);
          return owner == nullptr ? nullptr : &Owners::ProductOf(owner);
        },
        &imported);
  }
  // An export made up this handle.
  if (existing != nullptr && existing->seo().slug().empty() && imported.handle == HandleWithoutSlug(*existing)) {
    imported.product.mutable_seo()->clear_slug();
  }
  attempt.result.products[i].warnings = imported.warnings;
  attempt.adjusted[i] = std::move(imported);
}

void BatchImporter::CheckSlugs(size_t i, const Owners& owners, Attempt& attempt) const {
  const Product& product = attempt.At(i).product;
  const auto check = [&](const v1::Seo& seo, absl::string_view field) {
    const auto* owner = owners.OfSlug(seo.slug());
    if (owner == nullptr || owner == attempt.matches[i]) return;
    attempt.Refuse(i, {absl::StrCat(field, "seo.slug"),
                       absl::StrCat(Visible(seo.slug()), " is the slug of ", products_.FormatName(owner->id))});
  };
  check(product.seo(), "");
  for (int t = 0; t < product.translations_size(); ++t) {
    check(product.translations(t).seo(), absl::StrCat("translations[", t, "]."));
  }
}

absl::Status BatchImporter::CreateCategories(resource::Write& write, Attempt& attempt) {
  for (const CategoryPath& path : attempt.wanted_categories) {
    if (!attempt.names->FindCategory(path).empty()) continue;
    const std::string parent = attempt.names->FindCategory({path.begin(), path.end() - 1});
    if (path.size() > 1 && parent.empty()) continue;
    const auto name = categories_.Create(write, path.back(), parent, options_.language);
    if (name.status().code() == absl::StatusCode::kInvalidArgument) continue;  // its products say that it is missing
    RETURN_IF_ERROR(name.status());
    attempt.own_names.AddCategory(*name, parent, path.back());
    ++attempt.result.categories_created;
  }
  return absl::OkStatus();
}

absl::Status BatchImporter::MergeAll(Attempt& attempt) {
  const bool missing_allowed = attempt.check_only && options_.create_categories;
  for (size_t i = 0; i < attempt.count; ++i) {
    if (!attempt.Wrong(i)) {
      const auto* match = attempt.matches[i];
      const auto* existing = match == nullptr ? nullptr : static_cast<const Product*>(match->message.get());
      const ImportedProduct& imported = attempt.At(i);
      attempt.merged[i] = MergeProduct(imported, existing, *attempt.names, options_.language, missing_allowed);
      if (options_.without_costs) {
        KeepCosts(existing == nullptr ? Product::default_instance() : *existing, attempt.merged[i].product);
      }
      FillProductDefaults(attempt.merged[i].product);
      for (const FieldViolation& completed : attempt.merged[i].completed) attempt.Warn(i, completed);
      std::vector<FieldViolation> missing;
      if (missing_allowed) missing = FindMissing(imported.categories, *attempt.names).violations;
      for (const FieldViolation& violation : attempt.merged[i].violations) attempt.Refuse(i, violation);
      if (options_.keeps_prices && existing != nullptr) {
        for (const auto& change : FindPriceChanges(*existing, attempt.merged[i].product)) attempt.Refuse(i, change);
      }
      for (const FieldViolation& violation : missing) {
        if (!imported.lenient) attempt.Refuse(i, violation);
      }
      for (const FieldViolation& left_out : imported.lenient&& missing_allowed ? missing : attempt.merged[i].left_out) {
        attempt.Warn(i, {left_out.field, absl::StrCat(left_out.description, "; left out")});
      }
    }
    if (attempt.Wrong(i) && options_.stop_at_error) attempt.Limit(i + 1);
  }
  return absl::OkStatus();
}

absl::Status BatchImporter::Run(resource::Write& write, Attempt& attempt) {
  attempt.Begin();
  RETURN_IF_ERROR(Match(write, attempt));
  RETURN_IF_ERROR(CreateCategories(write, attempt));
  RETURN_IF_ERROR(MergeAll(attempt));
  std::vector<resource::Upsert> upserts;
  std::vector<size_t> places;
  size_t created = 0;
  for (size_t i = 0; i < attempt.count; ++i) {
    if (attempt.Wrong(i)) continue;
    resource::Upsert& upsert = upserts.emplace_back();
    upsert.before = attempt.matches[i];
    // Of a product that is only checked: one that no other has.
    if (upsert.before == nullptr && attempt.check_only) upsert.id = std::numeric_limits<int64_t>::max() - i;
    if (upsert.before == nullptr && !attempt.check_only) {
      if (created == attempt.new_ids.size()) return LookAgain();
      upsert.id = attempt.new_ids[created++];
    }
    upsert.message = TakeProduct(&attempt.merged[i]);
    places.push_back(i);
  }
  ASSIGN_OR_RETURN(const std::vector<UpsertResult> results,
                   products_.WriteMany(write, std::move(upserts), attempt.check_only));
  for (size_t n = 0; n < results.size(); ++n) {
    attempt.result.products[places[n]].kind = results[n].kind;
    for (const FieldViolation& violation : ViolationsOf(results[n].refusal)) attempt.Refuse(places[n], violation);
  }
  return absl::OkStatus();
}

absl::StatusOr<int> BatchImporter::FindExisting(const Task& task, absl::Time deadline, Attempt& attempt) {
  std::vector<std::string> skus, slugs;
  for (const ImportedProduct& product : task.batch) {
    if (!product.errors.empty()) continue;
    for (const v1::Variant& variant : product.product.variants()) skus.push_back(variant.sku());
    for (const SkuChoice& choice : product.skus) skus.push_back(choice.alternative);
    for (std::string& slug : SlugsOf(product.product)) slugs.push_back(std::move(slug));
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> of_skus, products_.FindByKey("sku", skus, deadline));
  ASSIGN_OR_RETURN(const std::vector<int64_t> of_slugs, products_.FindByKey("slug", slugs, deadline));
  int unknown = 0;
  size_t sku = 0, slug = 0;
  for (const ImportedProduct& product : task.batch) {
    if (!product.errors.empty()) continue;
    bool by_sku = false, by_slug = false;
    for (size_t n = product.product.variants_size() + product.skus.size(); n > 0; --n, ++sku) {
      if (of_skus[sku] != 0) attempt.existing_ids.push_back(of_skus[sku]);
      by_sku |= of_skus[sku] != 0;
    }
    for (size_t n = SlugsOf(product.product).size(); n > 0; --n, ++slug) {
      if (of_slugs[slug] != 0) attempt.existing_ids.push_back(of_slugs[slug]);
      by_slug |= of_slugs[slug] != 0;
    }
    unknown += product.lenient ? !by_slug : !by_sku;
  }
  return unknown;
}

absl::StatusOr<std::optional<BatchResult>> BatchImporter::Try(const Task& task, AwaitTurn await_turn,
                                                              Conclude conclude) {
  const rpc::Call call = MakeCall();
  Attempt attempt{task.batch, task.reader, task.wanted_categories, task.check_only, Names()};
  ASSIGN_OR_RETURN(const int unknown, FindExisting(task, call.deadline, attempt));
  if (!task.our_turn && !attempt.existing_ids.empty()) return std::nullopt;
  bool checked = false;
  bool gave_way = false;
  size_t refused_end = task.batch.size();
  const auto run = [&](resource::Write& write) -> absl::Status {
    refused_end = task.batch.size();
    RETURN_IF_ERROR(Run(write, attempt));
    const auto refused = attempt.result.FirstRefused();
    refused_end = options_.stop_at_error && refused.has_value() ? *refused + 1 : attempt.count;
    if (refused_end < attempt.count) return absl::AbortedError("products behind one that is wrong were written");
    ASSIGN_OR_RETURN(const bool our_turn, await_turn(absl::Now() + kPatience));
    gave_way = !our_turn;
    if (gave_way) return absl::AbortedError("a batch before this one may wait for it");
    RETURN_IF_ERROR(conclude(write, attempt.result));
    checked = task.check_only;
    return task.check_only ? absl::AbortedError("nothing is to be written") : absl::OkStatus();
  };
  absl::Status status;
  if (task.check_only) {
    status = store_.database.Transact(call.deadline, [&](db::Session& session) {
      resource::Write write(store_, call, session);
      return run(write);
    });
  } else {
    if (unknown > 0) {
      ASSIGN_OR_RETURN(attempt.new_ids, products_.TakeIds(unknown, call.deadline));
    }
    google::protobuf::Empty response;
    status = resource::RunWrite(store_, call, &response, run);
  }
  if (refused_end < attempt.count) {
    Task fewer = task;
    fewer.batch = task.batch.first(refused_end);
    return Try(fewer, await_turn, conclude);
  }
  if (gave_way) return std::nullopt;
  if (!status.ok() && !checked) return status;
  if (!task.check_only && attempt.names == &attempt.own_names) SetNames(std::move(attempt.own_names));
  return std::move(attempt.result);
}

absl::StatusOr<std::optional<BatchResult>> BatchImporter::Repeatedly(const Task& task, AwaitTurn await_turn,
                                                                     Conclude conclude) {
  for (int i = 1;; ++i) {
    auto result = Try(task, await_turn, conclude);
    // Somebody else took one of the SKUs, or deleted a product, since we looked: look again.
    if (!absl::IsAlreadyExists(result.status())) return result;
    if (i == kMaxAttempts) return absl::AbortedError(result.status().message());
  }
}

std::shared_ptr<const FilingNames> BatchImporter::Names() const {
  absl::MutexLock lock(&mutex_);
  return names_;
}

void BatchImporter::SetNames(FilingNames names) {
  absl::MutexLock lock(&mutex_);
  names_ = std::make_shared<const FilingNames>(std::move(names));
}

std::vector<CategoryPath> BatchImporter::MissingPaths(absl::Span<const ImportedProduct> batch) const {
  std::vector<CategoryPath> paths;
  if (!options_.create_categories) return paths;
  const auto names = Names();
  for (const ImportedProduct& product : batch) {
    if (product.errors.empty() && product.stated->categories) {
      MissingCategories missing = FindMissing(product.categories, *names);
      std::move(missing.paths.begin(), missing.paths.end(), std::back_inserter(paths));
    }
  }
  std::sort(paths.begin(), paths.end(), [](const CategoryPath& a, const CategoryPath& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

absl::StatusOr<BatchResult> BatchImporter::Write(absl::Span<const ImportedProduct> batch, const ProductReader& reader,
                                                 AwaitTurn await_turn, Conclude conclude) {
  if (std::none_of(batch.begin(), batch.end(), IsFiled)) {
    ASSIGN_OR_RETURN(auto result,
                     Repeatedly({batch, reader, {}, /*check_only=*/false, /*our_turn=*/false}, await_turn, conclude));
    if (result.has_value()) return *std::move(result);
  }
  RETURN_IF_ERROR(await_turn(absl::InfiniteFuture()).status());
  return WriteInTurn(batch, reader, conclude);
}

absl::StatusOr<BatchResult> BatchImporter::WriteInTurn(absl::Span<const ImportedProduct> batch,
                                                       const ProductReader& reader, Conclude conclude) {
  std::vector<CategoryPath> wanted = MissingPaths(batch);
  std::vector<ImportedProduct> checked_batch;
  if (!wanted.empty()) {
    // No categories for products that are refused, which therefore is found out first.
    ASSIGN_OR_RETURN(BatchResult checked, Check(batch, reader));
    checked_batch.assign(batch.begin(), batch.begin() + static_cast<int64_t>(checked.products.size()));
    for (size_t i = 0; i < checked_batch.size(); ++i) checked_batch[i].errors = std::move(checked.products[i].errors);
    batch = checked_batch;
    wanted = MissingPaths(batch);
  }
  ASSIGN_OR_RETURN(auto result, Repeatedly({batch, reader, std::move(wanted), /*check_only=*/false, /*our_turn=*/true},
                                           kNoTurn, conclude));
  return *std::move(result);
}

absl::StatusOr<BatchResult> BatchImporter::Check(absl::Span<const ImportedProduct> batch, const ProductReader& reader) {
  const auto nothing = [](resource::Write&, const BatchResult&) { return absl::OkStatus(); };
  ASSIGN_OR_RETURN(auto result,
                   Repeatedly({batch, reader, {}, /*check_only=*/true, /*our_turn=*/true}, kNoTurn, nothing));
  return *std::move(result);
}

}  // namespace storeops::catalog
