-- What becomes of a receipt stands beside it: saying "done" writes a few bytes, not the whole push once more.
CREATE TABLE receipt_waiting (receipt_id INTEGER PRIMARY KEY REFERENCES receipt(id));
CREATE TABLE receipt_quarantine (
  receipt_id INTEGER PRIMARY KEY REFERENCES receipt(id),
  error TEXT NOT NULL
);
INSERT INTO receipt_waiting(receipt_id) SELECT id FROM receipt WHERE state = 0;
INSERT INTO receipt_quarantine(receipt_id, error) SELECT id, coalesce(error, '') FROM receipt WHERE state = 2;
DROP INDEX receipt_open;
DROP INDEX receipt_quarantined;
ALTER TABLE receipt DROP COLUMN state;
ALTER TABLE receipt DROP COLUMN error;
