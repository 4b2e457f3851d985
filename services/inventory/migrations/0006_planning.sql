-- How stock is to be planned; the columns follow storeops.inventory.v1.PlanningSetting.
CREATE TABLE planning_settings (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  location VARCHAR(64) NOT NULL,
  scope VARCHAR(140) NOT NULL,
  service_level_percent DOUBLE NULL,
  measure SMALLINT NOT NULL,
  policy SMALLINT NOT NULL,
  review_days INT NULL,
  order_days INT NULL,
  ordering_cost_minor BIGINT NULL,
  ordering_cost_currency CHAR(3) NULL,
  holding_cost_percent DOUBLE NULL,
  discontinued TINYINT NULL,
  maximum_quantity BIGINT NULL,
  overstock_days INT NULL,
  dead_stock_days INT NULL,
  expiry_days INT NULL,
  notes TEXT NOT NULL,
  KEY by_sku (sku, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Plannings; the columns follow storeops.inventory.v1.PlanningRun.
CREATE TABLE planning_runs (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  state SMALLINT NOT NULL,
  moment DATETIME(6) NULL,
  period SMALLINT NOT NULL,
  history_days INT NOT NULL,
  currency CHAR(3) NOT NULL,
  creator VARCHAR(120) NOT NULL,
  start_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  order_line_count BIGINT NOT NULL,
  sku_count BIGINT NOT NULL,
  item_count BIGINT NOT NULL,
  replenishment_count BIGINT NOT NULL,
  alert_count BIGINT NOT NULL,
  wape DOUBLE NOT NULL,
  seasonal_naive_wape DOUBLE NOT NULL,
  class_totals MEDIUMTEXT NOT NULL,
  amounts MEDIUMTEXT NOT NULL,
  KEY by_state (state, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row: the run that holds. Who accepts a suggestion, dismisses one, or puts another run in its place has this row
-- locked, and counts the decision: a run that begins locks it too, and so knows which decisions it has not seen.
CREATE TABLE planning_current (
  id TINYINT NOT NULL PRIMARY KEY,
  run_id BIGINT NOT NULL,
  decisions BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO planning_current (id, run_id, decisions) VALUES (1, 0, 0);

-- What a run says of a SKU at a location. `content` is a serialised storeops.inventory.v1.Replenishment without what is
-- in columns; the order of lists is that of the keys. `wanted`: there is a need. `reasons`: a bit for each.
CREATE TABLE planning_items (
  run_id BIGINT NOT NULL,
  number INT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  supplier VARCHAR(64) NOT NULL,
  wanted TINYINT NOT NULL,
  urgency SMALLINT NOT NULL,
  reasons INT NOT NULL,
  amount_minor BIGINT NOT NULL,
  abc_class CHAR(1) NOT NULL DEFAULT '',
  xyz_class CHAR(1) NOT NULL DEFAULT '',
  state SMALLINT NOT NULL,
  decision BIGINT NOT NULL DEFAULT 0,
  decide_time DATETIME(6) NULL,
  dismiss_until DATETIME(6) NULL,
  decided_by VARCHAR(120) NOT NULL DEFAULT '',
  decision_reason VARCHAR(400) NOT NULL DEFAULT '',
  purchase_order VARCHAR(64) NOT NULL DEFAULT '',
  accepted_quantity BIGINT NOT NULL DEFAULT 0,
  content MEDIUMBLOB NOT NULL,
  PRIMARY KEY (run_id, number),
  KEY by_level (run_id, sku, location_id),
  KEY by_urgency (run_id, wanted, urgency, amount_minor, number),
  KEY by_amount (run_id, wanted, amount_minor, number)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What needs somebody's eye by a run; `content` is a serialised storeops.inventory.v1.StockAlert.
CREATE TABLE planning_alerts (
  run_id BIGINT NOT NULL,
  number INT NOT NULL,
  kind SMALLINT NOT NULL,
  severity SMALLINT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  amount_minor BIGINT NOT NULL,
  content MEDIUMBLOB NOT NULL,
  PRIMARY KEY (run_id, number),
  KEY by_severity (run_id, severity, amount_minor, number)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Classes of SKUs by a run, `place` by revenue from 1.
CREATE TABLE planning_classes (
  run_id BIGINT NOT NULL,
  place INT NOT NULL,
  sku VARCHAR(64) NOT NULL,
  abc_class CHAR(1) NOT NULL,
  xyz_class CHAR(1) NOT NULL,
  revenue_minor BIGINT NOT NULL,
  revenue_share DOUBLE NOT NULL,
  cumulative_share DOUBLE NOT NULL,
  pieces BIGINT NOT NULL,
  variation DOUBLE NULL,
  free BIGINT NOT NULL,
  days_of_cover DOUBLE NULL,
  PRIMARY KEY (run_id, place),
  KEY by_sku (run_id, sku)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Planning asks for what came back of a SKU.
CREATE INDEX by_sku ON order_adjustments (sku, time);
