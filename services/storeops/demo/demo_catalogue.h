// A shop's worth of made-up products in English and Chinese, the same on every machine.
#ifndef STOREOPS_SERVICES_STOREOPS_DEMO_DEMO_CATALOGUE_H_
#define STOREOPS_SERVICES_STOREOPS_DEMO_DEMO_CATALOGUE_H_

#include <cstdint>

#include "storeops/catalog/v1/product.pb.h"

namespace storeops {

// The product at `index` (from 0): any index gives one, and its SKUs begin with "D" and the index. Title and
// description in English with a Chinese translation, a brand, tags, one to six variants with prices in EUR above their
// cost; about one in fifty is a service.
catalog::v1::Product DemoProduct(int64_t index);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_DEMO_DEMO_CATALOGUE_H_
