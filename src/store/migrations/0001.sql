-- The first form of a workspace. Migrations are appended, never edited once released.
-- Times are UTC milliseconds. Small numbers (status, direction ...) are the codes of the domain's words.
-- Truth: facet, message, consent, identity. Shown and derived columns of conversation are written only by the fold.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  channels TEXT NOT NULL,                 -- JSON array of channel words
  enabled INTEGER NOT NULL DEFAULT 1,
  removed_at INTEGER,                     -- no longer in the configuration; history stays
  health TEXT NOT NULL DEFAULT 'connecting',
  detail TEXT NOT NULL DEFAULT '',
  since INTEGER NOT NULL,                 -- what was sent before is history
  capabilities TEXT                       -- JSON, as the provider says
);

CREATE TABLE agent (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,             -- lower case
  active INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE team_member (
  team_id INTEGER NOT NULL REFERENCES team(id),
  agent_id INTEGER NOT NULL REFERENCES agent(id),
  PRIMARY KEY (team_id, agent_id)
) WITHOUT ROWID;

CREATE TABLE contact (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL DEFAULT '',
  name_at INTEGER NOT NULL DEFAULT 0,     -- revision of the name
  name_rank INTEGER NOT NULL DEFAULT 0,
  merged_into INTEGER REFERENCES contact(id),
  created_at INTEGER NOT NULL
);
CREATE TABLE identity (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  contact_id INTEGER NOT NULL REFERENCES contact(id),
  verified INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  UNIQUE (value, kind)
);
CREATE INDEX identity_contact ON identity(contact_id);
CREATE TABLE claim (                      -- what people say of themselves: shown, never believed
  contact_id INTEGER NOT NULL REFERENCES contact(id),
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (contact_id, kind, value)
) WITHOUT ROWID;
CREATE TABLE consent (
  account_id INTEGER NOT NULL REFERENCES account(id),
  identity_id INTEGER NOT NULL REFERENCES identity(id),
  channel INTEGER NOT NULL,
  state INTEGER NOT NULL,
  at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  said TEXT NOT NULL,
  PRIMARY KEY (account_id, identity_id, channel)
) WITHOUT ROWID;

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account(id),
  external_id TEXT NOT NULL,
  channel INTEGER NOT NULL,
  contact_id INTEGER NOT NULL REFERENCES contact(id),
  identity_id INTEGER REFERENCES identity(id),   -- the address an answer goes to
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  addr_at INTEGER NOT NULL DEFAULT 0,     -- revision of ours, theirs and identity_id
  addr_rank INTEGER NOT NULL DEFAULT 0,
  their_read_at INTEGER,                  -- they have read what we sent up to here
  -- shown: truth with the pending ops laid over it
  set_status INTEGER NOT NULL DEFAULT 0,  -- the status by the fold, before unseen messages reopen it
  set_until INTEGER,
  subject TEXT,
  status INTEGER NOT NULL DEFAULT 0,
  snoozed_until INTEGER,
  priority INTEGER NOT NULL DEFAULT 0,
  agent_id INTEGER,
  team_id INTEGER,
  labels TEXT,                            -- sorted, separated by newlines; NULL = none
  qualification INTEGER,
  qualification_reason TEXT,
  -- derived from the messages
  unread INTEGER NOT NULL DEFAULT 0,
  waiting_since INTEGER,
  last_message_at INTEGER NOT NULL DEFAULT 0,    -- 0 = nothing was said yet: such a conversation stands at the end of lists
  last_message_id INTEGER,
  last_inbound_at INTEGER,
  answered_at INTEGER,                    -- our newest public message that is neither failed nor cancelled
  answered_id INTEGER,
  preview TEXT NOT NULL DEFAULT '',
  preview_direction INTEGER,
  preview_delivery INTEGER,
  troubled INTEGER NOT NULL DEFAULT 0,
  draft INTEGER NOT NULL DEFAULT 0,
  archived_at INTEGER,
  pulled_at INTEGER,                      -- when the newest pull began that covered this conversation
  UNIQUE (account_id, external_id)
);
CREATE INDEX conversation_status ON conversation(status, last_message_at, id);
CREATE INDEX conversation_agent ON conversation(status, agent_id, last_message_at, id) WHERE status = 0;
CREATE INDEX conversation_channel ON conversation(channel, last_message_at, id) WHERE status = 0;
CREATE INDEX conversation_account ON conversation(account_id, last_message_at, id) WHERE status = 0;
CREATE INDEX conversation_waiting ON conversation(waiting_since, id) WHERE status = 0 AND waiting_since IS NOT NULL;
CREATE INDEX conversation_recent ON conversation(last_message_at, id);
-- Without the time, so that a new message does not move its entry.
CREATE INDEX conversation_contact ON conversation(contact_id);
-- For queries: what few conversations have.
CREATE INDEX conversation_owner ON conversation(agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX conversation_priority ON conversation(priority) WHERE priority > 0;
CREATE INDEX conversation_qualified ON conversation(qualification) WHERE qualification IS NOT NULL;
CREATE INDEX conversation_snoozed ON conversation(snoozed_until) WHERE status = 2 AND snoozed_until IS NOT NULL;

CREATE TABLE facet (
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,                    -- JSON of the domain's Facet
  at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, key)
) WITHOUT ROWID;

CREATE TABLE label (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE conversation_label (         -- shown labels, in the order of a label's view
  label_id INTEGER NOT NULL REFERENCES label(id),
  open INTEGER NOT NULL,
  last_message_at INTEGER NOT NULL,
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  PRIMARY KEY (label_id, open, last_message_at, conversation_id)
) WITHOUT ROWID;

CREATE TABLE participant (
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  kind INTEGER NOT NULL,                  -- an author kind
  name TEXT NOT NULL,                     -- an agent's e-mail
  since INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, kind, name)
) WITHOUT ROWID;

CREATE TABLE message (
  id INTEGER PRIMARY KEY,                 -- (second << 8) | slot
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  account_id INTEGER NOT NULL,
  external_id TEXT,
  direction INTEGER NOT NULL,
  kind INTEGER NOT NULL DEFAULT 0,
  author_kind INTEGER NOT NULL,
  author_name TEXT,
  agent_id INTEGER,
  text TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  seen INTEGER NOT NULL DEFAULT 1,        -- 0 never seen, 1 seen, 2 marked unread by hand
  said INTEGER,                           -- the furthest delivery the provider has stated: truth
  delivery INTEGER,                       -- shown: truth, else the state of the op
  code TEXT,
  human TEXT,
  price TEXT,
  op_id BLOB,                             -- the op that says it
  due_at INTEGER,
  given_up INTEGER NOT NULL DEFAULT 0,    -- 1 = an agent has dealt with its failure: it asks for nothing any more
  metadata TEXT,
  metadata_revs TEXT,                     -- JSON: revisions of keys that are not of rev_at, rev_rank; NULL = all are
  rev_at INTEGER NOT NULL DEFAULT 0,
  rev_rank INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0     -- grows with every change of the row
);
CREATE INDEX message_thread ON message(conversation_id, sent_at, id);
CREATE UNIQUE INDEX message_external ON message(external_id, account_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX message_op ON message(op_id) WHERE op_id IS NOT NULL;
CREATE INDEX message_unseen ON message(conversation_id) WHERE seen <> 1;
CREATE INDEX message_troubled ON message(conversation_id) WHERE given_up = 0 AND delivery IN (3, 4, 7);

CREATE TABLE attachment (
  id INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES message(id),
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  mime TEXT,
  size INTEGER,
  caption TEXT,
  media TEXT,                             -- where the provider keeps it
  path TEXT,                              -- where we keep it, below the workspace
  error TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER,                         -- when to (re)try fetching; NULL = nothing to do
  UNIQUE (message_id, external_id)
);
CREATE INDEX attachment_due ON attachment(due_at) WHERE due_at IS NOT NULL;

CREATE TABLE delivery_step (
  message_id INTEGER NOT NULL REFERENCES message(id),
  state INTEGER NOT NULL,
  said TEXT NOT NULL,
  code TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  source INTEGER NOT NULL,
  human TEXT,
  price TEXT,
  PRIMARY KEY (message_id, state, said, code)
) WITHOUT ROWID;
CREATE TABLE orphan_delivery (            -- told before the message itself
  account_id INTEGER NOT NULL,
  ref TEXT NOT NULL,                      -- the provider's id or our token
  said TEXT NOT NULL,                     -- tells apart what was told
  report TEXT NOT NULL,                   -- JSON
  at INTEGER NOT NULL,
  PRIMARY KEY (account_id, ref, said)
) WITHOUT ROWID;

CREATE TABLE draft (
  conversation_id INTEGER NOT NULL REFERENCES conversation(id),
  mode INTEGER NOT NULL,                  -- 0 reply, 1 note
  text TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, mode)
) WITHOUT ROWID;

CREATE TABLE op (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which agents asked
  id BLOB NOT NULL UNIQUE,
  account_id INTEGER NOT NULL,
  conversation_id INTEGER NOT NULL,
  message_id INTEGER,
  class INTEGER NOT NULL,                 -- 0 say, 1 set, 2 hint
  facet TEXT,                             -- the facet's key, for a set
  body TEXT NOT NULL,                     -- JSON of the domain's OpBody
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,                     -- when the last request was begun
  accepted TEXT,                          -- JSON of the domain's Accepted
  accepted_at INTEGER,
  code TEXT,
  human TEXT,
  actor TEXT NOT NULL                     -- who asked: an agent's e-mail
);
CREATE INDEX op_active ON op(account_id, seq) WHERE state < 6;
CREATE INDEX op_fold ON op(conversation_id, seq) WHERE state < 6;

CREATE TABLE receipt (                    -- the durable inbox: what came, before it was read
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  dedupe_key TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  headers TEXT NOT NULL,                  -- JSON
  body BLOB,                              -- dropped some days after it was done
  size INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,       -- 0 waiting, 1 done, 2 quarantined
  error TEXT,
  UNIQUE (account_id, dedupe_key)
);
-- Bodies are dropped by walking the ids; `meta` remembers how far.
CREATE INDEX receipt_open ON receipt(id) WHERE state = 0;
CREATE INDEX receipt_quarantined ON receipt(id) WHERE state = 2;

CREATE TABLE cursor (
  account_id INTEGER NOT NULL,
  stream TEXT NOT NULL,
  value TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, stream)
) WITHOUT ROWID;

CREATE TABLE quick_reply (
  id INTEGER PRIMARY KEY,
  shortcut TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  used_at INTEGER
);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  conversation_id INTEGER,
  message_id INTEGER,
  detail TEXT                             -- JSON
);
CREATE INDEX audit_conversation ON audit(conversation_id, id);

CREATE TABLE view_count (                 -- kept by the writer
  key TEXT PRIMARY KEY,
  total INTEGER NOT NULL,
  unread INTEGER NOT NULL
) WITHOUT ROWID;

-- Search: rowid = message id. Contentless, so that no second copy of the text is kept.
CREATE VIRTUAL TABLE message_fts USING fts5(
  body, content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 2"
);
-- Subjects, names and identities: rowid = conversation id.
CREATE VIRTUAL TABLE name_fts USING fts5(
  body, content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 2"
);
-- Merging is paced by the writer: never by surprise inside a commit.
INSERT INTO message_fts(message_fts, rank) VALUES ('automerge', 0);
INSERT INTO message_fts(message_fts, rank) VALUES ('crisismerge', 1024);
INSERT INTO name_fts(name_fts, rank) VALUES ('automerge', 0);
INSERT INTO name_fts(name_fts, rank) VALUES ('crisismerge', 1024);
