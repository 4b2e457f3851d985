-- From whom the shop buys; the columns follow storeops.inventory.v1.Supplier and the other messages of these names.
CREATE TABLE suppliers (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(120) NOT NULL,
  code VARCHAR(32) NOT NULL,
  contacts MEDIUMTEXT NOT NULL,
  address_lines MEDIUMTEXT NOT NULL,
  currency CHAR(3) NOT NULL,
  lead_time_days INT NOT NULL,
  order_minimum_minor BIGINT NULL,
  order_minimum_currency CHAR(3) NULL,
  over_delivery_percent INT NOT NULL,
  notes TEXT NOT NULL,
  KEY by_title (title, id),
  KEY by_code (code, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What they sell. Whoever writes one holds its supplier's row.
CREATE TABLE supplier_items (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  supplier VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  supplier_sku VARCHAR(64) NOT NULL,
  price_minor BIGINT NULL,
  price_currency CHAR(3) NULL,
  min_quantity BIGINT NOT NULL,
  pack_size BIGINT NOT NULL,
  lead_time_days INT NULL,
  priority INT NOT NULL,
  UNIQUE KEY by_supplier (supplier, sku),
  KEY by_sku (sku, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE purchase_orders (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  supplier VARCHAR(64) NOT NULL,
  location VARCHAR(64) NOT NULL,
  state SMALLINT NOT NULL,
  items MEDIUMTEXT NOT NULL,
  total_minor BIGINT NULL,
  total_currency CHAR(3) NULL,
  over_delivery_percent INT NULL,
  supplier_reference VARCHAR(120) NOT NULL,
  notes TEXT NOT NULL,
  send_time DATETIME(6) NULL,
  receive_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  end_reason VARCHAR(400) NOT NULL,
  receipt_count INT NOT NULL,
  KEY by_supplier (supplier, state, id),
  KEY by_state (state, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What was sent of each order, one row for each SKU, to be found by SKU and counted. Written with the order's row.
CREATE TABLE purchase_order_lines (
  purchase_order_id BIGINT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  supplier VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  ordered BIGINT NOT NULL,
  received BIGINT NOT NULL,
  damaged BIGINT NOT NULL,
  expected_date DATETIME(6) NOT NULL,
  send_time DATETIME(6) NOT NULL,
  full_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  PRIMARY KEY (purchase_order_id, sku),
  KEY by_supplier (supplier, send_time),
  KEY by_sku (sku, end_time, expected_date),
  CONSTRAINT purchase_line_counts CHECK (ordered > 0 AND damaged >= 0 AND received >= damaged)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE purchase_receipts (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  purchase_order VARCHAR(64) NOT NULL,
  supplier VARCHAR(64) NOT NULL,
  location VARCHAR(64) NOT NULL,
  actor VARCHAR(120) NOT NULL,
  arrive_time DATETIME(6) NULL,
  delivery_note VARCHAR(120) NOT NULL,
  items MEDIUMTEXT NOT NULL,
  KEY by_purchase_order (purchase_order, id),
  KEY by_supplier (supplier, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What came of each SKU by a receipt, and how long after the order was sent: by this lead times are learned.
CREATE TABLE purchase_receipt_lines (
  receipt_id BIGINT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  supplier VARCHAR(64) NOT NULL,
  send_time DATETIME(6) NOT NULL,
  received BIGINT NOT NULL,
  damaged BIGINT NOT NULL,
  lead_time_s BIGINT NOT NULL,
  PRIMARY KEY (receipt_id, sku),
  KEY by_supplier (supplier, send_time),
  KEY by_sku (sku, supplier, send_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
