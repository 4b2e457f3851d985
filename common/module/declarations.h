// What a module declares about itself: plain data, known in every process, whichever modules run in it.
#ifndef STOREOPS_COMMON_MODULE_DECLARATIONS_H_
#define STOREOPS_COMMON_MODULE_DECLARATIONS_H_

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace storeops {

// Another module that this one calls, or binds after. A module reaches the peers that it declares, and no others.
struct Need {
  std::string module;  // its name; "*": every other module, wherever it runs
  // True: it must run in this process or be a peer, or the process does not start. Ignored for "*".
  bool required = true;
  // True: where both run in one process, the other one binds and starts before this one, and stops after it. False
  // where two modules call each other.
  bool before = true;
};

using FlagValue = std::variant<int64_t, std::string, std::vector<std::string>>;
// By the flags' names.
using FlagValues = std::map<std::string, FlagValue>;

// A command-line flag of `storeops up` and `storeops serve`. A list is given as several flags, or separated by commas.
struct Flag {
  std::string name;         // "return-window": --return-window
  std::string environment;  // "STOREOPS_RETURN_WINDOW"
  std::string help;
  FlagValue value;  // the default; its alternative is the flag's type
  // Bounds of a number, both included.
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};

struct Permission {
  std::string name;         // "catalog.products.write"
  std::string description;  // what it allows: "Create, edit and delete products"
  // Empty: methods name it in their `access` option. Otherwise states what checks it instead.
  std::string checked_by;
};

struct RoleTitle {
  std::string role;   // "roles/warehouse"
  std::string title;  // "Warehouse"
};

// What a role may do, of this module or of others: permissions, or patterns such as "catalog.*", "*.read" and "*". Each
// pattern must cover a declared permission.
struct Grant {
  std::string role;
  std::vector<std::string> permissions;
};

// The resource of people, of the one module that has them: its `session_version` ends access tokens before their time.
struct People {
  std::string type;             // "gateway.storeops/User"
  std::string read_permission;  // "identity.users.read"
};

// A built-in role is declared by one module; what it allows is the union of what all modules grant it.
struct AccessDeclarations {
  std::vector<Permission> permissions;
  std::vector<RoleTitle> roles;
  std::vector<Grant> grants;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_DECLARATIONS_H_
