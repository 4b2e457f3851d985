-- What the customer has yet to pay; below zero: what the shop owes. Written with the order. NULL: the order is older than
-- this column and a job has not come to it yet.
ALTER TABLE orders ADD COLUMN balance_due_minor BIGINT NULL;
ALTER TABLE orders ADD KEY by_balance_due (balance_due_minor, place_time, id);
