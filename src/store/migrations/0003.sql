-- Addresses that people say are theirs are asked for by value, as proved ones are.
CREATE INDEX claim_value ON claim(value);
-- Receipts that were not done when bodies of their age were dropped: theirs go once they are.
CREATE TABLE receipt_late (receipt_id INTEGER PRIMARY KEY REFERENCES receipt(id));
DELETE FROM meta WHERE key = 'receipts-dropped-to';
