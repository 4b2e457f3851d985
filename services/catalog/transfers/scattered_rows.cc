#include "services/catalog/transfers/scattered_rows.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace storeops::catalog {

absl::Status ScatteredRows::NoteRun(const std::string& handle) {
  if (handle.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool is_new, seen_->Insert(absl::HashOf(handle)));
  if (!is_new && products_.size() < kMaxHandles) products_.try_emplace(handle);
  return absl::OkStatus();
}

bool ScatteredRows::EndFirstReading() {
  seen_ = nullptr;
  return !products_.empty();
}

void ScatteredRows::AddRow(FileRow row) {
  run_.bytes += row.bytes();
  run_.rows.push_back(std::move(row));
}

void ScatteredRows::BeginRun(const std::string& handle) {
  EndRun();
  run_ = Run();
  run_.handle = handle;
  in_run_ = true;
  const auto product = products_.find(handle);
  run_.again = product != products_.end() && product->second.seen;
}

void ScatteredRows::EndRun() {
  if (!std::exchange(in_run_, false)) return;
  const auto found = products_.find(run_.handle);
  if (found == products_.end()) return;
  Product& product = found->second;
  if (!run_.again) {
    product.seen = true;
    product.title = run_.title;
    return;
  }
  const bool first_one = run_.title.empty() || product.title.empty() || run_.title == product.title;
  if (first_one && product.title.empty()) product.title = run_.title;
  if (!first_one && product.other_titles.insert(run_.title).second) {
    begins_.insert(run_.rows.front().line);
    return;
  }
  if (bytes_ + run_.bytes > kMaxBytes) return;
  bytes_ += run_.bytes;
  std::vector<FileRow>& rows = rows_[KeyOf(run_.handle, first_one ? "" : run_.title)];
  for (FileRow& row : run_.rows) {
    elsewhere_.insert(row.line);
    rows.push_back(std::move(row));
  }
}

std::string ScatteredRows::KeyOf(absl::string_view handle, absl::string_view title) {
  return absl::StrCat(handle, absl::string_view("\0", 1), title);
}

std::vector<FileRow> ScatteredRows::Take(const std::string& handle, absl::string_view title) {
  const auto found = rows_.find(KeyOf(handle, title));
  if (found == rows_.end()) return {};
  std::vector<FileRow> rows = std::move(found->second);
  rows_.erase(found);
  return rows;
}

}  // namespace storeops::catalog
