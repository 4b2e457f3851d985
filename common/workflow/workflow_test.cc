#include "common/workflow/workflow.h"

#include <map>
#include <string>

#include "common/base/errors.h"
#include "common/workflow/description.h"
#include "gmock/gmock.h"
#include "google/rpc/error_info.pb.h"
#include "gtest/gtest.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Metadata = operations::v1::OperationMetadata;

enum class Action { kStart, kCancel, kRequestCancel, kEnd };
using enum Action;
using Row = Transition<Metadata::State, Action>;

constexpr ActionName<Action> kNames[] = {
    {kStart, "start"}, {kCancel, "CancelOperation"}, {kRequestCancel, "CancelOperation"}, {kEnd, "end"}};
constexpr char kWrite[] = "operations.write";
constexpr Row kRows[] = {
    {Metadata::QUEUED, kStart, Metadata::RUNNING},
    {Metadata::QUEUED, kCancel, Metadata::CANCELLED, kWrite},
    {Metadata::RUNNING, kEnd, Metadata::SUCCEEDED, "", {"", "its work is done"}},
    {Metadata::RUNNING, kCancel, Metadata::CANCELLED, "operations.admin"},
    {Metadata::RUNNING, kRequestCancel, Metadata::RUNNING, kWrite, {"TOO_LATE", "it can still stop"}},
};

constexpr Machine<Metadata::State, Action> kMachine = {
    .resource = "test/Operation",
    .service = "storeops.operations.v1.OperationService",
    .state_name = Metadata::State_Name,
    .actions = kNames,
    .rows = kRows,
    .initial = {Metadata::QUEUED, Metadata::FAILED},
    .terminal = {Metadata::SUCCEEDED, Metadata::FAILED, Metadata::CANCELLED},
};

class Operation {
 public:
  explicit Operation(Metadata::State state) : state_(state) {}
  std::string name() const { return "operations/7"; }
  Metadata::State state() const { return state_; }
  void set_state(Metadata::State state) { state_ = state; }

 private:
  Metadata::State state_;
};

TEST(WorkflowTest, MovesWhereTheTableLeads) {
  Operation operation(Metadata::QUEUED);
  EXPECT_TRUE(kMachine.Check(operation, kStart).ok());
  EXPECT_EQ(operation.state(), Metadata::QUEUED);
  ASSERT_TRUE(kMachine.Move(kStart, operation).ok());
  EXPECT_EQ(operation.state(), Metadata::RUNNING);
  ASSERT_TRUE(kMachine.Move(kEnd, operation).ok());
  EXPECT_FALSE(kMachine.Move(kStart, operation).ok());
  EXPECT_FALSE(kMachine.Check(operation, kCancel).ok());
  EXPECT_EQ(operation.state(), Metadata::SUCCEEDED);
}

TEST(WorkflowTest, AllowedAreRpcsOnceEachAndTheCallers) {
  EXPECT_THAT(kMachine.Allowed(Metadata::QUEUED), ElementsAre("CancelOperation"));
  EXPECT_THAT(kMachine.Allowed(Metadata::RUNNING), ElementsAre("CancelOperation"));
  EXPECT_THAT(kMachine.Allowed(Metadata::SUCCEEDED), IsEmpty());
  const auto has = [](absl::string_view permission) { return permission == "operations.admin"; };
  EXPECT_THAT(kMachine.Allowed(Metadata::QUEUED, has), IsEmpty());
  EXPECT_THAT(kMachine.Allowed(Metadata::RUNNING, has), ElementsAre("CancelOperation"));
}

TEST(WorkflowTest, ARefusalNamesWhatIsAllowed) {
  Operation operation(Metadata::RUNNING);
  const absl::Status refusal = kMachine.Move(kStart, operation);
  EXPECT_EQ(refusal.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refusal.message(), "operations/7 is RUNNING: start is not allowed; allowed are CancelOperation");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refusal, &info));
  EXPECT_EQ(info.reason(), "ACTION_NOT_ALLOWED");
  EXPECT_THAT(info.metadata(),
              UnorderedElementsAre(Pair("resource", "operations/7"), Pair("state", "RUNNING"), Pair("action", "start"),
                                   Pair("allowed_actions", "CancelOperation")));
  EXPECT_THAT(kMachine.Refusal("operations/7", Metadata::FAILED, kEnd).message(), HasSubstr("allowed is nothing"));
}

TEST(WorkflowTest, DescribesItself) {
  EXPECT_EQ(Matrix(Describe(kMachine)),
            "QUEUED: RUNNING CANCELLED - -\n"
            "RUNNING: - CANCELLED RUNNING SUCCEEDED\n"
            "SUCCEEDED: - - - -\n"
            "FAILED: - - - -\n"
            "CANCELLED: - - - -\n");
  const std::string page = RenderPage({Describe(kMachine)});
  EXPECT_THAT(page, HasSubstr("## Operation\n"));
  EXPECT_THAT(page, HasSubstr("  [*] --> QUEUED\n"));
  EXPECT_THAT(page, HasSubstr("  QUEUED --> RUNNING: start\n"));
  EXPECT_THAT(page, HasSubstr("| `RUNNING` | `CancelOperation` | `RUNNING` | `operations.write` | it can still stop "
                              "(`TOO_LATE`) |\n"));
  EXPECT_THAT(page, HasSubstr("| `RUNNING` | *end* | `SUCCEEDED` | | its work is done |\n"));
}

TEST(WorkflowTest, FindsFlaws) {
  EXPECT_THAT(FindFlaws(Describe(kMachine)), IsEmpty());
  const auto flaws_with = [](auto change) {
    auto machine = kMachine;
    std::vector<Row> rows(std::begin(kRows), std::end(kRows));
    std::vector<ActionName<Action>> names(std::begin(kNames), std::end(kNames));
    change(machine, rows, names);
    machine.rows = rows;
    machine.actions = names;
    return FindFlaws(Describe(machine));
  };
  EXPECT_THAT(flaws_with([](auto&, auto& rows, auto&) { rows.push_back(rows[0]); }),
              ElementsAre("start from QUEUED is there twice"));
  EXPECT_THAT(flaws_with([](auto& machine, auto&, auto&) { machine.initial = {Metadata::QUEUED}; }),
              ElementsAre("FAILED cannot be reached"));
  EXPECT_THAT(flaws_with([](auto& machine, auto&, auto&) {
                machine.terminal = {Metadata::SUCCEEDED, Metadata::CANCELLED, Metadata::QUEUED};
              }),
              ElementsAre("QUEUED is terminal and can be left", "FAILED cannot be left and is not named as terminal"));
  EXPECT_THAT(flaws_with([](auto&, auto& rows, auto&) { rows.pop_back(); }), ElementsAre(HasSubstr("has no row")));
  EXPECT_THAT(flaws_with([](auto&, auto&, auto& names) { names.erase(names.begin()); }),
              ElementsAre(HasSubstr("has no name")));
  EXPECT_THAT(flaws_with([](auto&, auto&, auto& names) { names[1].name = names[2].name = "StopOperation"; }),
              ::testing::Contains(HasSubstr("StopOperation from QUEUED must have a permission if and only if")));
  EXPECT_THAT(flaws_with([](auto&, auto& rows, auto&) {
                for (Row& row : rows) {
                  if (!row.permission.empty()) row.permission = "operations.admin";
                }
              }),
              ::testing::Contains("no row of CancelOperation demands \"operations.write\""));
}

}  // namespace
}  // namespace storeops::workflow
