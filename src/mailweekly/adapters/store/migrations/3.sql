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
CREATE TABLE departures (          -- who left one list and stayed on others: no file brings them back to it
    list          TEXT NOT NULL,
    subscriber_id INTEGER NOT NULL,
    at            REAL NOT NULL,
    PRIMARY KEY (list, subscriber_id)
) WITHOUT ROWID;
CREATE TRIGGER no_return BEFORE INSERT ON memberships
WHEN EXISTS (SELECT 1 FROM departures WHERE list = NEW.list AND subscriber_id = NEW.subscriber_id)
BEGIN
    SELECT RAISE(IGNORE);
END;
CREATE TABLE letters (             -- mail to one person beside the issues: written down first, then sent
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: confirmation links name it
    subscriber_id INTEGER NOT NULL,
    key           TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('confirm', 'already', 'welcome', 'latest')),
    lists         TEXT NOT NULL,   -- JSON array
    lang          TEXT NOT NULL,
    at            REAL NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    due_at        REAL NOT NULL,
    done_at       REAL,
    reply         TEXT NOT NULL DEFAULT '',
    used_at       REAL             -- of a confirmation: when its button was pressed
);
CREATE INDEX letters_due ON letters (due_at) WHERE state = 'waiting';
CREATE INDEX letters_of ON letters (key, at);
CREATE INDEX letters_open ON letters (at) WHERE kind = 'confirm' AND used_at IS NULL;
CREATE TABLE knocks (              -- sign-ups asked for in an hour: by a keyed mark of the net they came from, and in all
    scope TEXT NOT NULL,
    hour  INTEGER NOT NULL,        -- since the epoch
    taken INTEGER NOT NULL,
    PRIMARY KEY (scope, hour)
) WITHOUT ROWID;
