#include "common/module/module.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/http/server.h"

namespace storeops {
namespace {

constexpr absl::string_view kEveryOther = "*";

const ModuleInfo* Find(const std::vector<ModuleInfo>& modules, absl::string_view name) {
  const auto found =
      std::find_if(modules.begin(), modules.end(), [name](const ModuleInfo& info) { return info.name == name; });
  return found == modules.end() ? nullptr : &*found;
}

std::string Names(const std::vector<ModuleInfo>& modules) {
  return absl::StrJoin(modules, ", ", [](std::string* out, const ModuleInfo& info) { out->append(info.name); });
}

absl::Status CheckDeclarations(const std::vector<ModuleInfo>& all) {
  std::set<std::string> names, flags;
  for (const ModuleInfo& info : all) {
    if (!names.insert(info.name).second) return absl::InternalError(absl::StrCat("two modules are named ", info.name));
    for (const Flag& flag : info.flags) {
      for (const std::string& name : {absl::StrCat("--", flag.name), flag.environment}) {
        if (flags.insert(name).second) continue;
        return absl::InternalError(absl::StrCat("module ", info.name, " declares ", name, " again"));
      }
    }
    for (const Need& need : info.needs) {
      if (need.module == kEveryOther || Find(all, need.module) != nullptr) continue;
      return absl::InternalError(absl::StrCat("module ", info.name, " needs ", need.module, ", which does not exist"));
    }
  }
  return absl::OkStatus();
}

// Depth first: a module is placed once all that it needs are.
class Sorter {
 public:
  explicit Sorter(const std::vector<ModuleInfo>& all) : all_(all) {}

  absl::StatusOr<std::vector<const ModuleInfo*>> Sort() {
    for (const ModuleInfo& info : all_) RETURN_IF_ERROR(Place(info));
    return std::move(placed_);
  }

 private:
  absl::Status Place(const ModuleInfo& info) {
    if (std::find(placed_.begin(), placed_.end(), &info) != placed_.end()) return absl::OkStatus();
    const bool open = std::find(path_.begin(), path_.end(), info.name) != path_.end();
    path_.push_back(info.name);
    if (open) return Circle(info.name);
    for (const Need& need : info.needs) {
      if (!need.before) continue;
      for (const ModuleInfo& other : all_) {
        const bool needed = need.module == kEveryOther ? other.name != info.name : other.name == need.module;
        if (needed) RETURN_IF_ERROR(Place(other));
      }
    }
    path_.pop_back();
    placed_.push_back(&info);
    return absl::OkStatus();
  }

  absl::Status Circle(const std::string& name) const {
    const auto begin = std::find(path_.begin(), path_.end(), name);
    return absl::InternalError(
        absl::StrCat("modules need each other in a circle: ", absl::StrJoin(begin, path_.end(), " -> ")));
  }

  const std::vector<ModuleInfo>& all_;
  std::vector<std::string> path_;
  std::vector<const ModuleInfo*> placed_;
};

}  // namespace

absl::StatusOr<http::Api> Module::MakeHttpApi(rpc::Pipeline&) { return http::Api(); }

absl::StatusOr<std::vector<ModuleInfo>> ChooseModules(const std::vector<ModuleInfo>& all,
                                                      const std::vector<std::string>& names,
                                                      const std::function<bool(absl::string_view)>& is_peer) {
  RETURN_IF_ERROR(CheckDeclarations(all));
  ASSIGN_OR_RETURN(const std::vector<const ModuleInfo*> sorted, Sorter(all).Sort());
  const auto named = [&](absl::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  for (const std::string& name : names) {
    if (name == "all" || Find(all, name) != nullptr) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("there is no service ", name, "; choose from ", Names(all), ", all"));
  }
  std::vector<ModuleInfo> chosen;
  for (const ModuleInfo* info : sorted) {
    if (named("all") || named(info->name)) chosen.push_back(*info);
  }
  for (const ModuleInfo& info : chosen) {
    for (const Need& need : info.needs) {
      if (!need.required || need.module == kEveryOther) continue;
      if (Find(chosen, need.module) != nullptr || is_peer(need.module)) continue;
      return absl::InvalidArgumentError(absl::StrCat("service ", info.name, " needs ", need.module,
                                                     ", which neither runs in this process nor is a peer of it"));
    }
  }
  return chosen;
}

FlagValues ValuesOf(const std::vector<Flag>& flags, const FlagValues& given) {
  FlagValues values;
  for (const Flag& flag : flags) {
    const auto found = given.find(flag.name);
    values[flag.name] = found == given.end() ? flag.value : found->second;
  }
  return values;
}

}  // namespace storeops
