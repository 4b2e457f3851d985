-- Pieces that go from one location to another; the columns follow storeops.inventory.v1.StockTransfer.
CREATE TABLE stock_transfers (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  source VARCHAR(64) NOT NULL,
  destination VARCHAR(64) NOT NULL,
  state SMALLINT NOT NULL,
  items MEDIUMTEXT NOT NULL,
  parcels MEDIUMTEXT NOT NULL,
  carrier VARCHAR(120) NOT NULL,
  tracking_number VARCHAR(120) NOT NULL,
  notes TEXT NOT NULL,
  ship_time DATETIME(6) NULL,
  receive_time DATETIME(6) NULL,
  cancel_time DATETIME(6) NULL,
  cancel_reason VARCHAR(400) NOT NULL,
  arrival_count INT NOT NULL,
  KEY by_state (state, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Counts of what lies at a location; the columns follow storeops.inventory.v1.Count.
CREATE TABLE counts (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  title VARCHAR(120) NOT NULL,
  location VARCHAR(64) NOT NULL,
  skus MEDIUMTEXT NOT NULL,
  bins MEDIUMTEXT NOT NULL,
  abc_class VARCHAR(8) NOT NULL,
  blind TINYINT NOT NULL,
  tolerance_pieces BIGINT NOT NULL,
  tolerance_percent INT NOT NULL,
  state SMALLINT NOT NULL,
  line_count INT NOT NULL,
  entered_count INT NOT NULL,
  recount_count INT NOT NULL,
  different_count INT NOT NULL,
  start_time DATETIME(6) NULL,
  submit_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  end_reason VARCHAR(400) NOT NULL,
  notes TEXT NOT NULL,
  -- The last movement of the ledger before the count was started.
  start_movement BIGINT NOT NULL DEFAULT 0,
  KEY by_state (state, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is to be counted. Whoever changes a line holds its count's row. `book`: what the ledger says for the time at which
-- `counted` was counted.
CREATE TABLE count_lines (
  count_id BIGINT NOT NULL,
  line INT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  lot VARCHAR(64) NOT NULL,
  bin VARCHAR(32) NOT NULL,
  expected BIGINT NOT NULL,
  counted BIGINT NULL,
  book BIGINT NULL,
  first_counted BIGINT NULL,
  entries INT NOT NULL,
  recount TINYINT NOT NULL,
  counter VARCHAR(120) NOT NULL,
  count_time DATETIME(6) NULL,
  note VARCHAR(200) NOT NULL,
  posted BIGINT NULL,
  PRIMARY KEY (count_id, line),
  UNIQUE KEY by_place (count_id, sku, lot, bin)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
