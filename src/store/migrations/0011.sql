-- Whom a mail did not reach: addresses, as they were told.
CREATE TABLE missed (
  message_id INTEGER NOT NULL REFERENCES message(id),
  address TEXT NOT NULL,
  PRIMARY KEY (message_id, address)
) WITHOUT ROWID;
-- By what a conversation is found besides: who takes part in its mails, what they are about, and what their files are called.
CREATE TABLE mail_word (
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  words TEXT NOT NULL,
  PRIMARY KEY (conversation_id, words)
) WITHOUT ROWID;
