-- Returns, exchanges and claims; the columns follow storeops.inventory.v1.Return.
CREATE TABLE order_returns (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  source_order VARCHAR(64) NOT NULL,
  customer VARCHAR(120) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  kind SMALLINT NOT NULL,
  state SMALLINT NOT NULL,
  open TINYINT NOT NULL,
  remedy SMALLINT NOT NULL,
  items MEDIUMTEXT NOT NULL,
  location VARCHAR(64) NOT NULL,
  carrier VARCHAR(60) NOT NULL,
  tracking_number VARCHAR(80) NOT NULL,
  refundable_minor BIGINT NULL,
  refundable_currency CHAR(3) NULL,
  refunded_minor BIGINT NULL,
  refunded_currency CHAR(3) NULL,
  exchanged_minor BIGINT NULL,
  exchanged_currency CHAR(3) NULL,
  refunds MEDIUMTEXT NOT NULL,
  replacement_order VARCHAR(64) NOT NULL,
  override_reason VARCHAR(200) NOT NULL,
  decision_reason VARCHAR(200) NOT NULL,
  notes MEDIUMTEXT NOT NULL,
  decide_time DATETIME(6) NULL,
  receive_time DATETIME(6) NULL,
  inspect_time DATETIME(6) NULL,
  settle_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  KEY by_state (state, id),
  KEY by_open (open, id),
  KEY by_kind (kind, id),
  KEY by_source_order (source_order, id),
  KEY by_customer (customer, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which returns are about a SKU, and why.
CREATE TABLE order_return_items (
  return_id BIGINT NOT NULL,
  number INT NOT NULL,
  order_id BIGINT NOT NULL,
  order_line INT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  reason SMALLINT NOT NULL,
  requested_quantity BIGINT NOT NULL,
  open_quantity BIGINT NOT NULL,
  received_quantity BIGINT NOT NULL,
  settled_quantity BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  PRIMARY KEY (return_id, number),
  KEY by_sku (sku, return_id),
  KEY by_reason (reason, return_id),
  KEY by_order (order_id, order_line),
  CONSTRAINT return_item_adds_up CHECK (open_quantity >= 0 AND received_quantity >= 0 AND settled_quantity >= 0)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Pieces that are announced by open returns, and those that claims settled: no piece can be in two of the three.
ALTER TABLE order_lines ADD COLUMN returning_quantity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD COLUMN claimed_quantity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD CONSTRAINT line_comes_back_once CHECK (returning_quantity >= 0 AND claimed_quantity >= 0
  AND returned_quantity + returning_quantity + claimed_quantity <= shipped_quantity);
