-- An order as a whole is `content`, a serialised storeops.inventory.v1.Order. The other columns, and the tables below,
-- are what it is found and counted by; they are written from it in the same statement run.
CREATE TABLE orders (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  place_time DATETIME(6) NOT NULL,
  status SMALLINT NOT NULL,
  payment_status SMALLINT NOT NULL,
  fulfillment_status SMALLINT NOT NULL,
  on_hold TINYINT NOT NULL,
  historical TINYINT NOT NULL,
  customer VARCHAR(120) NOT NULL,
  channel VARCHAR(72) NOT NULL,
  currency CHAR(3) NOT NULL,
  total_minor BIGINT NOT NULL,
  captured_minor BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  external_reference VARCHAR(64) NULL,
  -- Set while something is to happen then: the order expires, is late, has a question to a provider open.
  expire_time DATETIME(6) NULL,
  ship_by_time DATETIME(6) NULL,
  settle_time DATETIME(6) NULL,
  content MEDIUMBLOB NOT NULL,
  UNIQUE KEY by_external_reference (external_reference),
  -- Each list's order is its index's.
  KEY by_place_time (place_time, id),
  KEY by_status (status, place_time, id),
  KEY by_payment_status (payment_status, place_time, id),
  KEY by_fulfillment_status (fulfillment_status, place_time, id),
  KEY by_hold (on_hold, place_time, id),
  KEY by_customer (customer, place_time, id),
  KEY by_channel (channel, place_time, id),
  KEY by_expire_time (expire_time, id),
  KEY by_ship_by_time (ship_by_time, id),
  KEY by_settle_time (settle_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- `number` is the line's for ever; a line that was removed has quantity 0.
CREATE TABLE order_lines (
  order_id BIGINT NOT NULL,
  number INT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  place_time DATETIME(6) NOT NULL,
  quantity BIGINT NOT NULL,
  cancelled_quantity BIGINT NOT NULL,
  shipped_quantity BIGINT NOT NULL,
  returned_quantity BIGINT NOT NULL,
  unit_price_minor BIGINT NOT NULL,
  total_minor BIGINT NOT NULL,
  PRIMARY KEY (order_id, number),
  KEY by_sku (sku, place_time, order_id),
  CONSTRAINT line_adds_up CHECK (quantity >= 0 AND cancelled_quantity >= 0 AND shipped_quantity >= 0
    AND returned_quantity >= 0 AND shipped_quantity + cancelled_quantity <= quantity
    AND returned_quantity <= shipped_quantity)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Pieces that are promised to lines and have not left: what of `reserved` orders hold.
CREATE TABLE order_allocations (
  order_id BIGINT NOT NULL,
  number INT NOT NULL,
  location_id BIGINT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  quantity BIGINT NOT NULL,
  PRIMARY KEY (order_id, number, location_id),
  KEY by_level (sku, location_id),
  CONSTRAINT allocation_positive CHECK (quantity > 0)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE order_payments (
  order_id BIGINT NOT NULL,
  number INT NOT NULL,
  status SMALLINT NOT NULL,
  provider VARCHAR(40) NOT NULL,
  provider_reference VARCHAR(190) NOT NULL,
  authorized_minor BIGINT NOT NULL,
  captured_minor BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  PRIMARY KEY (order_id, number),
  KEY by_reference (provider_reference, provider),
  CONSTRAINT payment_adds_up CHECK (authorized_minor >= 0 AND captured_minor >= 0 AND refunded_minor >= 0
    AND captured_minor <= authorized_minor AND refunded_minor <= captured_minor)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE order_fulfillments (
  order_id BIGINT NOT NULL,
  number INT NOT NULL,
  status SMALLINT NOT NULL,
  location_id BIGINT NOT NULL,
  carrier VARCHAR(60) NOT NULL,
  tracking_number VARCHAR(80) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  ship_time DATETIME(6) NULL,
  PRIMARY KEY (order_id, number),
  KEY by_location (location_id, status, create_time),
  KEY by_tracking_number (tracking_number)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Money of the past that belongs to no order.
CREATE TABLE order_adjustments (
  external_reference VARCHAR(64) NOT NULL PRIMARY KEY,
  time DATETIME(6) NOT NULL,
  currency CHAR(3) NOT NULL,
  amount_minor BIGINT NOT NULL,
  reason VARCHAR(120) NOT NULL,
  customer VARCHAR(120) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  quantity BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  KEY by_time (time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
