-- Products with their variants, options and translations; the columns follow storeops.catalog.v1.Product.
CREATE TABLE products (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(300) NOT NULL,
  description MEDIUMTEXT NOT NULL,
  language VARCHAR(35) NOT NULL,
  translations LONGTEXT NOT NULL,
  kind SMALLINT NOT NULL,
  brand VARCHAR(120) NOT NULL,
  tags LONGTEXT NOT NULL,
  options LONGTEXT NOT NULL,
  variants LONGTEXT NOT NULL,
  KEY by_title (title, id),
  KEY by_brand (brand, id),
  KEY by_create_time (create_time, id),
  KEY by_update_time (update_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
