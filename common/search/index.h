// A full-text index in a folder, for documents of any kind: many languages, Chinese without a dictionary, words with
// and without accents (fold.h), prefixes, phrases, spelling, filters, facets and sorting. Built from other data and can
// always be rebuilt: writes are not synced to the disk, and an index that is damaged or of another format is deleted.
//
// The index stores, together with its documents, how far it has followed the change feed that it is made from.
#ifndef STOREOPS_COMMON_SEARCH_INDEX_H_
#define STOREOPS_COMMON_SEARCH_INDEX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/search/query.h"

namespace storeops::search {

// Thread-safe: one writer at a time, any number of readers, who never wait for the writer.
class Index {
 public:
  // Opens the index in `folder` or makes an empty one there; one of another `format` (any text), or one that cannot be
  // read, is replaced by an empty one. UNAVAILABLE if another process has it open, INTERNAL if the folder is no good.
  static absl::StatusOr<std::unique_ptr<Index>> Open(const std::string& folder, const std::string& format);
  // Commits what is pending.
  ~Index();

  // How far the feed was followed, as committed; nothing for an index that is empty or being built.
  std::optional<int64_t> cursor() const;
  int64_t document_count() const;

  // Ids of documents with first <= id <= last, as committed, ascending.
  absl::StatusOr<std::vector<uint32_t>> Ids(uint32_t first, uint32_t last);

  // Adds or replaces documents by id and removes others (unknown ids do no harm). Seen by nobody before Commit.
  absl::Status Update(absl::Span<const Document> documents, absl::Span<const uint32_t> removed);
  // Makes all updates visible, with the cursor in the same step. Without a cursor the old one stays.
  absl::Status Commit(std::optional<int64_t> cursor);
  // Throws everything away: an empty index without a cursor.
  absl::Status Reset();

  // UNAVAILABLE while damaged() or if the index changes too fast to be read.
  absl::StatusOr<Result> Search(const Query& query);

  // The index was found damaged; only Reset helps.
  bool damaged() const;

 private:
  class Impl;
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_INDEX_H_
