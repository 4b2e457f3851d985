// Early return on an error status.
#ifndef STOREOPS_COMMON_BASE_STATUS_MACROS_H_
#define STOREOPS_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expression)                                    \
  do {                                                                 \
    if (absl::Status status_##__LINE__ = (expression); !status_##__LINE__.ok()) return status_##__LINE__; \
  } while (false)

#define STOREOPS_CONCAT_INNER(a, b) a##b
#define STOREOPS_CONCAT(a, b) STOREOPS_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(auto value, StatusOrExpression());
#define ASSIGN_OR_RETURN(target, expression) \
  STOREOPS_ASSIGN_OR_RETURN(STOREOPS_CONCAT(status_or_, __LINE__), target, expression)
#define STOREOPS_ASSIGN_OR_RETURN(result, target, expression) \
  auto result = (expression);                                 \
  if (!result.ok()) return std::move(result).status();        \
  target = *std::move(result)

#endif  // STOREOPS_COMMON_BASE_STATUS_MACROS_H_
