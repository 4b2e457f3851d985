-- Product types with their attributes; the columns follow storeops.catalog.v1.ProductType.
CREATE TABLE product_types (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  delete_time DATETIME(6) NULL,
  title VARCHAR(120) NOT NULL,
  translated_titles LONGTEXT NOT NULL,
  attributes LONGTEXT NOT NULL,
  KEY by_title (title, id),
  KEY by_create_time (create_time, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
