-- Electronic mail. What a mail is besides its words stands beside its message: most messages are none.
CREATE TABLE mail (
  message_id INTEGER PRIMARY KEY REFERENCES message(id),
  head TEXT NOT NULL,                     -- JSON of the domain's Mail, without its HTML
  html TEXT,
  rev_at INTEGER NOT NULL DEFAULT 0,
  rev_rank INTEGER NOT NULL DEFAULT 0
);
-- Names under which threads are known: message ids and reply tokens. Mails that share one are of one conversation.
CREATE TABLE thread_name (
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  PRIMARY KEY (account_id, name)
) WITHOUT ROWID;
CREATE INDEX thread_name_conversation ON thread_name(conversation_id);
-- Names that what carried a mail gave to it, both ways.
CREATE TABLE thread_alias (
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  other TEXT NOT NULL,
  PRIMARY KEY (account_id, name, other)
) WITHOUT ROWID;
-- Subjects by customer: an answer that names no mail is recognised by its subject.
CREATE TABLE thread_subject (
  account_id INTEGER NOT NULL,
  address TEXT NOT NULL,                  -- the customer's, folded
  subject TEXT NOT NULL,                  -- without Re: and the like, folded
  sent_at INTEGER NOT NULL,
  name TEXT NOT NULL,                     -- the mail's name in thread_name
  orphan INTEGER NOT NULL,                -- 1 = it says Re: and names no mail
  PRIMARY KEY (account_id, address, subject, sent_at, name)
) WITHOUT ROWID;
CREATE INDEX thread_subject_orphan ON thread_subject(account_id, address, subject, sent_at) WHERE orphan = 1;
-- The customer of a conversation of mails is whom its earliest mail is with.
ALTER TABLE conversation ADD COLUMN party_at INTEGER;
ALTER TABLE conversation ADD COLUMN party_rank TEXT;
-- Since when a message is seen or not, where the provider says so: the later word counts.
ALTER TABLE message ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN seen_rank INTEGER NOT NULL DEFAULT 0;
CREATE TABLE orphan_seen (                -- told before the message itself
  account_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  seen INTEGER NOT NULL,
  at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  PRIMARY KEY (account_id, external_id)
) WITHOUT ROWID;
-- To whom and about what a draft is; JSON of the domain's MailHead, NULL = not said.
ALTER TABLE draft ADD COLUMN mail TEXT;
-- A conversation that turned out to be part of another one: what is still asked of it goes there.
CREATE TABLE joined (
  gone INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversation(id)
);
CREATE INDEX joined_into ON joined(conversation_id);
-- All that was ever asked of it, so that it can be moved.
CREATE INDEX op_conversation ON op(conversation_id);
