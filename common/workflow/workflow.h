// State machines as data: a table of transitions over a proto's state enum, one search, one refusal.
// docs/states.md shows the tables of all services; description.h makes it.
#ifndef STOREOPS_COMMON_WORKFLOW_WORKFLOW_H_
#define STOREOPS_COMMON_WORKFLOW_WORKFLOW_H_

#include <array>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace storeops::workflow {

// What must be true besides the state.
struct Guard {
  // The reason of the error if it is not. Empty: it decides which of several transitions is made.
  absl::string_view reason;
  // "the listing has no blocking issue"
  absl::string_view condition;
};

template <class State, class Action>
struct Transition {
  State from;
  Action action;
  State to;
  // Of the RPC that takes the action. Empty: the system takes it.
  absl::string_view permission = {};
  Guard guard = {};
};

// The RPC of an action, "CancelOrder"; several actions may be outcomes of one RPC. What the system does has a name in
// lower case, "expire".
template <class Action>
struct ActionName {
  Action action;
  absl::string_view name;
};

// FAILED_PRECONDITION, ErrorInfo ACTION_NOT_ALLOWED with the metadata `resource`, `state`, `action` and
// `allowed_actions` (comma separated). `resource` is a name, "orders/7".
absl::Status ActionNotAllowed(absl::string_view resource, absl::string_view state, absl::string_view action,
                              const std::vector<absl::string_view>& allowed);

// Of a message with name() and either state() or status().
template <class Message>
auto StateOf(const Message& message) {
  if constexpr (requires { message.status(); }) {
    return message.status();
  } else {
    return message.state();
  }
}

template <class State, class Action>
struct Machine {
  using Row = Transition<State, Action>;
  static constexpr int kMaxEnds = 4;

  absl::string_view resource;  // "inventory.storeops/Order"
  absl::string_view service;   // with the RPCs: "storeops.inventory.v1.OrderService"
  const std::string& (*state_name)(State);
  absl::Span<const ActionName<Action>> actions;
  absl::Span<const Row> rows;
  std::array<State, kMaxEnds> initial = {};   // 0: none
  std::array<State, kMaxEnds> terminal = {};  // no transition leads to another state

  absl::string_view NameOf(Action action) const {
    for (const ActionName<Action>& one : actions) {
      if (one.action == action) return one.name;
    }
    return "";
  }

  // Null if the state does not allow the action.
  const Row* Find(State from, Action action) const {
    for (const Row& row : rows) {
      if (row.from == from && row.action == action) return &row;
    }
    return nullptr;
  }

  // The RPCs that the state allows, in the order of the table, to callers whose permissions `has` confirms.
  std::vector<absl::string_view> Allowed(State from, absl::FunctionRef<bool(absl::string_view permission)> has) const {
    std::vector<absl::string_view> allowed;
    for (const Row& row : rows) {
      if (row.from != from || row.permission.empty() || !has(row.permission)) continue;
      const absl::string_view name = NameOf(row.action);
      bool listed = false;
      for (const absl::string_view one : allowed) listed |= one == name;
      if (!listed) allowed.push_back(name);
    }
    return allowed;
  }
  std::vector<absl::string_view> Allowed(State from) const {
    return Allowed(from, [](absl::string_view) { return true; });
  }

  absl::Status Refusal(absl::string_view name, State from, Action action) const {
    return ActionNotAllowed(name, state_name(from), NameOf(action), Allowed(from));
  }

  // ACTION_NOT_ALLOWED if the message's state does not allow the action. Guards are the caller's.
  template <class Message>
  absl::Status Check(const Message& message, Action action) const {
    if (Find(StateOf(message), action) != nullptr) return absl::OkStatus();
    return Refusal(message.name(), StateOf(message), action);
  }

  // Checks, then makes the transition.
  template <class Message>
  absl::Status Move(Action action, Message& message) const {
    const Row* row = Find(StateOf(message), action);
    if (row == nullptr) return Refusal(message.name(), StateOf(message), action);
    if constexpr (requires { message.status(); }) {
      message.set_status(row->to);
    } else {
      message.set_state(row->to);
    }
    return absl::OkStatus();
  }
};

}  // namespace storeops::workflow

#endif  // STOREOPS_COMMON_WORKFLOW_WORKFLOW_H_
