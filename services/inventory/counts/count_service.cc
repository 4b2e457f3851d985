#include "services/inventory/counts/count_service.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/list_cost.h"
#include "services/inventory/counts/count_store.h"
#include "services/inventory/planning/planning_store.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using google::protobuf::Message;

constexpr char kService[] = "storeops.inventory.v1.CountService";

// What people write of a count; the rest is made by its actions.
v1::Count PlanOf(const v1::Count& count) {
  v1::Count plan;
  plan.set_title(count.title());
  plan.set_location(count.location());
  *plan.mutable_skus() = count.skus();
  *plan.mutable_bins() = count.bins();
  plan.set_abc_class(count.abc_class());
  plan.set_blind(count.blind());
  plan.set_tolerance_pieces(count.tolerance_pieces());
  plan.set_tolerance_percent(count.tolerance_percent());
  plan.set_notes(count.notes());
  return plan;
}

std::vector<std::string> Texts(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

void CheckDistinct(const google::protobuf::RepeatedPtrField<std::string>& texts, const std::string& field,
                   std::vector<FieldViolation>& violations) {
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < texts.size(); ++i) {
    if (!seen.insert(texts[i]).second) violations.push_back({absl::StrCat(field, "[", i, "]"), "is named twice"});
  }
}

bool IsItemClass(const std::string& text) {
  const auto between = [&text](size_t i, char from, char to) { return text[i] >= from && text[i] <= to; };
  return (text.size() == 1 || (text.size() == 2 && between(1, 'X', 'Z'))) && between(0, 'A', 'C');
}

std::string EntryField(int index) { return absl::StrCat("entries[", index, "]"); }

// Whether the count's plan has a place for the entry that no line has.
absl::Status CheckNewPlace(const v1::Count& count, const CountPlace& place, int index) {
  const auto has = [](const auto& texts, const std::string& text) {
    return texts.empty() || std::find(texts.begin(), texts.end(), text) != texts.end();
  };
  if (!has(count.skus(), place.sku)) return InvalidField(EntryField(index) + ".sku", "the count is of other SKUs");
  if (!has(count.bins(), place.bin)) return InvalidField(EntryField(index) + ".bin", "the count is of other bins");
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> CountTime(const v1::EnterCountRequest::Entry& entry, int index, const v1::Count& count,
                                     absl::Time now) {
  if (!entry.has_count_time()) return now;
  const absl::Time time = FromTimestamp(entry.count_time());
  const std::string field = EntryField(index) + ".count_time";
  if (time > now) return InvalidField(field, "is in the future");
  if (time < FromTimestamp(count.start_time())) return InvalidField(field, "is before the count was started");
  return time;
}

using Decisions = std::map<int, const v1::PostCountRequest::Decision*>;
absl::StatusOr<Decisions> ReadDecisions(const v1::PostCountRequest& request, size_t lines) {
  Decisions decisions;
  std::vector<FieldViolation> violations;
  for (int i = 0; i < request.decisions_size(); ++i) {
    const auto& decision = request.decisions(i);
    const std::string field = absl::StrCat("decisions[", i, "].line");
    if (static_cast<size_t>(decision.line()) > lines) {
      violations.push_back({field, "the count has no such line"});
    } else if (!decisions.emplace(decision.line(), &decision).second) {
      violations.push_back({field, "is decided twice"});
    }
  }
  if (!violations.empty()) return InvalidFields(violations);
  return decisions;
}

Movement MakeDifference(const CountedLine& line, int64_t location, const v1::PostCountRequest::Decision* decision) {
  Movement movement = inventory::Count({line.place.sku, location}, line.difference());
  movement.lot = line.place.lot;
  movement.bin = line.place.bin;
  movement.unfiled = line.place.lot.empty() && line.place.bin.empty();
  movement.note = line.note;
  movement.field = absl::StrCat("lines[", line.line, "]");
  if (decision == nullptr) return movement;
  if (decision->reason() != v1::STOCK_REASON_UNSPECIFIED) movement.reason = decision->reason();
  if (!decision->note().empty()) movement.note = decision->note();
  return movement;
}

}  // namespace

absl::Status CountService::Bind(Environment& environment) {
  environment_ = &environment;
  resource::Hooks hooks;
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) {
    return CheckPlan(write, static_cast<const v1::Count*>(before), static_cast<v1::Count&>(*after));
  };
  ASSIGN_OR_RETURN(counts_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                     v1::Count::default_instance(), std::move(hooks)));
  ASSIGN_OR_RETURN(line_filter_, OpenLineFilter(environment.store.database));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  counts_->Bind(service);
  service.Unary("StartCount", this, &CountService::Start)
      .Unary("EnterCount", this, &CountService::Enter)
      .Unary("SubmitCount", this, &CountService::Submit)
      .Unary("RecountCount", this, &CountService::Recount)
      .Unary("PostCount", this, &CountService::Post)
      .Unary("CancelCount", this, &CountService::Cancel)
      .Unary("ListCountLines", this, &CountService::ListLines)
      .CostRaw("ListCountLines", resource::ListCost(line_filter_, "count_id"))
      .Replay(&environment.replays);
  return absl::OkStatus();
}

absl::Status CountService::CheckPlan(resource::Write& write, const v1::Count* before, v1::Count& after) const {
  if (before == nullptr) {
    after.set_state(v1::Count::PLANNED);
  } else if (PlanOf(*before).SerializeAsString() == PlanOf(after).SerializeAsString()) {
    return absl::OkStatus();
  } else {
    RETURN_IF_ERROR(kCountStates.Check(*before, CountAction::kUpdate));
  }
  std::vector<FieldViolation> violations;
  CheckDistinct(after.skus(), "skus", violations);
  CheckDistinct(after.bins(), "bins", violations);
  // With SKUs a class is for the record; without, those are counted that it has when the count is started.
  if (!after.abc_class().empty() && after.skus().empty() && !IsItemClass(after.abc_class())) {
    violations.push_back({"abc_class", "must be a class of ClassifyItems, such as A or AX, unless skus are named"});
  }
  if (!violations.empty()) return InvalidFields(violations);
  return locations_.Read(write.session(), after.location(), "location", /*lock=*/false).status();
}

absl::StatusOr<v1::Count> CountService::Act(rpc::Call& call, const Message& request, CountAction action,
                                            const Effect& effect) {
  v1::Count response;
  const auto edit = [&](resource::Write& write, Message* message) -> absl::Status {
    auto& count = static_cast<v1::Count&>(*message);
    // Whether it may be at all is said before what is wrong with it.
    RETURN_IF_ERROR(kCountStates.Check(count, action));
    ASSIGN_OR_RETURN(const int64_t id, counts_->ParseName(count.name(), "name"));
    ASSIGN_OR_RETURN(const int64_t location, ParseLocation(count.location(), "location"));
    ASSIGN_OR_RETURN(auto lines, ReadLines(write.session(), id));
    Open open{write, id, location, count, std::move(lines)};
    ASSIGN_OR_RETURN(const CountAction done, effect(open));
    RETURN_IF_ERROR(kCountStates.Move(done, count));
    Summarise(open.lines, count);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(counts_->Edit(call, request, &response, edit));
  return response;
}

absl::Status CountService::FreezeLines(Open& open) const {
  db::Session& session = open.write.session();
  RETURN_IF_ERROR(locations_.Read(session, open.count.location(), "location", /*lock=*/false).status());
  RETURN_IF_ERROR(MarkStart(session, open.id));
  std::vector<std::string> skus = Texts(open.count.skus());
  const bool by_class = skus.empty() && !open.count.abc_class().empty();
  if (by_class) {
    ASSIGN_OR_RETURN(skus, ReadSkusOfClass(session, open.count.abc_class()));
  }
  std::vector<PlacePieces> places;
  // No SKUs would be all of them.
  if (!by_class || !skus.empty()) {
    ASSIGN_OR_RETURN(places, ReadPlaces(session, open.location_id, skus, Texts(open.count.bins()), kMaxCountLines + 1));
  }
  const auto add = [&open](CountPlace place, int64_t expected) {
    CountedLine line;
    line.line = static_cast<int>(open.lines.size()) + 1;
    line.place = std::move(place);
    line.expected = expected;
    open.lines.push_back(std::move(line));
  };
  absl::flat_hash_set<std::string> there;
  for (const PlacePieces& one : places) {
    there.insert(one.place.sku);
    add(one.place, one.on_hand);
  }
  // Somebody wants to know of these whether there are none. In bins nobody could say where to look.
  if (open.count.bins().empty()) {
    for (const std::string& sku : open.count.skus()) {
      if (!there.contains(sku)) add({sku, "", ""}, 0);
    }
  }
  if (open.lines.empty()) {
    return PreconditionFailed("NOTHING_TO_COUNT", open.count.name(), "nothing that it is of lies at its location");
  }
  if (open.lines.size() > kMaxCountLines) {
    return PreconditionFailed("COUNT_TOO_BIG", open.count.name(),
                              absl::StrCat("it has more than ", kMaxCountLines, " lines: plan several counts"));
  }
  *open.count.mutable_start_time() = ToTimestamp(open.write.now());
  return WriteLines(session, open.id, open.lines);
}

absl::StatusOr<v1::Count> CountService::Start(rpc::Call& call, const v1::StartCountRequest& request) {
  return Act(call, request, CountAction::kStart, [&](Open& open) -> absl::StatusOr<CountAction> {
    RETURN_IF_ERROR(FreezeLines(open));
    return CountAction::kStart;
  });
}

absl::Status CountService::TakeEntries(const v1::EnterCountRequest& request, Open& open) const {
  db::Session& session = open.write.session();
  std::vector<std::string> skus;
  for (const auto& entry : request.entries()) skus.push_back(entry.sku());
  // What the ledger says must not change while it is read.
  RETURN_IF_ERROR(ledger_.Lock(open.write, skus).status());
  ASSIGN_OR_RETURN(const int64_t start, ReadStart(session, open.id));
  ASSIGN_OR_RETURN(const int64_t last, ReadLastMovement(session));
  std::map<CountPlace, size_t> by_place;
  for (size_t i = 0; i < open.lines.size(); ++i) by_place[open.lines[i].place] = i;
  std::map<size_t, int> entered;
  for (int i = 0; i < request.entries_size(); ++i) {
    const auto& entry = request.entries(i);
    const CountPlace place{entry.sku(), entry.lot(), entry.bin()};
    const auto [found, is_new] = by_place.try_emplace(place, open.lines.size());
    if (is_new) {
      RETURN_IF_ERROR(CheckNewPlace(open.count, place, i));
      if (open.lines.size() == kMaxCountLines) return InvalidField(EntryField(i), "the count has too many lines");
      CountedLine line;
      line.line = static_cast<int>(open.lines.size()) + 1;
      line.place = place;
      open.lines.push_back(std::move(line));
    }
    if (!entered.emplace(found->second, i).second) {
      return InvalidField(EntryField(i), "this SKU, lot and bin is entered twice");
    }
    CountEntry one;
    one.quantity = entry.quantity();
    one.counter = open.write.call().principal.name;
    one.note = entry.note();
    ASSIGN_OR_RETURN(one.time, CountTime(entry, i, open.count, open.write.now()));
    ASSIGN_OR_RETURN(one.book, ReadOnHand(session, open.location_id, place));
    one.book_movement = entry.has_count_time() ? 0 : last;
    if (entry.has_count_time()) {
      ASSIGN_OR_RETURN(const int64_t moved, SumMovedSince(session, open.location_id, place, start, one.time));
      one.book -= moved;
    }
    inventory::Enter(one, open.lines[found->second]);
  }
  std::vector<CountedLine> changed;
  for (const auto& [index, entry] : entered) changed.push_back(open.lines[index]);
  return WriteLines(session, open.id, changed);
}

absl::StatusOr<v1::Count> CountService::Enter(rpc::Call& call, const v1::EnterCountRequest& request) {
  return Act(call, request, CountAction::kEnter, [&](Open& open) -> absl::StatusOr<CountAction> {
    RETURN_IF_ERROR(TakeEntries(request, open));
    return CountAction::kEnter;
  });
}

absl::StatusOr<v1::Count> CountService::Submit(rpc::Call& call, const v1::SubmitCountRequest& request) {
  return Act(call, request, CountAction::kSubmit, [&](Open& open) -> absl::StatusOr<CountAction> {
    RETURN_IF_ERROR(CheckAllCounted(open.count, open.lines));
    if (DemandRecounts(open.count, open.lines) > 0) {
      RETURN_IF_ERROR(WriteLines(open.write.session(), open.id, open.lines));
      return CountAction::kDemandRecount;
    }
    *open.count.mutable_submit_time() = ToTimestamp(open.write.now());
    return CountAction::kSubmit;
  });
}

absl::StatusOr<v1::Count> CountService::Recount(rpc::Call& call, const v1::RecountCountRequest& request) {
  return Act(call, request, CountAction::kRecount, [&](Open& open) -> absl::StatusOr<CountAction> {
    for (int i = 0; i < request.lines_size(); ++i) {
      if (static_cast<size_t>(request.lines(i)) > open.lines.size()) {
        return InvalidField(absl::StrCat("lines[", i, "]"), "the count has no such line");
      }
      open.lines[request.lines(i) - 1].recount = true;
    }
    RETURN_IF_ERROR(WriteLines(open.write.session(), open.id, open.lines));
    return CountAction::kRecount;
  });
}

absl::Status CountService::PostDifferences(const v1::PostCountRequest& request, Open& open) const {
  ASSIGN_OR_RETURN(const Decisions decisions, ReadDecisions(request, open.lines.size()));
  std::vector<Movement> movements;
  std::vector<StockKey> keys;
  std::vector<CountedLine> posted;
  for (CountedLine& line : open.lines) {
    if (line.difference() == 0) continue;
    const auto found = decisions.find(line.line);
    const auto* decision = found == decisions.end() ? nullptr : found->second;
    if (decision != nullptr && decision->leave_out()) continue;
    movements.push_back(MakeDifference(line, open.location_id, decision));
    keys.push_back(movements.back().key);
    line.posted = line.difference();
    posted.push_back(line);
  }
  *open.count.mutable_end_time() = ToTimestamp(open.write.now());
  if (movements.empty()) return absl::OkStatus();
  // Nothing is corrected any more while it is compared.
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(open.write, {}, keys));
  ASSIGN_OR_RETURN(const int64_t start, ReadStart(open.write.session(), open.id));
  ASSIGN_OR_RETURN(const auto corrected, FindCorrected(open.write.session(), open.id, open.location_id, start));
  RETURN_IF_ERROR(CheckNotCorrected(open.count, posted, corrected));
  RETURN_IF_ERROR(ledger_.Apply(stock, movements, MakeCause(open.write, open.count.name())));
  RETURN_IF_ERROR(ledger_.Store(open.write, std::move(stock)).status());
  return WriteLines(open.write.session(), open.id, posted);
}

absl::StatusOr<v1::Count> CountService::Post(rpc::Call& call, const v1::PostCountRequest& request) {
  return Act(call, request, CountAction::kPost, [&](Open& open) -> absl::StatusOr<CountAction> {
    RETURN_IF_ERROR(PostDifferences(request, open));
    return CountAction::kPost;
  });
}

absl::StatusOr<v1::Count> CountService::Cancel(rpc::Call& call, const v1::CancelCountRequest& request) {
  return Act(call, request, CountAction::kCancel, [&](Open& open) -> absl::StatusOr<CountAction> {
    *open.count.mutable_end_time() = ToTimestamp(open.write.now());
    open.count.set_end_reason(request.reason());
    return CountAction::kCancel;
  });
}

absl::StatusOr<v1::ListCountLinesResponse> CountService::ListLines(rpc::Call& call,
                                                                   const v1::ListCountLinesRequest& request) {
  v1::GetCountRequest get;
  get.set_name(request.name());
  v1::Count count;
  RETURN_IF_ERROR(counts_->Get(call, get, &count));
  ASSIGN_OR_RETURN(const int64_t id, counts_->ParseName(request.name(), "name"));
  const bool hide = HidesExpected(count);
  ASSIGN_OR_RETURN(const auto filter, resource::ParseOptionalFilter(request.filter()));
  if (hide && resource::Mentions(filter, "difference")) {
    return PreconditionFailed("COUNT_IS_BLIND", count.name(), "differences are shown once it is submitted");
  }
  resource::Condition condition;
  if (filter.has_value()) {
    ASSIGN_OR_RETURN(condition, line_filter_.Compile(*filter));
  }
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n"));
  ASSIGN_OR_RETURN(auto lines, inventory::ListLines(environment_->store.database, id, condition, page.Number(0),
                                                    page.limit(), call.deadline));
  v1::ListCountLinesResponse response;
  page.Close(lines, [](const CountedLine& last) -> resource::PageKeys { return {last.line}; }, &response);
  for (const CountedLine& line : lines) *response.add_lines() = ToMessage(line, hide);
  return response;
}

}  // namespace storeops::inventory
