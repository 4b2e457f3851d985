-- The category tree; the columns follow storeops.catalog.v1.Category. `parent` is a name, "" for roots.
CREATE TABLE categories (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(300) NOT NULL,
  description MEDIUMTEXT NOT NULL,
  language VARCHAR(35) NOT NULL,
  translations LONGTEXT NOT NULL,
  parent VARCHAR(64) NOT NULL,
  position INT NOT NULL,
  slug VARCHAR(120) NOT NULL,
  KEY by_title (title, id),
  KEY by_create_time (create_time, id),
  KEY by_parent (parent, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row. Whoever changes the shape of the tree takes it first: two moves at once could close a circle.
CREATE TABLE category_tree (
  id SMALLINT NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO category_tree (id, revision) VALUES (1, 0);
