-- People, roles, API keys, and what proves who somebody is. Secrets are kept as hashes only.

CREATE TABLE users (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  email VARCHAR(190) NOT NULL,
  display_name VARCHAR(120) NOT NULL,
  roles TEXT NOT NULL,
  disabled TINYINT NOT NULL,
  language VARCHAR(35) NOT NULL,
  KEY by_create_time (create_time, id),
  KEY by_update_time (update_time, id),
  KEY by_email (email, id),
  KEY by_display_name (display_name, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Custom roles; the built-in ones are part of the program.
CREATE TABLE roles (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(120) NOT NULL,
  permissions MEDIUMTEXT NOT NULL,
  built_in TINYINT NOT NULL,
  KEY by_create_time (create_time, id),
  KEY by_title (title, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE api_keys (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  display_name VARCHAR(120) NOT NULL,
  roles TEXT NOT NULL,
  expire_time DATETIME(6) NULL,
  revoke_time DATETIME(6) NULL,
  prefix VARCHAR(16) NOT NULL,
  creator VARCHAR(120) NOT NULL,
  KEY by_create_time (create_time, id),
  KEY by_display_name (display_name, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- SHA-256 of each key's secret in hex. A secret has 256 random bits, so a fast hash is enough.
CREATE TABLE api_key_secrets (
  secret_hash CHAR(64) NOT NULL PRIMARY KEY,
  api_key_id BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE user_passwords (
  user_id BIGINT NOT NULL PRIMARY KEY,
  -- argon2id with its parameters and salt.
  hash VARCHAR(128) NOT NULL,
  change_time DATETIME(6) NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Used tokens stay until they expire, so that a second use is recognised.
CREATE TABLE refresh_tokens (
  token_hash CHAR(64) NOT NULL PRIMARY KEY,
  -- All tokens that descend from one login.
  family CHAR(22) NOT NULL,
  user_id BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  used TINYINT NOT NULL,
  KEY by_family (family),
  KEY by_user (user_id),
  KEY by_expire_time (expire_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Failed logins by SHA-256 of the address (people type passwords into the wrong box), known address or not.
CREATE TABLE login_failures (
  address_hash CHAR(64) NOT NULL PRIMARY KEY,
  -- Times of the latest failures in microseconds since 1970, separated by commas.
  failures VARCHAR(400) NOT NULL,
  locked_until DATETIME(6) NULL,
  update_time DATETIME(6) NOT NULL,
  KEY by_update_time (update_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row. Its lock puts in order what decides whether there is an owner: the first one's making, the last one's going.
CREATE TABLE owner_lock (
  id SMALLINT NOT NULL PRIMARY KEY
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO owner_lock (id) VALUES (1);
