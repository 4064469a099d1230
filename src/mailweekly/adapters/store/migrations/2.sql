-- From 1: scheduled sends and canaries, the recipient's domain, pace by domain, caps, workers and the ledger's home.

ALTER TABLE deliveries ADD COLUMN domain TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN relay TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET domain = lower(substr(key, instr(key, '@') + 1));

CREATE TABLE sends_2 (
    id              INTEGER PRIMARY KEY,
    issue           TEXT NOT NULL,
    audience        TEXT NOT NULL,
    kind            TEXT NOT NULL,
    edition         TEXT NOT NULL REFERENCES editions(digest),
    audience_digest TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('scheduled', 'running', 'paused', 'finished', 'cancelled')),
    reason          TEXT NOT NULL DEFAULT '',
    created_at      REAL NOT NULL,
    finished_at     REAL,
    due_at          REAL,
    canary_id       INTEGER,
    canary_hold_s   REAL NOT NULL DEFAULT 0,
    held_until      REAL,
    UNIQUE (issue, audience, kind)
);
INSERT INTO sends_2 (id, issue, audience, kind, edition, audience_digest, state, reason, created_at, finished_at)
    SELECT id, issue, audience, kind, edition, audience_digest, state, reason, created_at, finished_at FROM sends;
DROP TABLE sends;
ALTER TABLE sends_2 RENAME TO sends;

CREATE TABLE caps (scope TEXT NOT NULL, span TEXT NOT NULL, taken INTEGER NOT NULL, PRIMARY KEY (scope, span)) WITHOUT ROWID;
CREATE TABLE domains (
    name TEXT PRIMARY KEY, interval_s REAL NOT NULL, until REAL NOT NULL, next_at REAL NOT NULL, good INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE workers (
    name TEXT PRIMARY KEY, machine TEXT NOT NULL, process INTEGER NOT NULL, version TEXT NOT NULL,
    started_at REAL NOT NULL, lease_until REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE home (id INTEGER PRIMARY KEY CHECK (id = 1), machine TEXT NOT NULL, file TEXT NOT NULL, runs INTEGER NOT NULL);
