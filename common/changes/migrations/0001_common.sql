-- What every service's database has. Binary collation throughout: case counts, and order is the same on every server.

-- Blocks of ids are taken from here, so that ids are short, unique over replicas, and known before the insert.
CREATE TABLE id_blocks (
  kind VARCHAR(64) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  next_id BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Values that no two live resources may share; `kind` is "{singular}.{unique key}", e.g. "product.sku".
CREATE TABLE resource_keys (
  kind VARCHAR(64) NOT NULL,
  value VARCHAR(190) NOT NULL,
  resource_id BIGINT NOT NULL,
  PRIMARY KEY (kind, value),
  KEY by_resource (resource_id, kind)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Committed changes that wait for their place in the feed; written in the transaction of the change itself.
CREATE TABLE outbox (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  change_id CHAR(22) NOT NULL,
  type VARCHAR(64) NOT NULL,
  subject VARCHAR(190) NOT NULL,
  kind SMALLINT NOT NULL,
  version BIGINT NOT NULL,
  time DATETIME(6) NOT NULL,
  actor VARCHAR(120) NOT NULL,
  traceparent VARCHAR(64) NOT NULL,
  resource LONGBLOB NOT NULL
  -- For TiDB: ids that ascend over all its servers, as the order of one resource's changes rests on them.
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE 1 */;

-- The feed: gapless, in commit order as far as anyone can tell, kept for a limited time.
CREATE TABLE changes (
  sequence BIGINT NOT NULL PRIMARY KEY,
  -- The row that it was in the outbox; of no meaning once that is gone.
  outbox_id BIGINT NOT NULL,
  change_id CHAR(22) NOT NULL,
  type VARCHAR(64) NOT NULL,
  subject VARCHAR(190) NOT NULL,
  kind SMALLINT NOT NULL,
  version BIGINT NOT NULL,
  time DATETIME(6) NOT NULL,
  actor VARCHAR(120) NOT NULL,
  traceparent VARCHAR(64) NOT NULL,
  resource LONGBLOB NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row: the last sequence given. Its lock lets one sequencer work at a time, whatever their number.
CREATE TABLE feed_position (
  id SMALLINT NOT NULL PRIMARY KEY,
  last_sequence BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO feed_position (id, last_sequence) VALUES (1, 0);

-- How far this service has applied the feeds that it follows.
CREATE TABLE feed_cursors (
  consumer VARCHAR(64) NOT NULL,
  source VARCHAR(64) NOT NULL,
  sequence BIGINT NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (consumer, source)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who changed what, when, from what to what; kept for good.
CREATE TABLE history (
  type VARCHAR(64) NOT NULL,
  resource_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  time DATETIME(6) NOT NULL,
  actor VARCHAR(120) NOT NULL,
  fields LONGBLOB NOT NULL,
  PRIMARY KEY (type, resource_id, version)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Answers to writes by request_id, written in the transaction of the write itself.
CREATE TABLE replays (
  principal VARCHAR(120) NOT NULL,
  method VARCHAR(120) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  body_hash BINARY(32) NOT NULL,
  response LONGBLOB NOT NULL,
  create_time DATETIME(6) NOT NULL,
  PRIMARY KEY (principal, method, request_id),
  KEY by_time (create_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The right to do something alone, until it expires or is given back. Times are the database's.
CREATE TABLE leases (
  name VARCHAR(120) NOT NULL PRIMARY KEY,
  holder VARCHAR(64) NOT NULL,
  expire_time DATETIME(6) NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- When periodic work is due next.
CREATE TABLE periodic_jobs (
  name VARCHAR(120) NOT NULL PRIMARY KEY,
  next_time DATETIME(6) NOT NULL,
  last_start_time DATETIME(6) NULL,
  last_end_time DATETIME(6) NULL,
  last_error VARCHAR(1000) NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Long-running operations. `state` as in storeops.operations.v1.OperationMetadata.
CREATE TABLE operations (
  id BIGINT NOT NULL PRIMARY KEY,
  method VARCHAR(120) NOT NULL,
  creator VARCHAR(120) NOT NULL,
  state SMALLINT NOT NULL,
  request LONGBLOB NOT NULL,
  -- Written by the work itself, to go on from after a crash.
  checkpoint LONGBLOB NOT NULL,
  progress_done BIGINT NOT NULL,
  progress_total BIGINT NOT NULL,
  cancel_requested TINYINT NOT NULL,
  attempts INT NOT NULL,
  holder VARCHAR(64) NOT NULL,
  lease_expire_time DATETIME(6) NOT NULL,
  -- google.protobuf.Any of the response, or google.rpc.Status.
  result LONGBLOB NOT NULL,
  create_time DATETIME(6) NOT NULL,
  start_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  KEY by_state (state, lease_expire_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
