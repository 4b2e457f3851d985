// Resource names (https://google.aip.dev/122): collections and numbers in turn, "orders/12/payments/3".
#ifndef STOREOPS_COMMON_RESOURCE_RESOURCE_NAME_H_
#define STOREOPS_COMMON_RESOURCE_RESOURCE_NAME_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Descriptor;
}

namespace storeops::resource {

// The numbers in a name, from 1 on. `parent` is 0 if the pattern has no parent, or for "-", any parent (AIP-159).
struct NameIds {
  constexpr NameIds(int64_t id = 0, int64_t parent = 0) : id(id), parent(parent) {}

  int64_t id;
  int64_t parent;

  bool operator==(const NameIds& other) const { return id == other.id && parent == other.parent; }
};

// What the names of one type look like: "orders/{order}" or, with a parent, "orders/{order}/payments/{payment}".
class NamePattern {
 public:
  // `text` must outlive the pattern. If it is of neither form, the pattern is not ok() and no name matches it.
  constexpr explicit NamePattern(absl::string_view text)
      : text_(text),
        parents_(Segments(text) == 4 ? Segment(text, 0) : ""),
        collection_(Segment(text, parents_.empty() ? 0 : 2)),
        ok_((Segments(text) == 2 || Segments(text) == 4) && IsOk(text)) {}
  // That of google.api.resource; not ok() if there is none, or more than one.
  static NamePattern Of(const google::protobuf::Descriptor& type);

  bool ok() const { return ok_; }
  constexpr absl::string_view text() const { return text_; }
  constexpr bool has_parent() const { return !parents_.empty(); }
  absl::string_view collection() const { return collection_; }                           // "payments"
  absl::string_view variable() const { return Variable(has_parent() ? 3 : 1); }          // "payment"
  absl::string_view parent_variable() const { return has_parent() ? Variable(1) : ""; }  // "order"
  // "orders/{order}"; not ok() without a parent.
  NamePattern parent() const;

  // Nothing if `name` is not a name of the pattern.
  std::optional<NameIds> Match(absl::string_view name) const;
  // 0 if `name` is not a name of the pattern.
  int64_t IdIn(absl::string_view name) const;
  // What to say of a name that does not match: "is required", or the pattern and the name.
  std::string Problem(absl::string_view name) const;
  // INVALID_ARGUMENT naming `field` and the problem.
  absl::StatusOr<NameIds> Parse(absl::string_view name, absl::string_view field) const;
  absl::StatusOr<int64_t> ParseId(absl::string_view name, absl::string_view field) const;
  // The same with "-" for any: 0.
  absl::StatusOr<int64_t> ParseIdOrAny(absl::string_view name, absl::string_view field) const;

  std::string Format(NameIds ids) const;

 private:
  static constexpr int Segments(absl::string_view text) {
    int count = 1;
    for (size_t i = 0; i < text.size(); ++i) count += text[i] == '/' ? 1 : 0;
    return count;
  }
  static constexpr absl::string_view Segment(absl::string_view text, int index) {
    size_t begin = 0;
    for (; index > 0 && begin < text.size(); ++begin) index -= text[begin] == '/' ? 1 : 0;
    size_t end = begin;
    while (end < text.size() && text[end] != '/') ++end;
    return text.substr(begin, end - begin);
  }
  static constexpr bool IsOk(absl::string_view text) {
    for (int i = 0; i < Segments(text); ++i) {
      const absl::string_view segment = Segment(text, i);
      const bool variable = segment.size() > 2 && segment[0] == '{' && segment[segment.size() - 1] == '}';
      if (segment.empty() || variable != (i % 2 == 1)) return false;
    }
    return true;
  }
  absl::string_view Variable(int index) const {
    const absl::string_view segment = Segment(text_, index);
    return segment.substr(1, segment.size() - 2);
  }

  absl::string_view text_;
  absl::string_view parents_;  // "orders"
  absl::string_view collection_;
  bool ok_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_RESOURCE_NAME_H_
