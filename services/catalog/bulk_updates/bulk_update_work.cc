#include "services/catalog/bulk_updates/bulk_update_work.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/resource/history.h"
#include "common/resource/job_write.h"
#include "services/catalog/bulk_updates/bulk_update_rules.h"
#include "services/catalog/bulk_updates/bulk_update_store.h"

namespace storeops::catalog {
namespace {

using v1::BulkUpdateProductsRequest;
using v1::BulkUpdateResult;
using v1::Product;

// Few enough that nobody waits long for a lock, many enough that one flush to disk serves many.
constexpr int kBatch = 250;
constexpr absl::Duration kStepLimit = absl::Seconds(30);
constexpr size_t kMaxShownValue = 1000;

// Errors that are about the product, not about the database or this process.
bool IsOfProduct(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kNotFound:
      return true;
    default:
      return false;
  }
}

BulkUpdateResult Failure(std::string name, const absl::Status& status) {
  BulkUpdateResult result;
  result.set_name(std::move(name));
  result.set_outcome(BulkUpdateResult::FAILED);
  *result.mutable_error() = ToRpcStatus(status);
  return result;
}

std::unique_ptr<Product> Changed(const BulkUpdateProductsRequest& request, const resource::Page::Item& before) {
  auto after = std::make_unique<Product>(static_cast<const Product&>(*before.message));
  ApplyBulkUpdate(request, after.get());
  return after;
}

void DescribeChanges(const resource::Page::Item& before, const Product& after, BulkUpdateResult* result) {
  auto entry = resource::DescribeChanges(before.message.get(), after);
  for (auto& change : *entry.mutable_changes()) {
    change.set_old_value(std::string(TruncateCodePoints(change.old_value(), kMaxShownValue)));
    change.set_new_value(std::string(TruncateCodePoints(change.new_value(), kMaxShownValue)));
    *result->add_changes() = std::move(change);
  }
}

}  // namespace

std::string BulkUpdateWork::Progress::Text() const {
  return absl::StrCat(place, " ", total, " ", updated, " ", unchanged, " ", failed, " ", stopped ? 1 : 0);
}

absl::StatusOr<BulkUpdateWork::Progress> BulkUpdateWork::Progress::Parse(const std::string& text) {
  std::vector<int64_t> numbers;
  for (const absl::string_view part : absl::StrSplit(text, ' ')) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(part, &number)) break;
    numbers.push_back(number);
  }
  if (numbers.size() != 6) return STOREOPS_BUG("the checkpoint of a bulk update is not one");
  return Progress{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5] != 0};
}

absl::StatusOr<v1::BulkUpdateProductsResponse> BulkUpdateWork::Run() {
  ASSIGN_OR_RETURN(Progress progress, Begin());
  while (!progress.stopped) {
    ASSIGN_OR_RETURN(const std::vector<Target> targets, NextTargets(&progress));
    if (targets.empty()) break;
    RETURN_IF_ERROR(UpdateBatch(targets, &progress));
  }
  v1::BulkUpdateProductsResponse response;
  response.set_updated(progress.updated);
  response.set_unchanged(progress.unchanged);
  response.set_failed(progress.failed);
  response.set_stopped(progress.stopped);
  return response;
}

absl::StatusOr<BulkUpdateWork::Progress> BulkUpdateWork::Begin() const {
  if (!context_.checkpoint().empty()) return Progress::Parse(context_.checkpoint());
  Progress progress;
  if (listed()) {
    progress.total = request_.names_size() + request_.skus_size();
  } else {
    ASSIGN_OR_RETURN(const auto ids,
                     products_.FindIds(request_.filter(), within_, 0, kMaxBulkProducts + 1, SteadyNow() + kStepLimit));
    if (ids.size() > kMaxBulkProducts) {
      return PreconditionFailed("BULK_UPDATE_TOO_LARGE", "products",
                                absl::StrCat("more than ", kMaxBulkProducts, " products match; narrow the filter"));
    }
    progress.total = static_cast<int64_t>(ids.size());
  }
  RETURN_IF_ERROR(context_.Progress(0, progress.total, progress.Text()));
  return progress;
}

absl::StatusOr<std::vector<BulkUpdateWork::Target>> BulkUpdateWork::NextTargets(Progress* progress) const {
  // What is created meanwhile may match, too; somewhere there is an end.
  const int64_t room = std::min<int64_t>(kBatch, kMaxBulkProducts - progress->done());
  if (listed()) {
    const int64_t end = std::min(progress->place + room, progress->total);
    ASSIGN_OR_RETURN(std::vector<Target> targets, ListedTargets(progress->place, end));
    progress->place = end;
    return targets;
  }
  std::vector<Target> targets;
  if (room <= 0) return targets;
  ASSIGN_OR_RETURN(const auto ids, products_.FindIds(request_.filter(), within_, progress->place,
                                                     static_cast<int>(room), SteadyNow() + kStepLimit));
  for (const int64_t id : ids) targets.push_back({products_.FormatName(id), id});
  if (!ids.empty()) progress->place = ids.back();
  return targets;
}

absl::StatusOr<std::vector<BulkUpdateWork::Target>> BulkUpdateWork::ListedTargets(int64_t begin, int64_t end) const {
  std::vector<Target> targets;
  if (!request_.names().empty()) {
    for (int64_t i = begin; i < end; ++i) {
      const std::string& name = request_.names(static_cast<int>(i));
      ASSIGN_OR_RETURN(const int64_t id, products_.ParseName(name, absl::StrCat("names[", i, "]")));
      targets.push_back({name, id});
    }
    return targets;
  }
  const std::vector<std::string> skus(request_.skus().begin() + begin, request_.skus().begin() + end);
  ASSIGN_OR_RETURN(const auto ids, products_.FindByKey("sku", skus, SteadyNow() + kStepLimit));
  for (size_t i = 0; i < skus.size(); ++i) {
    targets.push_back({ids[i] == 0 ? skus[i] : products_.FormatName(ids[i]), ids[i]});
  }
  return targets;
}

absl::Status BulkUpdateWork::UpdateBatch(const std::vector<Target>& targets, Progress* progress) const {
  Progress after;
  RETURN_IF_ERROR(
      resource::RunJobWrite(store_, context_.creator(), SteadyNow() + kStepLimit, [&](resource::Write& write) {
        after = *progress;  // afresh when the transaction is tried again
        return UpdateIn(write, targets, &after);
      }));
  *progress = after;
  return absl::OkStatus();
}

absl::Status BulkUpdateWork::UpdateIn(resource::Write& write, const std::vector<Target>& targets,
                                      Progress* progress) const {
  std::vector<int64_t> ids;
  for (const Target& target : targets) {
    if (target.id != 0) ids.push_back(target.id);
  }
  ASSIGN_OR_RETURN(std::vector<resource::Page::Item> items, products_.Lock(write.session(), ids));
  absl::flat_hash_map<int64_t, const resource::Page::Item*> live;
  for (const auto& item : items) {
    if (!static_cast<const Product&>(*item.message).has_delete_time()) live.emplace(item.id, &item);
  }
  const int64_t position = progress->done();
  std::vector<BulkUpdateResult> results;
  absl::flat_hash_set<int64_t> seen;
  for (const Target& target : targets) {
    const auto found = live.find(target.id);
    BulkUpdateResult result;
    if (found == live.end()) {
      result = Failure(target.name, ResourceNotFound(products_.type(), target.name));
    } else if (!seen.insert(target.id).second) {
      // By another of its SKUs; as it is now, there is nothing left to do.
      result.set_name(target.name);
      result.set_outcome(BulkUpdateResult::UNCHANGED);
    } else {
      ASSIGN_OR_RETURN(result, request_.dry_run() ? Preview(write, *found->second) : UpdateOne(write, *found->second));
    }
    progress->updated += result.outcome() == BulkUpdateResult::UPDATED;
    progress->unchanged += result.outcome() == BulkUpdateResult::UNCHANGED;
    progress->failed += result.outcome() == BulkUpdateResult::FAILED;
    progress->stopped = request_.on_error() == BulkUpdateProductsRequest::STOP && progress->failed > 0;
    results.push_back(std::move(result));
    if (progress->stopped) break;
  }
  RETURN_IF_ERROR(InsertResults(write.session(), context_.id(), position, results, write.now()));
  return context_.ProgressIn(write.session(), progress->done(), std::max(progress->total, progress->done()),
                             progress->Text());
}

absl::StatusOr<BulkUpdateResult> BulkUpdateWork::UpdateOne(resource::Write& write,
                                                           const resource::Page::Item& before) const {
  BulkUpdateResult result;
  result.set_name(products_.FormatName(before.id));
  const absl::Status status = db::Attempt(write.session(), [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const auto written, products_.Replace(write, before, Changed(request_, before)));
    result.set_outcome(written.version == before.version ? BulkUpdateResult::UNCHANGED : BulkUpdateResult::UPDATED);
    return absl::OkStatus();
  });
  if (status.ok()) return result;
  if (!IsOfProduct(status)) return status;
  return Failure(result.name(), status);
}

absl::StatusOr<BulkUpdateResult> BulkUpdateWork::Preview(resource::Write& write,
                                                         const resource::Page::Item& before) const {
  BulkUpdateResult result;
  result.set_name(products_.FormatName(before.id));
  // Done in full, so that every rule has its say, and undone; what this Write notes is not committed.
  const absl::Status undone = absl::CancelledError("a dry run");
  resource::Write trial(store_, write.call(), write.session());
  const absl::Status status = db::Attempt(write.session(), [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const auto written, products_.Replace(trial, before, Changed(request_, before)));
    result.set_outcome(written.version == before.version ? BulkUpdateResult::UNCHANGED : BulkUpdateResult::UPDATED);
    DescribeChanges(before, static_cast<const Product&>(*written.message), &result);
    return undone;
  });
  if (status == undone) return result;
  if (!IsOfProduct(status)) return status;
  return Failure(result.name(), status);
}

}  // namespace storeops::catalog
