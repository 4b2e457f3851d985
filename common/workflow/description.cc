#include "common/workflow/description.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "storeops/options/v1/options.pb.h"

namespace storeops::workflow {
namespace {

using Row = Description::Row;

constexpr absl::string_view kIntroduction = R"(# States

Which actions lead from which state to which, who may take them and what else must be true, for everything that has a
state. Read here which methods to offer for a resource and which states to expect after them.

The page is made from the tables that the services work with. `conformance_states_test` fails where it differs;
`STOREOPS_WRITE_DOCS=1 build/dev/tests/conformance --file=states_test.cc` writes it again.

- An action is a method of the named service, and its permission the caller's. Actions in *italics* are taken by the
  system.
- An action that the state does not allow fails with FAILED_PRECONDITION. The metadata of the `ErrorInfo` name the actions
  that are allowed now:

```
{"reason": "ACTION_NOT_ALLOWED", "domain": "storeops", "metadata": {
  "resource": "stockTransfers/7", "state": "SHIPPED", "action": "ShipStockTransfer",
  "allowed_actions": "ReceiveStockTransfer, CancelStockTransfer"}}
```

- A condition with a reason is a guard: if it is not true, the action fails with FAILED_PRECONDITION and that reason. A
  condition without one decides which of several results an action has.
- A transition to the same state changes other fields of the resource, or nothing when it is repeated.
)";

// "Order" of "inventory.storeops/Order".
absl::string_view TitleOf(const Description& machine) {
  return machine.resource.substr(machine.resource.rfind('/') + 1);
}

std::string Code(absl::string_view text) { return absl::StrCat("`", text, "`"); }

std::string Alternatives(const std::vector<absl::string_view>& names) {
  return absl::StrJoin(names, " or ", [](std::string* out, absl::string_view name) { out->append(Code(name)); });
}

std::string ConditionOf(const Guard& guard) {
  if (guard.reason.empty()) return std::string(guard.condition);
  return absl::StrCat(guard.condition, " (", Code(guard.reason), ")");
}

void AppendDiagram(const Description& machine, std::string& page) {
  absl::StrAppend(&page, "\n```mermaid\nstateDiagram-v2\n");
  for (const absl::string_view state : machine.initial) absl::StrAppend(&page, "  [*] --> ", state, "\n");
  // Edges in the order of the table, actions with the same ends together.
  std::vector<std::pair<std::string, std::vector<absl::string_view>>> edges;
  for (const Row& row : machine.rows) {
    if (row.from == row.to) continue;
    const std::string ends = absl::StrCat(row.from, " --> ", row.to);
    auto edge = std::find_if(edges.begin(), edges.end(), [&](const auto& one) { return one.first == ends; });
    if (edge == edges.end()) edge = edges.insert(edges.end(), {ends, {}});
    edge->second.push_back(row.name);
  }
  for (const auto& [ends, names] : edges) {
    absl::StrAppend(&page, "  ", ends, ": ", absl::StrJoin(names, ", "), "\n");
  }
  for (const absl::string_view state : machine.terminal) absl::StrAppend(&page, "  ", state, " --> [*]\n");
  absl::StrAppend(&page, "```\n");
}

void AppendTable(const Description& machine, std::string& page) {
  absl::StrAppend(&page, "\n| state | action | becomes | permission | if |\n| --- | --- | --- | --- | --- |\n");
  for (const Row& row : machine.rows) {
    const bool system = row.permission.empty();
    const std::string action = system ? absl::StrCat("*", row.name, "*") : Code(row.name);
    const std::string permission = system ? "" : Code(row.permission) + " ";
    const std::string condition = row.guard.condition.empty() ? "" : ConditionOf(row.guard) + " ";
    absl::StrAppend(&page, "| ", Code(row.from), " | ", action, " | ", Code(row.to), " | ", permission, "| ", condition,
                    "|\n");
  }
}

// The permission that the RPC demands; empty if the service has no such RPC.
std::string PermissionOf(absl::string_view service, absl::string_view rpc) {
  const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  const auto* method = found == nullptr ? nullptr : found->FindMethodByName(std::string(rpc));
  return method == nullptr ? "" : method->options().GetExtension(options::v1::access).permission();
}

void CheckActions(const Description& machine, std::vector<std::string>& flaws) {
  for (const int action : machine.actions) {
    const auto of_action = [action](const Row& row) { return row.action == action; };
    const auto first = std::find_if(machine.rows.begin(), machine.rows.end(), of_action);
    if (first == machine.rows.end()) {
      flaws.push_back(absl::StrCat("action ", action, " has no row"));
      continue;
    }
    const std::string permission = PermissionOf(machine.service, first->name);
    const bool demanded = std::any_of(machine.rows.begin(), machine.rows.end(), [&](const Row& row) {
      return row.name == first->name && row.permission == permission;
    });
    if (!demanded) flaws.push_back(absl::StrCat("no row of ", first->name, " demands \"", permission, "\""));
  }
  for (const Row& row : machine.rows) {
    if (row.name.empty()) {
      flaws.push_back(absl::StrCat("action ", row.action, " has no name"));
    } else if (row.permission.empty() != PermissionOf(machine.service, row.name).empty()) {
      flaws.push_back(absl::StrCat(row.name, " from ", row.from, " must have a permission if and only if ",
                                   machine.service, " has it as an RPC"));
    }
  }
}

void CheckStates(const Description& machine, std::vector<std::string>& flaws) {
  std::set<absl::string_view> reached(machine.initial.begin(), machine.initial.end());
  for (size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const Row& row : machine.rows) {
      if (reached.contains(row.from)) reached.insert(row.to);
    }
  }
  const std::set<absl::string_view> terminal(machine.terminal.begin(), machine.terminal.end());
  for (const absl::string_view state : machine.states) {
    if (!reached.contains(state)) flaws.push_back(absl::StrCat(state, " cannot be reached"));
    const bool left = std::any_of(machine.rows.begin(), machine.rows.end(),
                                  [&](const Row& row) { return row.from == state && row.to != state; });
    if (left && terminal.contains(state)) flaws.push_back(absl::StrCat(state, " is terminal and can be left"));
    if (!left && !terminal.contains(state)) {
      flaws.push_back(absl::StrCat(state, " cannot be left and is not named as terminal"));
    }
  }
}

}  // namespace

std::vector<std::string> FindFlaws(const Description& machine) {
  std::vector<std::string> flaws;
  std::set<std::pair<absl::string_view, int>> seen;
  for (const Row& row : machine.rows) {
    if (seen.emplace(row.from, row.action).second) continue;
    flaws.push_back(absl::StrCat(row.name, " from ", row.from, " is there twice"));
  }
  CheckStates(machine, flaws);
  CheckActions(machine, flaws);
  return flaws;
}

std::string Matrix(const Description& machine) {
  std::string matrix;
  for (const absl::string_view state : machine.states) {
    absl::StrAppend(&matrix, state, ":");
    for (const int action : machine.actions) {
      absl::string_view to = "-";
      for (const Row& row : machine.rows) {
        if (row.from == state && row.action == action) to = row.to;
      }
      absl::StrAppend(&matrix, " ", to);
    }
    absl::StrAppend(&matrix, "\n");
  }
  return matrix;
}

std::string RenderPage(const std::vector<Description>& machines) {
  std::string page(kIntroduction);
  for (const Description& machine : machines) {
    absl::StrAppend(&page, "\n## ", TitleOf(machine), "\n\n", Code(machine.resource), ", actions of ",
                    Code(machine.service), ". Starts as ", Alternatives(machine.initial));
    if (!machine.terminal.empty()) absl::StrAppend(&page, "; ends as ", Alternatives(machine.terminal));
    absl::StrAppend(&page, ".\n");
    AppendDiagram(machine, page);
    AppendTable(machine, page);
  }
  return page;
}

}  // namespace storeops::workflow
