-- What inventory has for sale, as far as the catalog follows it (follower "stock-levels").

-- Locations of inventory from which orders are shipped (sells = 1), and those that ship none.
CREATE TABLE stock_locations (
  location_id BIGINT NOT NULL PRIMARY KEY,
  sells TINYINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Units for sale of a SKU at a location: StockLevel.available, which can be below zero.
CREATE TABLE stock_units (
  sku VARCHAR(64) NOT NULL,
  location_id BIGINT NOT NULL,
  available BIGINT NOT NULL,
  PRIMARY KEY (sku, location_id),
  KEY by_location (location_id, sku)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Whether a SKU is in stock: available somewhere that sells. SKUs that were never in stock have no row.
CREATE TABLE sku_availability (
  sku VARCHAR(64) NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  in_stock TINYINT NOT NULL,
  update_time DATETIME(6) NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- "known": 1 once the follower's first snapshot is complete. Before, everything counts as in stock.
CREATE TABLE availability_marks (
  name VARCHAR(16) NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO availability_marks (name, value) VALUES ('known', 0);
