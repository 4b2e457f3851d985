-- Quotes that are reserved at campaigns and not settled there yet. A row is written before the reservation, changes its
-- state in the transaction that stores the order, and is deleted once the reservation is committed or released.
CREATE TABLE order_quotes (
  order_id BIGINT NOT NULL PRIMARY KEY,
  quote VARCHAR(120) NOT NULL,
  -- 1 reserved, 2 placed: to be committed, 3 abandoned: to be released
  state SMALLINT NOT NULL,
  -- Of the call that places the order: a repetition of it resumes here.
  replay_key CHAR(64) NULL,
  -- While reserved: the order with its prices and discounts, a serialized storeops.inventory.v1.Order.
  content MEDIUMBLOB NOT NULL,
  attempts INT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  -- When the periodic job attends to it.
  next_time DATETIME(6) NOT NULL,
  UNIQUE KEY by_replay_key (replay_key),
  KEY by_next_time (next_time, order_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
