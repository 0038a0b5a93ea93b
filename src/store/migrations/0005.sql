-- Quick replies have variants: one shortcut, told apart by medium and language ('' = any). A slot is a key that inserts one.
CREATE TABLE quick_reply_new (
  id INTEGER PRIMARY KEY,
  shortcut TEXT NOT NULL,
  channel TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  slot INTEGER,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  used_at INTEGER,
  UNIQUE (shortcut, channel, language)
);
INSERT INTO quick_reply_new(id, shortcut, title, body, uses, used_at)
  SELECT id, shortcut, title, body, uses, used_at FROM quick_reply;
DROP TABLE quick_reply;
ALTER TABLE quick_reply_new RENAME TO quick_reply;
