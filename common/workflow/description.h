// State machines as text: what the check of all machines and the page docs/states.md are made of.
#ifndef STOREOPS_COMMON_WORKFLOW_DESCRIPTION_H_
#define STOREOPS_COMMON_WORKFLOW_DESCRIPTION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"

namespace storeops::workflow {

struct Description {
  struct Row {
    absl::string_view from;
    int action;  // the enum's number: tells actions of one name apart
    absl::string_view name;
    absl::string_view to;
    absl::string_view permission;
    Guard guard;
  };
  absl::string_view resource;
  absl::string_view service;
  std::vector<absl::string_view> states;  // in the order of the enum
  std::vector<int> actions;               // in the order of their names
  std::vector<absl::string_view> initial;
  std::vector<absl::string_view> terminal;
  std::vector<Row> rows;
};

template <class State, class Action>
Description Describe(const Machine<State, Action>& machine) {
  constexpr int kMaxStates = 64;
  Description description{machine.resource, machine.service, {}, {}, {}, {}, {}};
  for (int state = 1; state < kMaxStates; ++state) {
    const std::string& name = machine.state_name(static_cast<State>(state));
    if (!name.empty()) description.states.push_back(name);
  }
  for (const auto& one : machine.actions) description.actions.push_back(static_cast<int>(one.action));
  for (const State state : machine.initial) {
    if (state != State{}) description.initial.push_back(machine.state_name(state));
  }
  for (const State state : machine.terminal) {
    if (state != State{}) description.terminal.push_back(machine.state_name(state));
  }
  for (const auto& row : machine.rows) {
    description.rows.push_back({machine.state_name(row.from), static_cast<int>(row.action), machine.NameOf(row.action),
                                machine.state_name(row.to), row.permission, row.guard});
  }
  return description;
}

// What is wrong with the table, one sentence each: a pair (from, action) twice; a state that nothing leads to, that is
// terminal and can be left, or that is not and cannot; an action without a name or a row; an RPC that the service does
// not have, or whose permission none of its rows demands; a permission of the system, or none for an RPC.
std::vector<std::string> FindFlaws(const Description& machine);

// Where each action leads: a line for each state, a column for each action, "-" for nowhere.
// "DRAFT: SHIPPED - CANCELLED\nSHIPPED: ..."
std::string Matrix(const Description& machine);

// docs/states.md.
std::string RenderPage(const std::vector<Description>& machines);

}  // namespace storeops::workflow

#endif  // STOREOPS_COMMON_WORKFLOW_DESCRIPTION_H_
