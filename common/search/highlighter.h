// Shows where a text answers a query.
#ifndef STOREOPS_COMMON_SEARCH_HIGHLIGHTER_H_
#define STOREOPS_COMMON_SEARCH_HIGHLIGHTER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace storeops::search {

// Marks the words of a query in texts, in all their forms (fold.h) and English inflections, and for the last word also
// those that begin with it. Of ideographs written together two that follow one another must match, a single one matches
// by itself.
class Highlighter {
 public:
  explicit Highlighter(absl::string_view query);

  // A part of `text` (valid UTF-8) of at most `max_code_points` around the first word found, HTML-escaped, with the
  // found words in <em>...</em> and "…" where it was cut. Nothing if no word is found in the first 6,000 bytes.
  std::optional<std::string> Highlight(absl::string_view text, size_t max_code_points) const;

 private:
  bool Matches(absl::string_view lower) const;

  absl::flat_hash_set<std::string> stems_;
  std::string prefix_;
  bool first_bytes_[256] = {};  // of the stems: most words of a text are told by it that they do not match
  absl::flat_hash_set<uint64_t> pairs_;
  absl::flat_hash_set<uint32_t> singles_;
};

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_HIGHLIGHTER_H_
