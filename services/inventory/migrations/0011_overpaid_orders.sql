-- Orders that are paid beyond what is due get the payment status of such (8, OVERPAID), so that lists find them. The
-- order itself is completed when it is read. 4 and 5: cancelled, expired; nothing of these is due. Orders that were sent
-- in part, and whose rest was cancelled without a refund, are found once they change.
UPDATE orders SET payment_status = 8
WHERE historical = 0 AND captured_minor > refunded_minor
  AND (status IN (4, 5) OR captured_minor - refunded_minor > total_minor);
