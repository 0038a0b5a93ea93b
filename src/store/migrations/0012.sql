-- The place of a file among those of its message, from 0, where the provider told one. Those that are there keep the order in which they came.
ALTER TABLE attachment ADD COLUMN place INTEGER;
UPDATE attachment SET place =
  (SELECT count(*) FROM attachment o WHERE o.message_id = attachment.message_id AND o.id < attachment.id);
-- Until when an account sends nothing, and why: what waits in the outbox tells it.
ALTER TABLE account ADD COLUMN paused_until INTEGER;
ALTER TABLE account ADD COLUMN paused_why TEXT;
