-- Putting away, muting, blocking; what a customer is worth.
ALTER TABLE conversation ADD COLUMN set_archived_at INTEGER;   -- by the fold, before an unseen message brings it back
ALTER TABLE conversation ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN score INTEGER;
ALTER TABLE conversation ADD COLUMN fields TEXT;                -- JSON object of names and values; NULL = none
-- What is put away costs the list of what is resolved nothing, and what is not costs this index nothing.
CREATE INDEX conversation_archived ON conversation(last_message_at, id) WHERE archived_at IS NOT NULL;
CREATE INDEX conversation_resolved ON conversation(last_message_at, id) WHERE status = 3 AND archived_at IS NULL;
CREATE INDEX conversation_score ON conversation(score) WHERE score IS NOT NULL;
-- Addresses whose new conversations are spam.
CREATE TABLE block (
  identity_id INTEGER PRIMARY KEY REFERENCES identity(id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL                     -- an agent's e-mail
);
