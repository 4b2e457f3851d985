-- Errors name the SKU of their variant; warnings (severity 2) are kept beside errors (1).
ALTER TABLE import_errors ADD COLUMN sku VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE import_errors ADD COLUMN severity SMALLINT NOT NULL DEFAULT 1;
