-- Lists can be filtered by these fields.
CREATE INDEX by_source ON stock_transfers (source, id);
CREATE INDEX by_destination ON stock_transfers (destination, id);
CREATE INDEX by_location ON counts (location, id);
CREATE INDEX by_location ON purchase_orders (location, id);
CREATE INDEX by_location ON purchase_receipts (location, id);
CREATE INDEX by_location ON planning_settings (location, id);
