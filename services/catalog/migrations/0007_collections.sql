-- Collections; the columns follow storeops.catalog.v1.Collection.
CREATE TABLE collections (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(300) NOT NULL,
  description MEDIUMTEXT NOT NULL,
  language VARCHAR(35) NOT NULL,
  translations LONGTEXT NOT NULL,
  slug VARCHAR(120) NOT NULL,
  kind SMALLINT NOT NULL,
  rule TEXT NOT NULL,
  products LONGTEXT NOT NULL,
  start_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  KEY by_title (title, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which products are in which collection: of hand-picked ones written with the collection, of rule-based ones by whoever
-- holds the mark "scan". Deleted products stay in hand-picked collections.
CREATE TABLE collection_products (
  collection_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  PRIMARY KEY (collection_id, product_id),
  KEY by_product (product_id, collection_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The rules as they are to be applied, written with their collections; "" once a collection is deleted.
CREATE TABLE collection_rules (
  collection_id BIGINT NOT NULL PRIMARY KEY,
  -- Grows over all rules, so that others can ask for what is new.
  revision BIGINT NOT NULL,
  rule TEXT NOT NULL,
  uses_category TINYINT NOT NULL,
  uses_age TINYINT NOT NULL,
  -- 1 until every product was held against the rule, in rounds that all such rules share: this one's round goes from
  -- `scan_start` (NULL: not begun) to the last product, and from the first one (`wrapped`) back to there.
  pending TINYINT NOT NULL,
  scan_start BIGINT NULL,
  wrapped TINYINT NOT NULL,
  KEY by_revision (revision),
  KEY by_pending (pending, collection_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- "rules": the last revision given. "scan": how far the present round is; who holds its row is the only one to decide
-- which products are in rule-based collections.
CREATE TABLE collection_marks (
  name VARCHAR(16) NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO collection_marks (name, value) VALUES ('rules', 0), ('scan', 0);

-- What became of each product of a bulk update.
CREATE TABLE bulk_update_results (
  operation_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  outcome SMALLINT NOT NULL,
  -- storeops.catalog.v1.BulkUpdateResult
  result LONGBLOB NOT NULL,
  create_time DATETIME(6) NOT NULL,
  PRIMARY KEY (operation_id, position),
  KEY by_outcome (operation_id, outcome, position),
  KEY by_time (create_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
