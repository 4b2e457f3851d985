#include "common/resource/list_cost.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_request.h"

namespace storeops::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Measured with MariaDB 10.11, rounded up; of one core.
constexpr absl::Duration kReadRow = absl::Nanoseconds(300);
constexpr absl::Duration kSortRow = absl::Nanoseconds(400);
constexpr absl::Duration kCompare = absl::Nanoseconds(50);
constexpr absl::Duration kFindInText = absl::Nanoseconds(400);
constexpr absl::Duration kFindInLongText = absl::Nanoseconds(4000);  // such as a description
constexpr absl::Duration kFindInList = absl::Nanoseconds(300);
constexpr absl::Duration kFindInItems = absl::Nanoseconds(2000);  // of a table of their own
constexpr uint32_t kLongText = 1024;
// Rows of a parent in a table that may grow without bound.
constexpr int64_t kRowsOfParent = 100'000;

// An index leads to the rows that satisfy it.
bool IsAnsweredByIndex(const FilterNode& node, const FilterField* field) {
  return node.kind == FilterNode::Kind::kRestriction && field != nullptr && field->indexed &&
         !node.value.wildcard_before && node.comparator != Comparator::kNotEqual && field->kind != ColumnKind::kJson &&
         field->form != FilterForm::kBits && !IsPresenceTest(node);
}

bool DemandsOneValue(const FilterNode& node, const FilterField* field) {
  const bool equal = node.comparator == Comparator::kEqual || node.comparator == Comparator::kHas;
  return IsAnsweredByIndex(node, field) && equal && !node.value.wildcard_after;
}

absl::Duration CostOfTerm(const FilterNode& node, const FilterField* field) {
  if (field == nullptr) return kCompare;
  if (!field->within.empty()) return kFindInItems;
  if (field->kind == ColumnKind::kJson) return kFindInList;
  if (field->kind != ColumnKind::kText || !node.value.wildcard_before) return kCompare;
  return field->field != nullptr && RulesOf(*field->field).max_length() > kLongText ? kFindInLongText : kFindInText;
}

class ListEstimate {
 public:
  ListEstimate(const FilterFields& fields, const ListText& text) : fields_(fields), text_(text) {
    rows_ = fields_.size()->rows();
    const int64_t stated = MaxRowsOf(fields_.type());
    if (text_.of_parent) rows_ = std::min(rows_, stated > 0 ? stated : kRowsOfParent);
    if (!text_.within.empty()) rows_ = std::min(rows_, fields_.size()->RowsOfValue(text_.within));
  }

  absl::Duration Of(const std::optional<FilterNode>& filter) {
    if (filter.has_value()) {
      if (filter->kind == FilterNode::Kind::kAnd) {
        for (const FilterNode& child : filter->children) Narrow(child);
      } else {
        Narrow(*filter);
      }
      if (!IsAnsweredByIndex(*filter, FieldOf(*filter))) {
        each_ += kReadRow;
        Add(*filter);
      }
    }
    if (NeedsSort()) each_ += kSortRow;
    return each_ * static_cast<double>(rows_);
  }

  int64_t rows() const { return rows_; }
  int terms() const { return terms_; }

 private:
  const FilterField* FieldOf(const FilterNode& node) const {
    return node.kind == FilterNode::Kind::kRestriction ? fields_.Find(node.field) : nullptr;
  }

  void Narrow(const FilterNode& node) {
    const FilterField* field = FieldOf(node);
    if (!DemandsOneValue(node, field)) return;
    // What is known of other tables is only that they have an index.
    const int64_t of_value = field->table != fields_.table() ? kRowsOfParent
                             : field->ColumnName() == "id"   ? 1
                                                             : fields_.size()->RowsOfValue(field->ColumnName());
    rows_ = std::min(rows_, of_value);
  }

  void Add(const FilterNode& node) {
    for (const FilterNode& child : node.children) Add(child);
    if (node.kind != FilterNode::Kind::kRestriction) return;
    ++terms_;
    const FilterField* field = FieldOf(node);
    each_ += DemandsOneValue(node, field) ? kCompare : CostOfTerm(node, field);
  }

  // Fields that are not annotated as sortable are refused, or the list has an index for them.
  bool NeedsSort() const {
    const std::vector<absl::string_view> terms = absl::StrSplit(text_.order_by, ',', absl::SkipWhitespace());
    if (terms.empty()) return false;
    for (const absl::string_view term : terms) {
      const std::vector<std::string> words = absl::StrSplit(term, ' ', absl::SkipWhitespace());
      const FieldDescriptor* field = fields_.type().FindFieldByName(words[0]);
      if (field == nullptr || !RulesOf(*field).sortable()) return false;
      if (terms.size() == 1 && fields_.InOrderOf(text_.of_parent, field->name())) return false;
    }
    return true;
  }

  const FilterFields& fields_;
  const ListText& text_;
  int64_t rows_ = 0;
  int terms_ = 0;
  absl::Duration each_ = absl::ZeroDuration();
};

absl::Status TooExpensive(const FilterFields& fields, const ListText& text, const ListEstimate& estimate,
                          absl::Duration cost) {
  const std::string indexed = fields.IndexedNames();
  const absl::Status status = InvalidField(
      text.field,
      absl::StrCat("costs an estimated ", absl::FormatDuration(absl::Ceil(cost, absl::Milliseconds(100))),
                   " of the database, at most ", absl::FormatDuration(kMaxListCost), " are allowed: ", estimate.terms(),
                   " conditions on ", estimate.rows(), " rows; use fewer conditions",
                   indexed.empty() ? "" : absl::StrCat(", or demand a value of ", indexed, " joined by AND")));
  return WithReason(status, "LIST_TOO_EXPENSIVE",
                    {{"cost_ms", absl::StrCat(absl::ToInt64Milliseconds(cost))},
                     {"limit_ms", absl::StrCat(absl::ToInt64Milliseconds(kMaxListCost))}});
}

}  // namespace

absl::StatusOr<absl::Duration> CostOfList(const FilterFields& fields, const ListText& text, absl::Time deadline) {
  std::optional<FilterNode> filter;
  if (!absl::StripAsciiWhitespace(text.filter).empty()) {
    absl::StatusOr<FilterNode> parsed = ParseFilter(text.filter, text.field);
    // The method refuses it, with whatever else is wrong with the request.
    if (!parsed.ok()) return absl::ZeroDuration();
    filter = *std::move(parsed);
  } else if (absl::StripAsciiWhitespace(text.order_by).empty()) {
    return absl::ZeroDuration();
  }
  fields.size()->Refresh(deadline);
  ListEstimate estimate(fields, text);
  const absl::Duration cost = estimate.Of(filter);
  if (cost > kMaxListCost) return TooExpensive(fields, text, estimate, cost);
  return cost;
}

rpc::CostHandler ListCost(const FilterFields& fields, absl::string_view within) {
  return [&fields, within = std::string(within)](const rpc::Call& call, const Message& request) {
    const std::string filter = GetText(request, "filter"), order_by = GetText(request, "order_by");
    const std::string parent = GetText(request, "parent");
    const bool of_parent = !parent.empty() && !absl::EndsWith(parent, "/-");
    return CostOfList(fields, {.filter = filter, .order_by = order_by, .of_parent = of_parent, .within = within},
                      call.deadline);
  };
}

rpc::CostHandler ExportCost(const FilterFields& fields) {
  return [list = ListCost(fields)](const rpc::Call& call, const Message& request) -> absl::StatusOr<absl::Duration> {
    RETURN_IF_ERROR(list(call, request).status());
    return absl::InfiniteDuration();
  };
}

}  // namespace storeops::resource
