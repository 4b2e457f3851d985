-- What a change says is written once and stays where it is until it is pruned; outbox and feed only point at it.
CREATE TABLE change_log (
  -- What one transaction wrote, in parts; made by the writer, ascending with its clock so that rows lie in order.
  group_id CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- From 0.
  place SMALLINT NOT NULL,
  type VARCHAR(64) NOT NULL,
  subject VARCHAR(190) NOT NULL,
  kind SMALLINT NOT NULL,
  version BIGINT NOT NULL,
  time DATETIME(6) NOT NULL,
  actor VARCHAR(120) NOT NULL,
  traceparent VARCHAR(64) NOT NULL,
  resource LONGBLOB NOT NULL,
  PRIMARY KEY (group_id, place)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Committed groups that wait for their place in the feed; written in the transaction of the change itself.
CREATE TABLE outbox_groups (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  group_id CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  size SMALLINT NOT NULL
  -- For TiDB: ids that ascend over all its servers, as the order of one resource's changes rests on them.
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE 1 */;

-- The feed: gapless, in commit order as far as anyone can tell, kept for a limited time.
CREATE TABLE feed (
  sequence BIGINT NOT NULL PRIMARY KEY,
  group_id CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  place SMALLINT NOT NULL,
  -- The group's row in the outbox; of no meaning once that is gone.
  outbox_id BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO change_log (group_id, place, type, subject, kind, version, time, actor, traceparent, resource)
  SELECT change_id, 0, type, subject, kind, version, time, actor, traceparent, resource FROM changes;
INSERT INTO feed (sequence, group_id, place, outbox_id) SELECT sequence, change_id, 0, 0 FROM changes;
INSERT INTO change_log (group_id, place, type, subject, kind, version, time, actor, traceparent, resource)
  SELECT change_id, 0, type, subject, kind, version, time, actor, traceparent, resource FROM outbox;
INSERT INTO outbox_groups (group_id, size) SELECT change_id, 1 FROM outbox ORDER BY id;
DROP TABLE changes;
DROP TABLE outbox;
