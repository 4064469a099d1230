-- From 2: when and how people came, what was agreed, who was erased, and what became of each.

ALTER TABLE subscribers ADD COLUMN joined_at REAL;
ALTER TABLE subscribers ADD COLUMN confirmed_at REAL;
ALTER TABLE subscribers ADD COLUMN left_at REAL;
ALTER TABLE subscribers ADD COLUMN consent TEXT NOT NULL DEFAULT '{}';
ALTER TABLE subscribers ADD COLUMN frequency TEXT NOT NULL DEFAULT '';
CREATE TABLE erased (mark TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE story (
    id INTEGER PRIMARY KEY, subscriber_id INTEGER NOT NULL, key TEXT NOT NULL, at REAL NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL
);
CREATE INDEX story_of ON story (key, id);
