-- Failed logins are counted for each account and source, and for each account over all sources.

-- Times of up to 100 failures.
ALTER TABLE login_failures MODIFY COLUMN failures VARCHAR(2000) NOT NULL;
-- SHA-256 of the account's address, the same in its rows of all sources, by which they are deleted together. Rows of all
-- sources in sum have it as their address_hash.
ALTER TABLE login_failures ADD COLUMN account_hash CHAR(64) NOT NULL DEFAULT '';
ALTER TABLE login_failures ADD INDEX by_account (account_hash);

-- From where people have signed in before.
CREATE TABLE login_sources (
  user_id BIGINT NOT NULL,
  -- SHA-256 of the account's address and the source.
  source_hash CHAR(64) NOT NULL,
  use_time DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, source_hash),
  KEY by_use_time (use_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
