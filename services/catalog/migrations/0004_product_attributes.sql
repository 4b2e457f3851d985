-- What type a product is of, what it says of the type's attributes, and where it is filed.
ALTER TABLE products ADD COLUMN product_type VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE products ADD COLUMN attributes LONGTEXT NULL;
ALTER TABLE products ADD COLUMN categories LONGTEXT NULL;
ALTER TABLE products ADD KEY by_product_type (product_type, id);

-- Which live products are filed where; written together with the product.
CREATE TABLE product_categories (
  category_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  PRIMARY KEY (category_id, product_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
