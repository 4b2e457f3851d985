#include "common/base/pch.h"
#include "common/db/database.h"
#include "common/resource/write.h"
#include "storeops/operations/v1/operations.pb.h"
