#include "services/catalog/transfers/product_import.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/base/worker_pool.h"
#include "services/catalog/transfers/file_errors.h"
#include "services/catalog/transfers/transfer_store.h"

namespace storeops::catalog {
namespace {

using internal::v1::ImportCheckpoint;
using resource::UpsertResult;
using v1::ImportOptions;
using v1::ImportReport;

constexpr int kFirstErrors = 10;
// Parts of the file that are worked on side by side.
constexpr size_t kLanes = 4;
constexpr absl::Duration kDatabaseLimit = absl::Seconds(30);

bool StopsAtError(const ImportOptions& options) {
  return options.policy() == ImportOptions::STOP || options.policy() == ImportOptions::POLICY_UNSPECIFIED;
}

// Of those that are new, as many as are stored beside `known` ones.
std::vector<v1::ImportError> FirstOf(const std::vector<v1::ImportError>& added, int64_t known) {
  const auto room = static_cast<size_t>(std::max<int64_t>(kMaxStoredErrors - known, 0));
  return {added.begin(), added.begin() + static_cast<int64_t>(std::min(added.size(), room))};
}

bool HasEnded(const ImportCheckpoint& state) { return state.report().outcome() != ImportReport::OUTCOME_UNSPECIFIED; }

}  // namespace

class ProductImport::Baton {
 public:
  void Give(absl::StatusOr<State> state) {
    absl::MutexLock lock(&mutex_);
    state_ = std::move(state);
  }
  // Nothing: not given by `until`.
  std::optional<absl::StatusOr<State>> Await(absl::Time until) const {
    absl::MutexLock lock(&mutex_);
    const auto given = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return state_.has_value(); };
    mutex_.AwaitWithDeadline(absl::Condition(&given), until);
    return state_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::optional<absl::StatusOr<State>> state_ ABSL_GUARDED_BY(mutex_);
};

ProductImport::ProductImport(const Parts& parts, const internal::v1::ImportJob& job, OpenFile open,
                             jobs::OperationContext& context)
    : parts_(parts), job_(job), open_(std::move(open)), context_(context) {}

int64_t ProductImport::TotalBytes() const {
  const bool twice = job_.options().policy() == ImportOptions::REJECT_ALL && !job_.options().dry_run();
  return job_.bytes() * (twice ? 2 : 1);
}

ImportReport::Outcome ProductImport::OutcomeOfError() const {
  const bool checking = job_.options().policy() == ImportOptions::REJECT_ALL && !state_.checked();
  return checking ? ImportReport::REJECTED : ImportReport::STOPPED;
}

absl::StatusOr<ImportReport> ProductImport::Run() {
  if (!state_.ParseFromString(context_.checkpoint())) return STOREOPS_BUG("the checkpoint cannot be read");
  const ImportOptions& options = job_.options();
  if (HasEnded(state_)) return state_.report();  // all but told
  state_.mutable_report()->set_dry_run(options.dry_run());
  const absl::Time deadline = absl::Now() + kDatabaseLimit;
  ASSIGN_OR_RETURN(const CategoryTree tree, parts_.categories.ReadTree(deadline));
  ASSIGN_OR_RETURN(std::vector<v1::ProductType> types, parts_.types.ReadAll(deadline));
  const auto make_importer = [&](bool stop_at_error) {
    importer_ = std::make_unique<BatchImporter>(
        parts_.store, parts_.products, parts_.categories, FilingNames(tree, types),
        BatchImporter::Options{context_.creator(), options.language().empty() ? "en" : options.language(),
                               options.create_categories(), stop_at_error, job_.keeps_prices(), job_.without_costs()});
  };
  const bool reject_all = options.policy() == ImportOptions::REJECT_ALL;
  if (reject_all && !state_.checked()) {
    make_importer(false);
    RETURN_IF_ERROR(Pass(/*check_only=*/true));
    if (state_.report().errors() > 0) state_.mutable_report()->set_outcome(ImportReport::REJECTED);
    if (!HasEnded(state_) && !options.dry_run()) {
      Step checked;
      checked.after.set_checked(true);
      checked.after.mutable_report()->set_dry_run(options.dry_run());
      RETURN_IF_ERROR(SaveAlone(checked));
      state_ = checked.after;
    }
  }
  if (!HasEnded(state_) && (!reject_all || state_.checked())) {
    // In the second round of REJECT_ALL only what changed meanwhile can be wrong.
    make_importer(StopsAtError(options) || reject_all);
    RETURN_IF_ERROR(Pass(options.dry_run()));
  }
  if (!HasEnded(state_)) state_.mutable_report()->set_outcome(ImportReport::COMPLETED);
  return state_.report();
}

absl::StatusOr<std::unique_ptr<ImportReader>> ProductImport::Open() {
  ASSIGN_OR_RETURN(CsvReader::Source source, open_());
  ReaderOptions options;
  options.format = job_.options().format();
  options.currency = job_.options().currency();
  options.complete_skus = job_.options().skus() != ImportOptions::REFUSE;
  options.without_costs = job_.without_costs();
  options.reopen = open_;
  options.scratch_folder = parts_.data_folder;
  options.dialect = ToDialect(job_.options().encoding(), job_.options().delimiter());
  ASSIGN_OR_RETURN(std::unique_ptr<ProductReader> reader, OpenProductReader(std::move(source), options));
  state_.mutable_report()->set_format(reader->format());
  state_.mutable_report()->set_encoding(ToEncodingProto(reader->dialect()));
  state_.mutable_report()->set_delimiter(ToDelimiterText(reader->dialect()));
  // An import that goes on has counted some of their rows.
  if (state_.report().ignored_columns().empty()) {
    for (v1::IgnoredColumn& column : reader->ignored_columns()) {
      *state_.mutable_report()->add_ignored_columns() = std::move(column);
    }
  }
  ASSIGN_OR_RETURN(std::unique_ptr<HashFile> seen, HashFile::Create(parts_.data_folder));
  return std::make_unique<ImportReader>(std::move(reader), std::move(seen), state_.products());
}

absl::Status ProductImport::Pass(bool check_only) {
  auto reader = Open();
  if (absl::IsInvalidArgument(reader.status())) return NoteFileError(reader.status(), 0);
  RETURN_IF_ERROR(reader.status());
  // One more waits, so that a lane that gets free goes on at once.
  WorkerPool lanes({kLanes, kLanes + 1});
  // The states before each batch that is under way, and behind the newest.
  std::deque<std::shared_ptr<Baton>> batons = {std::make_shared<Baton>()};
  batons.back()->Give(state_);
  std::shared_ptr<const ImportBatch> batch;
  do {
    batch = std::make_shared<const ImportBatch>((*reader)->Next());
    const std::shared_ptr<Baton> previous = batons.back();
    batons.push_back(std::make_shared<Baton>());
    const bool taken = lanes.TrySubmit([this, batch, previous, own = batons.back(), check_only, &reader] {
      own->Give(WorkOn(*batch, (*reader)->products(), check_only, *previous));
    });
    if (!taken) return STOREOPS_BUG("there are more batches than lanes");
    if (batons.size() <= kLanes) continue;
    const auto state = *batons.front()->Await(absl::InfiniteFuture());
    if (!state.ok() || HasEnded(*state)) break;
    batons.pop_front();
  } while (!batch->last);
  ASSIGN_OR_RETURN(state_, *batons.back()->Await(absl::InfiniteFuture()));
  if (HasEnded(state_)) return absl::OkStatus();
  return absl::IsInvalidArgument(batch->end) ? NoteFileError(batch->end, batch->bytes) : batch->end;
}

absl::StatusOr<ProductImport::State> ProductImport::WorkOn(const ImportBatch& batch, const ProductReader& reader,
                                                           bool check_only, Baton& previous) {
  std::optional<State> state;  // once it is our turn
  const auto await_turn = [&](absl::Time until) -> absl::StatusOr<bool> {
    if (!state.has_value()) {
      auto given = previous.Await(until);
      if (!given.has_value()) return false;
      ASSIGN_OR_RETURN(state, *std::move(given));
    }
    if (HasEnded(*state)) return absl::CancelledError("the import has ended further up");
    return true;
  };
  const auto work = [&]() -> absl::Status {
    absl::Span<const ImportedProduct> rest = batch.products;
    while (!rest.empty()) {
      Step step;
      absl::StatusOr<BatchResult> result;
      if (check_only) {
        result = importer_->Check(rest, reader);
        RETURN_IF_ERROR(result.status());
        RETURN_IF_ERROR(await_turn(absl::InfiniteFuture()).status());
        step = StepFrom(*state, rest, *result, batch.bytes);
        RETURN_IF_ERROR(SaveAlone(step));
      } else {
        result = importer_->Write(rest, reader, await_turn, [&](resource::Write& write, const BatchResult& done) {
          step = StepFrom(*state, rest, done, batch.bytes);
          return Save(write.session(), step);
        });
        RETURN_IF_ERROR(result.status());
      }
      state = std::move(step.after);
      if (HasEnded(*state)) return absl::OkStatus();
      rest.remove_prefix(result->products.size());
    }
    return await_turn(absl::InfiniteFuture()).status();
  };
  const absl::Status status = work();
  if (status.ok() || (state.has_value() && HasEnded(*state))) return *std::move(state);
  return status;
}

ProductImport::Step ProductImport::StepFrom(const State& before, absl::Span<const ImportedProduct> products,
                                            const BatchResult& result, int64_t bytes) const {
  Step step{before, before, {}, {}, bytes};
  State& next = step.after;
  std::vector<v1::ImportError>* const errors = &step.errors;
  ImportReport& report = *next.mutable_report();
  for (size_t i = 0; i < result.products.size(); ++i) {
    const ImportedResult& product = result.products[i];
    report.set_rows(report.rows() + products[i].rows);
    report.set_products(report.products() + 1);
    for (size_t column = 0; column < products[i].ignored_rows.size(); ++column) {
      v1::IgnoredColumn& ignored = *report.mutable_ignored_columns(static_cast<int>(column));
      ignored.set_rows(ignored.rows() + products[i].ignored_rows[column]);
    }
    switch (product.kind) {
      case UpsertResult::kCreated:
        report.set_products_created(report.products_created() + 1);
        break;
      case UpsertResult::kUpdated:
        report.set_products_updated(report.products_updated() + 1);
        break;
      case UpsertResult::kUnchanged:
        report.set_products_unchanged(report.products_unchanged() + 1);
        break;
      case UpsertResult::kRefused:
        report.set_products_set_aside(report.products_set_aside() + 1);
        report.set_rows_set_aside(report.rows_set_aside() + products[i].rows);
        errors->insert(errors->end(), product.errors.begin(), product.errors.end());
    }
    if (product.kind == UpsertResult::kRefused) continue;
    step.warnings.insert(step.warnings.end(), product.warnings.begin(), product.warnings.end());
  }
  report.set_categories_created(report.categories_created() + result.categories_created);
  next.set_products(next.products() + static_cast<int64_t>(result.products.size()));
  const bool checking = job_.options().policy() == ImportOptions::REJECT_ALL && !before.checked();
  const bool stops =
      StopsAtError(job_.options()) || (job_.options().policy() == ImportOptions::REJECT_ALL && !checking);
  if (stops && !errors->empty()) report.set_outcome(ImportReport::STOPPED);
  Count(step, &report);
  return step;
}

void ProductImport::Count(Step& step, ImportReport* report) {
  for (v1::ImportError& error : step.errors) {
    error.set_severity(v1::ImportError::ERROR);
    if (report->first_errors_size() < kFirstErrors) *report->add_first_errors() = error;
  }
  for (v1::ImportError& warning : step.warnings) {
    warning.set_severity(v1::ImportError::WARNING);
    if (report->first_warnings_size() < kFirstErrors) *report->add_first_warnings() = warning;
  }
  report->set_errors(report->errors() + static_cast<int64_t>(step.errors.size()));
  report->set_warnings(report->warnings() + static_cast<int64_t>(step.warnings.size()));
}

absl::Status ProductImport::Save(db::Session& session, const Step& step) {
  const ImportReport& before = step.before.report();
  std::vector<v1::ImportError> stored = FirstOf(step.errors, before.errors());
  const std::vector<v1::ImportError> warnings = FirstOf(step.warnings, before.warnings());
  stored.insert(stored.end(), warnings.begin(), warnings.end());
  if (!stored.empty()) {
    // With gaps where some were only counted.
    const int64_t first = before.errors() + before.warnings() + 1;
    RETURN_IF_ERROR(InsertImportErrors(session, context_.id(), first, stored, parts_.store.clock.Now()));
  }
  const int64_t done = step.bytes + (step.after.checked() ? job_.bytes() : 0);
  return context_.ProgressIn(session, std::min(done, TotalBytes()), TotalBytes(), step.after.SerializeAsString());
}

absl::Status ProductImport::SaveAlone(const Step& step) {
  return parts_.store.database.Transact(absl::Now() + kDatabaseLimit,
                                        [&](db::Session& session) { return Save(session, step); });
}

// The file cannot be read any further.
absl::Status ProductImport::NoteFileError(const absl::Status& status, int64_t bytes) {
  Step step{state_, state_, {FileError(status.message())}, {}, bytes};
  ImportReport& report = *step.after.mutable_report();
  Count(step, &report);
  report.set_outcome(OutcomeOfError());
  RETURN_IF_ERROR(SaveAlone(step));
  state_ = std::move(step.after);
  return absl::OkStatus();
}

}  // namespace storeops::catalog
