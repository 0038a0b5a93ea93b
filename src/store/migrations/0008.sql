-- What is put away costs no list anything: rows leave these indexes when they are archived. The one of what is resolved is then
-- a part of the one by status.
DROP INDEX conversation_status;
DROP INDEX conversation_resolved;
DROP INDEX conversation_agent;
DROP INDEX conversation_channel;
DROP INDEX conversation_account;
DROP INDEX conversation_waiting;
CREATE INDEX conversation_status ON conversation(status, last_message_at, id) WHERE archived_at IS NULL;
CREATE INDEX conversation_agent ON conversation(status, agent_id, last_message_at, id) WHERE status = 0 AND archived_at IS NULL;
CREATE INDEX conversation_channel ON conversation(channel, last_message_at, id) WHERE status = 0 AND archived_at IS NULL;
CREATE INDEX conversation_account ON conversation(account_id, last_message_at, id) WHERE status = 0 AND archived_at IS NULL;
CREATE INDEX conversation_waiting ON conversation(waiting_since, id)
  WHERE status = 0 AND waiting_since IS NOT NULL AND archived_at IS NULL;
-- Since when an agent is known under this name: what notes said before calls nobody for sure.
ALTER TABLE agent ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE agent SET since = CAST(unixepoch('subsec') * 1000 AS INTEGER);
