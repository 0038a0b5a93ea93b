-- Files of ours that go along: with what is being typed, and with quick replies. JSON lists; NULL = none.
ALTER TABLE draft ADD COLUMN files TEXT;
ALTER TABLE quick_reply ADD COLUMN files TEXT;
