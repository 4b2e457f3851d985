-- Where pieces lie; the columns follow storeops.inventory.v1.Location.
CREATE TABLE locations (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(120) NOT NULL,
  code VARCHAR(32) NOT NULL,
  kind SMALLINT NOT NULL,
  address MEDIUMTEXT NULL,
  coordinates MEDIUMTEXT NULL,
  priority INT NOT NULL,
  ships_orders TINYINT NOT NULL,
  bins MEDIUMTEXT NOT NULL,
  KEY by_title (title, id),
  KEY by_code (code, id),
  KEY by_priority (priority, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The counters of a SKU at a location. Whoever changes anything of the stock of a SKU holds its rows here, so the tables
-- below need no locks of their own.
CREATE TABLE stock_levels (
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  on_hand BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  incoming BIGINT NOT NULL,
  damaged BIGINT NOT NULL,
  quality_hold BIGINT NOT NULL,
  safety_stock BIGINT NOT NULL,
  backorder_limit BIGINT NOT NULL,
  preorder_limit BIGINT NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (sku, location_id),
  KEY by_location (location_id, sku),
  CONSTRAINT stock_not_negative CHECK (on_hand >= 0 AND reserved >= 0 AND incoming >= 0 AND damaged >= 0
    AND quality_hold >= 0 AND safety_stock >= 0 AND backorder_limit >= 0 AND preorder_limit >= 0),
  CONSTRAINT stock_not_oversold CHECK (reserved + damaged + quality_hold <= on_hand + backorder_limit + preorder_limit),
  CONSTRAINT stock_blocked_is_there CHECK (damaged + quality_hold <= on_hand)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The ledger: rows are added, never changed. The sums of a level's changes are its counters.
CREATE TABLE stock_movements (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  type SMALLINT NOT NULL,
  on_hand BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  incoming BIGINT NOT NULL,
  damaged BIGINT NOT NULL,
  quality_hold BIGINT NOT NULL,
  lot VARCHAR(64) NOT NULL,
  bin VARCHAR(32) NOT NULL,
  cause VARCHAR(120) NOT NULL,
  reason SMALLINT NOT NULL,
  note VARCHAR(200) NOT NULL,
  actor VARCHAR(120) NOT NULL,
  time DATETIME(6) NOT NULL,
  KEY by_level (sku, location_id, id),
  KEY by_cause (cause)
  -- For TiDB: ids that ascend over all its servers, as a level's movements do.
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE 1 */;

-- Pieces on hand that are kept by lot, bin or both. A row without pieces stays: the lot keeps its date.
CREATE TABLE stock_lots (
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  lot VARCHAR(64) NOT NULL,
  bin VARCHAR(32) NOT NULL,
  on_hand BIGINT NOT NULL,
  damaged BIGINT NOT NULL,
  quality_hold BIGINT NOT NULL,
  expire_date DATETIME(6) NULL,
  PRIMARY KEY (sku, location_id, lot, bin),
  KEY by_expire_date (expire_date),
  CONSTRAINT lot_not_negative CHECK (on_hand >= 0 AND damaged >= 0 AND quality_hold >= 0
    AND damaged + quality_hold <= on_hand)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Pieces promised for a time. `taken` is a serialised storeops.inventory.v1.Reservation with its lines only.
CREATE TABLE stock_reservations (
  id BIGINT NOT NULL PRIMARY KEY,
  state SMALLINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  end_time DATETIME(6) NULL,
  reference VARCHAR(120) NOT NULL,
  creator VARCHAR(120) NOT NULL,
  taken MEDIUMBLOB NOT NULL,
  KEY by_state (state, expire_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Counters that were not what they should be at the last check.
CREATE TABLE stock_differences (
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  counter VARCHAR(16) NOT NULL,
  expected BIGINT NOT NULL,
  found BIGINT NOT NULL,
  first_time DATETIME(6) NOT NULL,
  last_time DATETIME(6) NOT NULL,
  PRIMARY KEY (sku, location_id, counter)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
