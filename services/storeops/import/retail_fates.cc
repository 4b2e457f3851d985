#include "services/storeops/import/retail_fates.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/types/span.h"

namespace storeops {
namespace {

constexpr size_t kMaxOrderLines = 2000;
constexpr int kMaxCancellations = 100;

struct CodeFate {
  absl::string_view code;
  RetailFate fate;
};
constexpr CodeFate kCodes[] = {{"B", RetailFate::kBadDebt},
                               {"AMAZONFEE", RetailFate::kFee},
                               {"BANK CHARGES", RetailFate::kFee},
                               {"CRUK", RetailFate::kFee},
                               {"D", RetailFate::kDiscount}};

// Of lines whose fate is not yet decided otherwise.
RetailFate FateOf(const RetailLines& lines, const RetailInvoice& invoice, const RetailLine& line, bool priced) {
  if (absl::StartsWith(invoice.number, "A")) return RetailFate::kBadDebt;
  for (const CodeFate& entry : kCodes) {
    if (lines.text(line.sku) == entry.code) return entry.fate;
  }
  if (absl::StartsWith(invoice.number, "C")) return RetailFate::kLooseCancellation;
  if (line.price == 0 && (line.quantity < 0 || (invoice.customer.empty() && !priced))) return RetailFate::kCorrection;
  if (line.quantity < 0 || line.price < 0) return RetailFate::kTakenBack;
  return line.price == 0 ? RetailFate::kGift : RetailFate::kOrderLine;
}

void DecideInvoice(const RetailLines& lines, const RetailInvoice& invoice, std::vector<RetailFate>& fates) {
  const bool priced =
      std::any_of(invoice.lines.begin(), invoice.lines.end(), [&](int32_t i) { return lines.lines()[i].price > 0; });
  size_t in_order = 0;
  for (const int32_t i : invoice.lines) {
    fates[i] = FateOf(lines, invoice, lines.lines()[i], priced);
    in_order += InOrder(fates[i]);
  }
  if (in_order <= kMaxOrderLines) return;
  for (const int32_t i : invoice.lines) {
    if (InOrder(fates[i])) fates[i] = RetailFate::kOversized;
  }
}

// Finds orders' lines for cancellations.
class Matcher {
 public:
  Matcher(const RetailLines& lines, RetailFates& fates) : lines_(lines), fates_(fates) {}

  void Run() {
    std::vector<int32_t> cancellations;
    for (size_t i = 0; i < lines_.lines().size(); ++i) {
      const auto index = static_cast<int32_t>(i);
      if (Customer(index).empty()) continue;
      if (InOrder(fates_.of_line[i])) open_[KeyOf(index)].push_back({index, Line(index).quantity});
      if (fates_.of_line[i] == RetailFate::kLooseCancellation && Line(index).quantity < 0)
        cancellations.push_back(index);
    }
    const auto earlier = [this](int32_t a, int32_t b) {
      return std::make_pair(Time(a), a) < std::make_pair(Time(b), b);
    };
    for (auto& [key, open] : open_) {
      std::sort(open.begin(), open.end(), [&](const Open& a, const Open& b) { return earlier(a.line, b.line); });
    }
    std::sort(cancellations.begin(), cancellations.end(), earlier);
    for (const int32_t cancellation : cancellations) {
      const auto open = open_.find(KeyOf(cancellation));
      if (open != open_.end() && Settle(cancellation, open->second)) {
        fates_.of_line[cancellation] = RetailFate::kCancellation;
      }
    }
    std::stable_sort(fates_.matches.begin(), fates_.matches.end(),
                     [](const RetailMatch& a, const RetailMatch& b) { return a.order_line < b.order_line; });
  }

 private:
  using Key = std::tuple<absl::string_view, int32_t, int64_t>;
  struct Open {
    int32_t line;
    int64_t left;
    int cancellations = 0;
  };

  const RetailLine& Line(int32_t i) const { return lines_.lines()[i]; }
  const std::string& Customer(int32_t i) const { return lines_.invoices()[Line(i).invoice].customer; }
  absl::CivilSecond Time(int32_t i) const { return lines_.invoices()[Line(i).invoice].time; }
  Key KeyOf(int32_t i) const { return {Customer(i), Line(i).sku, Line(i).price}; }

  void Take(int32_t cancellation, int64_t quantity, Open& open) {
    open.left -= quantity;
    ++open.cancellations;
    fates_.matches.push_back({open.line, cancellation, quantity});
  }

  // False, and nothing is taken, if there are too few pieces. `open`: oldest first.
  bool Settle(int32_t cancellation, std::vector<Open>& open) {
    const int64_t wanted = -Line(cancellation).quantity;
    std::vector<Open*> youngest_first;
    int64_t left = 0;
    for (auto entry = open.rbegin(); entry != open.rend(); ++entry) {
      if (Time(entry->line) > Time(cancellation) || entry->left == 0 || entry->cancellations == kMaxCancellations)
        continue;
      if (entry->left >= wanted) {
        Take(cancellation, wanted, *entry);
        return true;
      }
      youngest_first.push_back(&*entry);
      left += entry->left;
    }
    if (left < wanted) return false;
    int64_t missing = wanted;
    for (Open* entry : youngest_first) {
      const int64_t taken = std::min(missing, entry->left);
      if (taken == 0) break;
      Take(cancellation, taken, *entry);
      missing -= taken;
    }
    return true;
  }

  const RetailLines& lines_;
  RetailFates& fates_;
  absl::flat_hash_map<Key, std::vector<Open>> open_;
};

}  // namespace

bool InOrder(RetailFate fate) { return fate == RetailFate::kOrderLine || fate == RetailFate::kGift; }

bool IsAdjustment(RetailFate fate) {
  return !InOrder(fate) && fate != RetailFate::kCancellation && fate != RetailFate::kOversized;
}

absl::string_view Describe(RetailFate fate) {
  switch (fate) {
    case RetailFate::kBadDebt:
      return "bad debt";
    case RetailFate::kFee:
      return "fee";
    case RetailFate::kDiscount:
      return "discount";
    case RetailFate::kCancellation:
      return "cancellation of an order's line";
    case RetailFate::kLooseCancellation:
      return "cancellation without an order";
    case RetailFate::kCorrection:
      return "stock correction";
    case RetailFate::kTakenBack:
      return "taken back without a cancellation";
    case RetailFate::kOversized:
      return "in an order of more than 2,000 lines";
    case RetailFate::kGift:
      return "line without a price";
    case RetailFate::kOrderLine:
      return "line of an order";
  }
  return "";
}

RetailFates DecideFates(const RetailLines& lines) {
  RetailFates fates;
  fates.of_line.resize(lines.lines().size(), RetailFate::kOrderLine);
  for (const RetailInvoice& invoice : lines.invoices()) DecideInvoice(lines, invoice, fates.of_line);
  Matcher(lines, fates).Run();
  return fates;
}

}  // namespace storeops
