-- What the catalog sells, by SKU, as far as inventory follows it.
CREATE TABLE catalog_items (
  sku VARCHAR(64) NOT NULL PRIMARY KEY,
  -- "products/{id}"
  product VARCHAR(64) NOT NULL,
  title VARCHAR(2000) NOT NULL,
  -- 1: charged but not stocked.
  service TINYINT NOT NULL,
  KEY by_product (product)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
