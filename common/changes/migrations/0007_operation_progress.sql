-- Attempts begun since work on the operation last stored a new checkpoint: what counts for giving it up.
ALTER TABLE operations ADD COLUMN fruitless_attempts INT NOT NULL DEFAULT 0;
