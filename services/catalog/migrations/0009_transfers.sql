-- What imports found wrong with their files, numbered from 1 in the order of the file.
CREATE TABLE import_errors (
  operation_id BIGINT NOT NULL,
  number INT NOT NULL,
  line BIGINT NOT NULL,
  column_number BIGINT NOT NULL,
  field VARCHAR(200) NOT NULL,
  message VARCHAR(1000) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  PRIMARY KEY (operation_id, number),
  KEY by_create_time (create_time)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Files of imports that are under way; removed with the file itself.
CREATE TABLE import_files (
  blob_name VARCHAR(190) NOT NULL PRIMARY KEY,
  -- 0 while it is being uploaded.
  operation_id BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
