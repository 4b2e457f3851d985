// What goes into an index, what is asked of it, and what it answers.
#ifndef STOREOPS_COMMON_SEARCH_QUERY_H_
#define STOREOPS_COMMON_SEARCH_QUERY_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace storeops::search {

// Text to be found by its words, in any language. `weight` 1 to 100: how much a word of it counts.
struct Text {
  std::string text;
  int weight = 1;
};

// A value to be counted: `facet` 0 to 255 says of what.
struct FacetValue {
  int facet;
  std::string value;
};

struct Document {
  uint32_t id = 0;  // not 0; unsorted results come in its order
  std::vector<Text> texts;
  // Exact values to filter by, made by ExactTerm.
  std::vector<std::string> terms;
  // Keys to sort by and to restrict to ranges, by slot (1 to 100); made by NumberKey or TextKey.
  std::vector<std::pair<int, std::string>> keys;
  std::vector<FacetValue> facets;
};

// `field` is a capital letter that says what the value is of. Values of any length; case counts.
std::string ExactTerm(char field, absl::string_view value);
std::string NumberKey(double number);
// Case does not count; texts are compared by their first 64 bytes.
std::string TextKey(absl::string_view text);

struct Query {
  // As a person typed it: words (all must be found), "phrases", -excluded. Empty: all documents.
  std::string words = {};
  // Of each group, the document must have at least one of the exact terms.
  std::vector<std::vector<std::string>> conditions = {};
  // Documents without a key in the slot are not within any range. Bounds are included.
  struct Range {
    int slot;
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
  };
  std::vector<Range> ranges = {};
  // Not set: best match first, or by id if there are no words.
  struct Sort {
    int slot;
    bool descending = false;
  };
  std::optional<Sort> sort = {};
  std::vector<int> facets = {};
  int offset = 0;  // offset + limit is at most 10,000
  int limit = 20;
};

struct Result {
  struct Hit {
    uint32_t id;
    int percent;  // 0 to 100, relative to the best possible match
  };
  struct Count {
    std::string value;
    int64_t count;
  };
  struct Facet {
    int facet;
    bool exact;                 // false: in proportion to the documents looked at
    std::vector<Count> values;  // most frequent first, at most 50
  };
  std::vector<Hit> hits;
  bool more = false;  // there are hits behind the last one
  int64_t estimated_total = 0;
  std::vector<Facet> facets;  // as asked for
  // Not empty: nothing has the words as they were typed, and all of this is for these.
  std::string corrected_words;
};

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_QUERY_H_
