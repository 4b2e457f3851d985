-- From when on the first of a level's units for sale may not be sold, and how many these are. The ledger writes both with
-- the level, so that a reservation learns from the row that it locks whether lots have expired.
ALTER TABLE stock_levels ADD COLUMN expire_time DATETIME(6) NULL;
ALTER TABLE stock_levels ADD COLUMN expiring BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stock_levels ADD KEY by_expire_time (expire_time);

-- A lot has one date at all locations. Where several were stated, the earliest one is the safe one.
UPDATE stock_lots t
  JOIN (SELECT sku, lot, MIN(expire_date) AS first_date FROM stock_lots WHERE lot <> '' GROUP BY sku, lot) d
    ON d.sku = t.sku AND d.lot = t.lot
  SET t.expire_date = d.first_date
  WHERE t.lot <> '' AND d.first_date IS NOT NULL AND (t.expire_date IS NULL OR t.expire_date <> d.first_date);

UPDATE stock_levels l
  JOIN (SELECT t.sku, t.location_id, f.first_date, SUM(t.on_hand - t.damaged - t.quality_hold) AS units
        FROM stock_lots t
        JOIN (SELECT sku, location_id, MIN(expire_date) AS first_date FROM stock_lots
              WHERE on_hand > damaged + quality_hold AND expire_date IS NOT NULL GROUP BY sku, location_id) f
          ON f.sku = t.sku AND f.location_id = t.location_id AND f.first_date = t.expire_date
        WHERE t.on_hand > t.damaged + t.quality_hold GROUP BY t.sku, t.location_id, f.first_date) e
    ON e.sku = l.sku AND e.location_id = l.location_id
  SET l.expire_time = e.first_date + INTERVAL 1 DAY, l.expiring = e.units;
