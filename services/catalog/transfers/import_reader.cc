#include "services/catalog/transfers/import_reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/catalog/transfers/imported_text.h"
#include "services/catalog/transfers/seo_texts.h"

namespace storeops::catalog {
namespace {

// Each batch has twice as many rows as the one before: the first is soon at work, the later ones cost less.
constexpr int64_t kFirstBatchRows = 500;
constexpr int64_t kBatchRows = 2000;
constexpr int64_t kBatchBytes = 4 << 20;
constexpr size_t kReadAhead = 2;

v1::ImportError ErrorOf(const ImportedProduct& product, absl::string_view sku, std::string message) {
  v1::ImportError error;
  error.set_line(product.line);
  error.set_sku(std::string(sku));
  error.set_message(std::move(message));
  return error;
}

std::string FirstSku(const ImportedProduct& product) {
  return product.product.variants_size() == 0 ? "" : product.product.variants(0).sku();
}

}  // namespace

absl::StatusOr<bool> RepetitionFinder::IsNew(char kind, absl::string_view text) {
  return seen_->Insert(absl::HashOf(kind, text));
}

absl::Status RepetitionFinder::Check(ImportedProduct* product) {
  if (!product->group.empty()) {
    ASSIGN_OR_RETURN(const bool is_new, IsNew('g', product->group));
    if (!is_new) {
      product->errors.push_back(
          ErrorOf(*product, FirstSku(*product),
                  "rows of this product stand further up, and others between: put them together"));
    }
  }
  RETURN_IF_ERROR(CheckSlugs(product));
  return CheckSkus(product);
}

absl::Status RepetitionFinder::CheckSlugs(ImportedProduct* product) {
  absl::flat_hash_set<std::string> own;
  for (const std::string& slug : SlugsOf(product->product)) {
    if (!own.insert(slug).second) continue;  // for the product's rules to refuse
    ASSIGN_OR_RETURN(const bool is_new, IsNew('u', slug));
    if (is_new) continue;
    std::string message = absl::StrCat("another product further up has the slug \"", slug, "\"");
    if (!product->lenient) {
      product->errors.push_back(ErrorOf(*product, FirstSku(*product), std::move(message)));
      continue;
    }
    product->warnings.push_back(ErrorOf(*product, FirstSku(*product), absl::StrCat(message, "; left out")));
    product->product.mutable_seo()->clear_slug();
    product->handle.clear();
  }
  return absl::OkStatus();
}

absl::Status RepetitionFinder::CheckSkus(ImportedProduct* product) {
  absl::flat_hash_set<absl::string_view> own;
  for (int v = 0; v < product->product.variants_size(); ++v) {
    const std::string& sku = product->product.variants(v).sku();
    if (sku.empty()) continue;
    const bool own_new = own.insert(sku).second;
    // Twice in one product is for the product's rules to refuse.
    if (!own_new && product->skus.empty()) continue;
    bool is_new = false;
    if (own_new) {
      ASSIGN_OR_RETURN(is_new, IsNew('s', sku));
    }
    if (is_new) continue;
    if (!product->skus.empty()) {
      product->skus[v].repeated = true;
    } else {
      product->errors.push_back(
          ErrorOf(*product, sku, absl::StrCat("another product further up has the SKU \"", sku, "\"")));
    }
  }
  return absl::OkStatus();
}

ImportReader::ImportReader(std::unique_ptr<ProductReader> reader, std::unique_ptr<HashFile> seen, int64_t skip)
    : reader_(std::move(reader)),
      skip_(skip),
      next_rows_(kFirstBatchRows),
      repetitions_(std::move(seen)),
      thread_({.name = "import-reader", .body = [this] { Run(); }, .on_stop = [this] { WakeReader(); }}) {
  thread_.Start();
}

// Releasing the mutex lets the thread look at its condition again.
void ImportReader::WakeReader() { absl::MutexLock lock(&mutex_); }

ImportBatch ImportReader::Next() {
  absl::MutexLock lock(&mutex_);
  const auto any = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !ready_.empty(); };
  mutex_.Await(absl::Condition(&any));
  ImportBatch batch = std::move(ready_.front());
  ready_.pop_front();
  return batch;
}

ImportBatch ImportReader::Read() {
  ImportBatch batch;
  int64_t rows = 0;
  const int64_t begin = reader_->bytes();
  const int64_t wanted = std::exchange(next_rows_, std::min(next_rows_ * 2, kBatchRows));
  while (rows < wanted && reader_->bytes() - begin < kBatchBytes) {
    ImportedProduct product;
    const absl::StatusOr<bool> more = reader_->Next(&product);
    const bool any = more.ok() && *more;
    if (any) NormalizeImported(*reader_, &product);
    batch.end = any ? repetitions_.Check(&product) : more.status();
    batch.last = !any || !batch.end.ok();
    if (batch.last) break;
    rows += product.rows;
    if (skip_ > 0) {
      --skip_;
    } else {
      batch.products.push_back(std::move(product));
    }
  }
  batch.bytes = reader_->bytes();
  return batch;
}

void ImportReader::Run() {
  for (bool last = false; !last;) {
    ImportBatch batch = Read();
    last = batch.last;
    absl::MutexLock lock(&mutex_);
    const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return thread_.Stopping() || ready_.size() < kReadAhead;
    };
    mutex_.Await(absl::Condition(&room));
    if (thread_.Stopping()) break;
    ready_.push_back(std::move(batch));
  }
}

}  // namespace storeops::catalog
