-- Lines for what is charged but not stocked: nobody plans to buy it.
ALTER TABLE order_lines ADD COLUMN service TINYINT NOT NULL DEFAULT 0;
