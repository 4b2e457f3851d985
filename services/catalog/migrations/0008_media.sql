-- Media; the columns follow storeops.catalog.v1.Media. Their content is in the blob store, by hash.
CREATE TABLE media (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  content_type VARCHAR(40) NOT NULL,
  size_bytes BIGINT NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  variants LONGTEXT NOT NULL,
  file_name VARCHAR(200) NOT NULL,
  alt_text VARCHAR(500) NOT NULL,
  language VARCHAR(35) NOT NULL,
  translations LONGTEXT NOT NULL,
  keep SMALLINT NOT NULL,
  KEY by_create_time (create_time, id),
  KEY by_hash (hash, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which live products show which media; written together with the product.
ALTER TABLE products ADD COLUMN media LONGTEXT NULL;
CREATE TABLE product_media (
  media_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  PRIMARY KEY (media_id, product_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Media that no product shows, since when.
CREATE TABLE idle_media (
  media_id BIGINT NOT NULL PRIMARY KEY,
  since DATETIME(6) NOT NULL,
  KEY by_since (since, media_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Content in the blob store that no row may own: an upload enters it before it stores anything and takes it out together
-- with writing the row; a deletion enters it again.
CREATE TABLE unowned_content (
  hash VARCHAR(64) NOT NULL PRIMARY KEY,
  since DATETIME(6) NOT NULL,
  KEY by_since (since, hash)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
