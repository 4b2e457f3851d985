#include "common/base/pch.h"
#include "common/db/database.h"
#include "common/rpc/method_table.h"
#include "storeops/changes/v1/changes.pb.h"
