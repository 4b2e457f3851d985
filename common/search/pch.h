#include <xapian.h>

#include "common/base/pch.h"
