#include "services/catalog/prices/repricing_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/money.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/resource/list_cost.h"
#include "services/catalog/prices/price_messages.h"
#include "services/catalog/prices/price_rights.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Product;

constexpr char kMethod[] = "storeops.catalog.v1.PriceService/RepriceProducts";
constexpr resource::PageSizes kPreviewSizes{20, 100};
// Products, or SKUs, of one transaction: at most 10,000 variants.
constexpr int kProductsAtOnce = 20;
constexpr absl::Duration kStepLimit = absl::Seconds(30);
// SKUs that are looked up at once.
constexpr int kRepricedAtOnce = 500;

}  // namespace

void RepricingService::Tally::Count(RepricingOutcome outcome) {
  ++(outcome == RepricingOutcome::kChanged ? changed : outcome == RepricingOutcome::kUnchanged ? unchanged : skipped);
}

std::string RepricingService::Tally::ToCheckpoint() const {
  return absl::StrCat(changed, " ", unchanged, " ", skipped, " ", done ? 1 : 0, " ", place);
}

absl::StatusOr<RepricingService::Tally> RepricingService::Tally::FromCheckpoint(const std::string& checkpoint) {
  Tally tally;
  if (checkpoint.empty()) return tally;
  const std::vector<std::string> parts = absl::StrSplit(checkpoint, absl::MaxSplits(' ', 4));
  int done = 0;
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[0], &tally.changed) ||
      !absl::SimpleAtoi(parts[1], &tally.unchanged) || !absl::SimpleAtoi(parts[2], &tally.skipped) ||
      !absl::SimpleAtoi(parts[3], &done)) {
    return STOREOPS_BUG("the checkpoint of a repricing is not one");
  }
  tally.done = done != 0;
  tally.place = parts[4];
  return tally;
}

void RepricingService::Bind(rpc::ServiceBuilder& service) {
  const auto cost = [this](const rpc::Call& call, const auto& request) {
    return resource::CostOfList(products_.products().filter_fields(),
                                {.filter = request.repricing().filter(), .field = "repricing.filter"}, call.deadline);
  };
  service.Cost<v1::PreviewRepricingRequest>("PreviewRepricing", cost)
      .Cost<v1::RepriceProductsRequest>("RepriceProducts", cost)
      .Unary("PreviewRepricing", this, &RepricingService::Preview)
      .Unary("RepriceProducts", this, &RepricingService::Reprice);
  environment_.operations.Register(kMethod, jobs::OperationLane::kEdit,
                                   [this](jobs::OperationContext& context) { return Work(context); });
}

absl::Status RepricingService::Check(const v1::Repricing& repricing, absl::Time deadline) {
  std::vector<FieldViolation> violations = CheckRepricing(repricing);
  if (!repricing.price_list().empty()) {
    ASSIGN_OR_RETURN(const auto items, lists_.ReadMany({PriceListId(repricing.price_list())}, deadline));
    if (items.empty()) {
      violations.push_back({"price_list", absl::StrCat("there is no ", repricing.price_list())});
    } else if (static_cast<const v1::PriceList&>(*items[0].message).currency() != repricing.currency()) {
      violations.push_back({"currency", absl::StrCat("must be that of ", repricing.price_list())});
    }
  }
  for (int begin = 0; begin < repricing.skus_size(); begin += kRepricedAtOnce) {
    const int end = std::min(begin + kRepricedAtOnce, repricing.skus_size());
    ASSIGN_OR_RETURN(const auto ids,
                     products_.products().FindByKey(
                         "sku", {repricing.skus().begin() + begin, repricing.skus().begin() + end}, deadline));
    for (int i = begin; i < end; ++i) {
      if (ids[i - begin] == 0)
        violations.push_back({absl::StrCat("skus[", i, "]"), "no product has a variant with it"});
    }
  }
  return violations.empty() ? absl::OkStatus() : PrefixFields(InvalidFields(violations), "repricing.");
}

absl::StatusOr<RepricingService::Selection> RepricingService::Select(const rpc::Call& call,
                                                                     const v1::Repricing& repricing,
                                                                     const std::string& place, int size) {
  Selection selection;
  if (repricing.skus().empty()) {
    v1::ListProductsRequest request;
    request.set_filter(repricing.filter());
    request.set_page_size(size);
    request.set_page_token(place);
    v1::ListProductsResponse page;
    RETURN_IF_ERROR(PrefixFields(products_.products().List(call, request, &page), "repricing."));
    for (const Product& product : page.products()) {
      ASSIGN_OR_RETURN(const int64_t id, products_.products().ParseName(product.name(), "name"));
      selection.ids.push_back(id);
    }
    selection.next = page.next_page_token();
    return selection;
  }
  int begin = 0;
  if (!place.empty() && !absl::SimpleAtoi(place, &begin)) return STOREOPS_BUG("not a place in a list of SKUs");
  const int end = std::min(begin + size, repricing.skus_size());
  const std::vector<std::string> skus(repricing.skus().begin() + begin, repricing.skus().begin() + end);
  ASSIGN_OR_RETURN(selection.ids, products_.products().FindByKey("sku", skus, call.deadline));
  std::sort(selection.ids.begin(), selection.ids.end());
  selection.ids.erase(std::unique(selection.ids.begin(), selection.ids.end()), selection.ids.end());
  std::erase(selection.ids, 0);
  selection.skus.insert(skus.begin(), skus.end());
  if (end < repricing.skus_size()) selection.next = absl::StrCat(end);
  return selection;
}

absl::StatusOr<v1::PreviewRepricingResponse> RepricingService::Preview(rpc::Call& call,
                                                                       const v1::PreviewRepricingRequest& request) {
  RETURN_IF_ERROR(Check(request.repricing(), call.deadline));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_.page_tokens.Open(request, "t", kPreviewSizes));
  ASSIGN_OR_RETURN(const Selection selection, Select(call, request.repricing(), page.Text(0), page.size()));
  ASSIGN_OR_RETURN(const auto items, products_.products().ReadMany(selection.ids, call.deadline));
  const RepricingRule rule = ToRule(request.repricing().rule());
  const std::string& currency = request.repricing().currency();
  v1::PreviewRepricingResponse response;
  for (const auto& item : items) {
    const auto& product = static_cast<const Product&>(*item.message);
    for (const RepricedRow& row : RepriceVariants(rule, currency, product, selection.skus)) {
      *response.add_variants() = ToMessage(product, row, currency);
    }
  }
  if (!selection.next.empty()) page.SetNext({selection.next}, &response);
  return response;
}

absl::StatusOr<google::longrunning::Operation> RepricingService::Reprice(rpc::Call& call,
                                                                         const v1::RepriceProductsRequest& request) {
  RETURN_IF_ERROR(Check(request.repricing(), call.deadline));
  RETURN_IF_ERROR(Select(call, request.repricing(), "", 1).status());  // a filter that is none is told now
  google::longrunning::Operation operation;
  RETURN_IF_ERROR(resource::RunWrite(environment_.store, call, &operation, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(operation, environment_.operations.Create(write, request));
    return absl::OkStatus();
  }));
  return operation;
}

absl::StatusOr<std::unique_ptr<Message>> RepricingService::Work(jobs::OperationContext& context) {
  v1::RepriceProductsRequest request;
  if (!request.ParseFromString(context.request())) return STOREOPS_BUG("a stored request cannot be read");
  ASSIGN_OR_RETURN(Tally tally, Tally::FromCheckpoint(context.checkpoint()));
  while (!tally.done) {
    rpc::Call call;
    call.principal = {context.creator(), "", {kWritePrices}};  // the method's own
    call.deadline = SteadyNow() + kStepLimit;
    ASSIGN_OR_RETURN(const Selection selection,
                     Select(call, request.repricing(), tally.place,
                            request.repricing().skus().empty() ? kProductsAtOnce : kRepricedAtOnce));
    RETURN_IF_ERROR(WorkOn(context, call, request.repricing(), selection, tally));
  }
  auto response = std::make_unique<v1::RepriceProductsResponse>();
  response->set_changed(tally.changed);
  response->set_unchanged(tally.unchanged);
  response->set_skipped(tally.skipped);
  return response;
}

absl::Status RepricingService::WorkOn(jobs::OperationContext& context, const rpc::Call& call,
                                      const v1::Repricing& repricing, const Selection& selection, Tally& tally) {
  Tally after;
  v1::RepriceProductsResponse ignored;
  RETURN_IF_ERROR(resource::RunWrite(environment_.store, call, &ignored, [&](resource::Write& write) -> absl::Status {
    after = tally;
    after.place = selection.next;
    after.done = selection.next.empty();
    RETURN_IF_ERROR(repricing.price_list().empty() ? WriteBase(write, repricing, selection, after)
                                                   : WriteList(write, repricing, selection, after));
    const int64_t done = after.changed + after.unchanged + after.skipped;
    const int64_t total = repricing.skus_size() > 0 ? repricing.skus_size() : after.done ? done : 0;
    return context.ProgressIn(write.session(), done, total, after.ToCheckpoint());
  }));
  tally = after;
  return absl::OkStatus();
}

absl::Status RepricingService::WriteBase(resource::Write& write, const v1::Repricing& repricing,
                                         const Selection& selection, Tally& tally) {
  const RepricingRule rule = ToRule(repricing.rule());
  for (const int64_t id : selection.ids) {
    ASSIGN_OR_RETURN(const auto item, products_.products().Read(write.session(), id, /*lock=*/true));
    const auto& product = static_cast<const Product&>(*item.message);
    if (product.has_delete_time()) continue;
    auto after = std::make_unique<Product>(product);
    bool changed = false;
    for (const RepricedRow& row : RepriceVariants(rule, repricing.currency(), product, selection.skus)) {
      tally.Count(row.result.outcome);
      if (row.result.outcome != RepricingOutcome::kChanged) continue;
      changed = true;
      *after->mutable_variants(row.variant)->mutable_price() = MoneyFromMinor(row.result.minor, repricing.currency());
    }
    if (changed) RETURN_IF_ERROR(products_.products().Replace(write, item, std::move(after)).status());
  }
  return absl::OkStatus();
}

absl::Status RepricingService::WriteList(resource::Write& write, const v1::Repricing& repricing,
                                         const Selection& selection, Tally& tally) {
  const RepricingRule rule = ToRule(repricing.rule());
  const int64_t start = StartMicros(repricing.has_start_time(), repricing.start_time());
  std::vector<PriceEdit> edits;
  for (const int64_t id : selection.ids) {
    ASSIGN_OR_RETURN(const auto item, products_.products().Read(write.session(), id, /*lock=*/false));
    const auto& product = static_cast<const Product&>(*item.message);
    if (product.has_delete_time()) continue;
    for (const RepricedRow& row : RepriceVariants(rule, repricing.currency(), product, selection.skus)) {
      tally.Count(row.result.outcome);
      const bool priced =
          row.result.outcome == RepricingOutcome::kChanged || row.result.outcome == RepricingOutcome::kUnchanged;
      if (!priced) continue;
      PriceEdit edit;
      edit.field = product.variants(row.variant).sku();
      edit.place = {PriceListId(repricing.price_list()), product.variants(row.variant).sku(), 1, start};
      edit.end = EndMicros(repricing.has_end_time(), repricing.end_time());
      edit.price = MoneyFromMinor(row.result.minor, repricing.currency());
      edits.push_back(std::move(edit));
    }
  }
  return edits.empty() ? absl::OkStatus() : writer_.Apply(write, edits, "RepriceProducts").status();
}

}  // namespace storeops::catalog
