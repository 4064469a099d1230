-- From 1: scheduled sends and canaries, the recipient's domain, pace by domain, caps, workers and the ledger's home.

ALTER TABLE deliveries ADD COLUMN domain TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN relay TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN route TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN idle_s REAL NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN void INTEGER NOT NULL DEFAULT 0;
DROP INDEX waiting;
CREATE INDEX waiting ON deliveries (send_id, due_at, id, state, outcome_at, domain, relay) WHERE state IN ('queued', 'deferred');
CREATE INDEX done ON deliveries (send_id, outcome_at, state, domain, relay)
    WHERE state IN ('accepted', 'rejected', 'expired', 'unknown', 'skipped');
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
    paused_at       REAL,
    held_until      REAL,
    program         BLOB,
    UNIQUE (issue, audience, kind)
);
INSERT INTO sends_2 (id, issue, audience, kind, edition, audience_digest, state, reason, created_at, finished_at)
    SELECT id, issue, audience, kind, edition, audience_digest, state, reason, created_at, finished_at FROM sends;
DROP TABLE sends;
ALTER TABLE sends_2 RENAME TO sends;

ALTER TABLE rate ADD COLUMN body_at REAL NOT NULL DEFAULT 0;
CREATE TABLE caps (scope TEXT NOT NULL, span TEXT NOT NULL, taken INTEGER NOT NULL, PRIMARY KEY (scope, span)) WITHOUT ROWID;
CREATE TABLE domains (
    name TEXT PRIMARY KEY, interval_s REAL NOT NULL, until REAL NOT NULL, next_at REAL NOT NULL, slowed_at REAL NOT NULL,
    parked_to REAL NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
DROP TRIGGER legal_move;
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON deliveries
WHEN OLD.state <> NEW.state AND NOT EXISTS (SELECT 1 FROM moves WHERE old = OLD.state AND new = NEW.state)
    AND NOT (OLD.state = 'rejected' AND NEW.state = 'queued' AND OLD.void = 1 AND NEW.void = 0)
BEGIN
    SELECT RAISE(ABORT, 'illegal move of a delivery');
END;
CREATE TABLE workers (
    name TEXT PRIMARY KEY, machine TEXT NOT NULL, process INTEGER NOT NULL, version TEXT NOT NULL,
    started_at REAL NOT NULL, lease_until REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE home (id INTEGER PRIMARY KEY CHECK (id = 1), machine TEXT NOT NULL, file TEXT NOT NULL, runs INTEGER NOT NULL);
