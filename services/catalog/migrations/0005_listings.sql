-- The life of products as listings. What is there already is for sale (4 is PUBLISHED); what comes is written as a draft.
ALTER TABLE products ADD COLUMN state SMALLINT NOT NULL DEFAULT 4;
ALTER TABLE products ADD COLUMN rejection MEDIUMTEXT NULL;
ALTER TABLE products ADD COLUMN publish_time DATETIME(6) NULL;
ALTER TABLE products ADD COLUMN channel_listings MEDIUMTEXT NULL;
ALTER TABLE products ADD COLUMN external_references MEDIUMTEXT NULL;
ALTER TABLE products ADD COLUMN seo MEDIUMTEXT NULL;
ALTER TABLE products ADD COLUMN schedule MEDIUMTEXT NULL;
ALTER TABLE products ADD COLUMN schedule_failure MEDIUMTEXT NULL;
ALTER TABLE products ADD KEY by_state (state, id);

-- Where the shop sells; the columns follow storeops.catalog.v1.Channel.
CREATE TABLE channels (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(120) NOT NULL,
  kind SMALLINT NOT NULL,
  languages MEDIUMTEXT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  KEY by_title (title, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which live products are published on which channel; written together with the product.
CREATE TABLE channel_products (
  channel_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  PRIMARY KEY (channel_id, product_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- When to look after the schedule of a live product: at its next change, or later if a process is at it.
CREATE TABLE product_schedules (
  product_id BIGINT NOT NULL PRIMARY KEY,
  due_time DATETIME(6) NOT NULL,
  KEY by_due_time (due_time, product_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What live products must not share: the words of their titles (1) and their barcodes (2). A moment behind the products.
CREATE TABLE listing_likenesses (
  product_id BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  value VARCHAR(64) NOT NULL,
  PRIMARY KEY (product_id, kind, value),
  KEY by_value (kind, value, product_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How good the listings of live products are, a moment behind them. `issues` has the bit 1 << code for each issue.
CREATE TABLE listing_scores (
  product_id BIGINT NOT NULL PRIMARY KEY,
  state SMALLINT NOT NULL,
  score SMALLINT NOT NULL,
  issues BIGINT NOT NULL,
  KEY by_score (score, product_id),
  KEY by_state (state, score, product_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
