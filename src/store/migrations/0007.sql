-- When an agent wants something said; NULL = as soon as it can be. `not_before` moves with every try, this does not.
ALTER TABLE op ADD COLUMN scheduled_at INTEGER;
