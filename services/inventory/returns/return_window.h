// How long customers may ask for something, unless a request says otherwise.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_WINDOW_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_WINDOW_H_

namespace storeops::inventory {

// Days after a line's last shipment.
struct ReturnWindow {
  int return_days = 30;  // and exchanges
  int claim_days = 730;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_WINDOW_H_
