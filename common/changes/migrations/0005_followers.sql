-- How far this service has applied the changes of other services.
CREATE TABLE followers (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  source VARCHAR(64) NOT NULL,
  -- Of resources, separated by commas.
  types VARCHAR(3300) NOT NULL,
  -- Changes up to this one are applied.
  sequence BIGINT NOT NULL,
  -- The last change received: identifies the feed after a restore of its database.
  last_change_id VARCHAR(32) NOT NULL,
  last_change_sequence BIGINT NOT NULL,
  -- Snapshots begun so far; 0: none yet.
  snapshot BIGINT NOT NULL,
  -- The snapshot is being copied; otherwise changes are followed.
  copying TINYINT NOT NULL,
  -- The copy replaces resources of an equal or higher version, too: the source was restored to an earlier time.
  rewound TINYINT NOT NULL,
  -- Place of the copy.
  copy_type VARCHAR(64) NOT NULL,
  copy_after_id VARCHAR(190) NOT NULL,
  -- The change or resource that failed last, and how often.
  failing VARCHAR(255) NOT NULL,
  attempts INT NOT NULL,
  -- Rows of dead_letters.
  dead_letters INT NOT NULL,
  update_time DATETIME(6) NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The live resources that a follower has applied, so that each change is applied once and in the order of versions, and
-- so that resources missing from a later snapshot are removed.
CREATE TABLE followed_resources (
  follower VARCHAR(64) NOT NULL,
  subject VARCHAR(190) NOT NULL,
  type VARCHAR(64) NOT NULL,
  version BIGINT NOT NULL,
  -- followers.snapshot when it was last applied.
  snapshot BIGINT NOT NULL,
  PRIMARY KEY (follower, subject),
  KEY by_snapshot (follower, snapshot)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Changes that a follower gave up on, and later ones of the same resource that wait behind them.
CREATE TABLE dead_letters (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  follower VARCHAR(64) NOT NULL,
  subject VARCHAR(190) NOT NULL,
  -- storeops.changes.v1.Change
  change_bytes LONGBLOB NOT NULL,
  error VARCHAR(1000) NOT NULL,
  attempts INT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  KEY by_subject (follower, subject, id)
  -- For TiDB: ids that ascend over all its servers, as the order of one resource's changes rests on them.
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE 1 */;
