-- The last movement of the ledger when the line was entered: corrections above it are not in `book`. 0: those later than
-- `count_time` are not.
ALTER TABLE count_lines ADD COLUMN book_movement BIGINT NOT NULL DEFAULT 0;
