-- Price lists; the columns follow storeops.catalog.v1.PriceList.
CREATE TABLE price_lists (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(120) NOT NULL,
  description TEXT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  channels LONGTEXT NOT NULL,
  customer_groups LONGTEXT NOT NULL,
  start_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  priority INT NOT NULL,
  match_policy SMALLINT NOT NULL,
  status SMALLINT NOT NULL,
  KEY by_title (title, id),
  KEY by_create_time (create_time, id),
  KEY by_priority (priority, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row. Whoever writes prices takes it first and gives it the next number, which the rows get that are written: so
-- a reader that knows all rows up to a number finds the others by theirs, all of one transaction or none.
CREATE TABLE price_revision (
  id SMALLINT NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO price_revision (id, revision) VALUES (1, 0);

-- The prices of the lists. Times that are not set are 1970-01-01 and 9999-12-31 23:59:59. A deleted price keeps its row,
-- so that readers learn of it by its revision.
CREATE TABLE prices (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  update_time DATETIME(6) NOT NULL,
  deleted TINYINT NOT NULL,
  price_list BIGINT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  min_quantity INT NOT NULL,
  start_time DATETIME(6) NOT NULL,
  end_time DATETIME(6) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  price_minor BIGINT NOT NULL,
  UNIQUE KEY by_place (price_list, sku, min_quantity, start_time),
  KEY by_sku (sku, price_list, min_quantity, start_time),
  KEY by_revision (revision, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What prices were and became, for each SKU: of lists, of variants' own prices (price_list 0), and what was observed
-- before the shop kept its prices here. `source` as in storeops.catalog.v1.PriceHistoryEntry. Of several changes of one
-- price at one moment the row has the first old and the last new one.
CREATE TABLE price_history (
  sku VARCHAR(64) NOT NULL,
  time DATETIME(6) NOT NULL,
  source SMALLINT NOT NULL,
  price_list BIGINT NOT NULL,
  min_quantity INT NOT NULL,
  start_time DATETIME(6) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  end_time DATETIME(6) NOT NULL,
  old_minor BIGINT NULL,
  new_minor BIGINT NULL,
  actor VARCHAR(120) NOT NULL,
  cause VARCHAR(120) NOT NULL,
  PRIMARY KEY (sku, time, source, price_list, min_quantity, start_time, currency)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Staged changes of prices; the columns follow storeops.catalog.v1.StagedPriceChange.
CREATE TABLE staged_price_changes (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  title VARCHAR(120) NOT NULL,
  note TEXT NOT NULL,
  edits LONGTEXT NOT NULL,
  apply_time DATETIME(6) NULL,
  state SMALLINT NOT NULL,
  rejection_reason TEXT NOT NULL,
  failure TEXT NOT NULL,
  approver TEXT NOT NULL,
  applied_time DATETIME(6) NULL,
  KEY by_create_time (create_time, id),
  KEY by_state (state, apply_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
