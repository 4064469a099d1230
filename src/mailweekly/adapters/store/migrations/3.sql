-- From 2: when and how people came, what was agreed, who was erased, and what became of each.

ALTER TABLE subscribers ADD COLUMN joined_at REAL;
ALTER TABLE subscribers ADD COLUMN confirmed_at REAL;
ALTER TABLE subscribers ADD COLUMN left_at REAL;
ALTER TABLE subscribers ADD COLUMN consent TEXT NOT NULL DEFAULT '{}';
ALTER TABLE subscribers ADD COLUMN frequency TEXT NOT NULL DEFAULT '';
ALTER TABLE sends ADD COLUMN within TEXT NOT NULL DEFAULT '';
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
    kind          TEXT NOT NULL CHECK (kind IN ('confirm', 'already', 'welcome', 'latest', 'leave')),
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
ALTER TABLE deliveries ADD COLUMN bounce TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN bounced_at REAL;
CREATE INDEX bounced ON deliveries (send_id, bounce) WHERE bounce <> '';
CREATE TABLE notices (             -- mails that came in, each once
    id      INTEGER PRIMARY KEY,
    digest  TEXT NOT NULL UNIQUE,  -- SHA-256 of the mail
    at      REAL NOT NULL,
    ref     TEXT NOT NULL,         -- what the mailbox calls it, where it stays there; else empty
    kind    TEXT NOT NULL,         -- bounce.model.Kind
    verdict TEXT NOT NULL,         -- one word: what followed
    review  INTEGER NOT NULL,      -- 1: waits for an editor's look
    subject TEXT NOT NULL,
    what    TEXT NOT NULL,
    key     TEXT NOT NULL DEFAULT '', -- whom it is about first; of several bounces see `bounces`
    raw     BLOB                   -- the mail, compressed; NULL after 90 days
);
CREATE INDEX notices_for_review ON notices (id) WHERE review = 1;
CREATE INDEX notices_there ON notices (ref) WHERE ref <> '';
CREATE INDEX notices_of ON notices (key) WHERE key <> '';
CREATE INDEX notices_whole ON notices (at) WHERE raw IS NOT NULL;
CREATE TABLE bounces (             -- what came back, by reader
    id            INTEGER PRIMARY KEY,
    notice_id     INTEGER NOT NULL,
    delivery_id   INTEGER NOT NULL,
    subscriber_id INTEGER NOT NULL,
    key           TEXT NOT NULL,
    issue         TEXT NOT NULL,
    at            REAL NOT NULL,
    reason        TEXT NOT NULL,   -- bounce.cause
    status        TEXT NOT NULL,
    source        TEXT NOT NULL,   -- bounce.model.Source
    proven        INTEGER NOT NULL -- 1: by a token or a Message-ID of ours
);
CREATE INDEX bounces_of ON bounces (key, at);
