-- Who is called by the notes of a conversation: ids of agents separated by blanks, with ! behind those who have not seen it.
ALTER TABLE conversation ADD COLUMN mentions TEXT;
CREATE TABLE conversation_mention (       -- the same, in the order of an agent's view
  agent_id INTEGER NOT NULL,
  last_message_at INTEGER NOT NULL,
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  PRIMARY KEY (agent_id, last_message_at, conversation_id)
) WITHOUT ROWID;
