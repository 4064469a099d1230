-- Version 3. Instants are seconds since the epoch (REAL, UTC). Without the trigger's help no statement could keep the state machine; with it
-- no statement, ours or another tool's, can break it.

CREATE TABLE editions (            -- frozen: editing or deleting the issue in mid-send changes nothing
    digest     TEXT PRIMARY KEY,
    program    BLOB NOT NULL,      -- message.program, as bytes
    subject    TEXT NOT NULL,
    frozen_at  REAL NOT NULL
);

CREATE TABLE sends (
    id              INTEGER PRIMARY KEY,
    issue           TEXT NOT NULL,     -- "78"
    audience        TEXT NOT NULL,     -- the list's name, not its digest: one new subscriber must not make it another send
    kind            TEXT NOT NULL,     -- issue; correction, correction-2 …
    edition         TEXT NOT NULL REFERENCES editions(digest),
    audience_digest TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('scheduled', 'running', 'paused', 'finished', 'cancelled')),
    reason          TEXT NOT NULL DEFAULT '',
    created_at      REAL NOT NULL,
    finished_at     REAL,
    due_at          REAL,              -- of a scheduled one
    canary_id       INTEGER,           -- deliveries up to this id go first; NULL: all at once
    canary_hold_s   REAL NOT NULL DEFAULT 0,
    paused_at       REAL,              -- since when, of a paused one
    held_until      REAL,              -- the canary is through: the others may go from here on
    program         BLOB,              -- where it is not the edition's: of another list, or another kind
    within          TEXT NOT NULL DEFAULT '', -- of a segment: the list it is a part of; '': of any
    UNIQUE (issue, audience, kind)     -- the same issue cannot go out twice by accident
);

CREATE TABLE deliveries (
    id            INTEGER PRIMARY KEY, -- in the order of sending: the domains take turns
    send_id       INTEGER NOT NULL REFERENCES sends(id),
    subscriber_id INTEGER NOT NULL,
    key           TEXT NOT NULL,       -- the address normalised
    address       TEXT NOT NULL,       -- as it goes on the wire
    name          TEXT NOT NULL,
    fields        TEXT NOT NULL,       -- JSON object: the reader's own fields at the freeze
    tags          TEXT NOT NULL DEFAULT '[]',       -- JSON array: what conditional blocks ask for
    state         TEXT NOT NULL,
    fence         INTEGER NOT NULL DEFAULT 0,  -- rises with every claim
    worker        TEXT NOT NULL DEFAULT '',
    attempts      INTEGER NOT NULL DEFAULT 0,
    due_at        REAL NOT NULL DEFAULT 0,     -- of a waiting one
    first_try_at  REAL,                -- also the Date of the message, on every try
    message_id    TEXT NOT NULL DEFAULT '',
    intent_at     REAL,
    outcome_at    REAL,
    code          INTEGER,             -- the relay's last final reply
    reply         TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '',
    domain        TEXT NOT NULL DEFAULT '',    -- of the address, in lower case
    relay         TEXT NOT NULL DEFAULT '',    -- the name of the relay that answered last
    route         TEXT NOT NULL DEFAULT '',    -- of a claimed one: the scope of the relay that holds it
    status        TEXT NOT NULL DEFAULT '',    -- the reply's enhanced status
    cause         TEXT NOT NULL DEFAULT '',    -- bounce.cause: why it was refused
    idle_s        REAL NOT NULL DEFAULT 0,     -- of the time since its first try, what the send was paused
    void          INTEGER NOT NULL DEFAULT 0,  -- 1: this refusal stopped the send; it counts against nobody
    bounce        TEXT NOT NULL DEFAULT '',    -- bounce.cause or 'complaint': what came back after it was accepted
    bounced_at    REAL,
    UNIQUE (send_id, key)
);
-- All that is to be counted or claimed stands in an index (`tallies`): a status of a million deliveries reads no row of them. `done` grows at its end.
CREATE INDEX waiting ON deliveries (send_id, due_at, id, state, outcome_at, domain, relay) WHERE state IN ('queued', 'deferred');
CREATE INDEX done ON deliveries (send_id, outcome_at, state, domain, relay)
    WHERE state IN ('accepted', 'rejected', 'expired', 'unknown', 'skipped');
CREATE INDEX held ON deliveries (send_id, state) WHERE state IN ('claimed', 'sending', 'unknown');

CREATE INDEX bounced ON deliveries (send_id, bounce) WHERE bounce <> '';

CREATE TABLE moves (               -- delivery.states.MOVES, so that the database itself refuses any other
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    PRIMARY KEY (old, new)
) WITHOUT ROWID;
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON deliveries
WHEN OLD.state <> NEW.state AND NOT EXISTS (SELECT 1 FROM moves WHERE old = OLD.state AND new = NEW.state)
    -- states.BY_WORD: a refusal that stopped the send is taken back by the editor's word, and by nothing else
    AND NOT (OLD.state = 'rejected' AND NEW.state = 'queued' AND OLD.void = 1 AND NEW.void = 0)
BEGIN
    SELECT RAISE(ABORT, 'illegal move of a delivery');
END;

CREATE TABLE rate (                -- pace.Slots, one row a scope: "relay", "relay:NAME", "domain:GROUP"
    scope      TEXT PRIMARY KEY,
    next_at    REAL NOT NULL,
    in_batch   INTEGER NOT NULL,
    granted_at REAL NOT NULL,
    body_at    REAL NOT NULL DEFAULT 0 -- when the next body may leave: also those held up keep their distance
) WITHOUT ROWID;

CREATE TABLE caps (                -- the bodies that left in an hour or a day, for limits that count
    scope TEXT NOT NULL,           -- as in rate
    span  TEXT NOT NULL,           -- "2026-12-01", "2026-12-01T09" or "2026-12-01T09:15", UTC
    taken INTEGER NOT NULL,
    PRIMARY KEY (scope, span)
) WITHOUT ROWID;

CREATE TABLE domains (             -- receivers.Receiver: a recipient domain group, or "relay:NAME", that asked for patience
    name       TEXT PRIMARY KEY,
    interval_s REAL NOT NULL,      -- between two messages, at slowed_at; 0: no limit
    until      REAL NOT NULL,      -- nothing before this
    next_at    REAL NOT NULL,
    slowed_at  REAL NOT NULL,
    parked_to  REAL NOT NULL,      -- waiting rows up to here know when to ask again
    reason     TEXT NOT NULL       -- of a paused one
) WITHOUT ROWID;

CREATE TABLE workers (             -- who works on this ledger, and until when that is to be believed
    name        TEXT PRIMARY KEY,
    machine     TEXT NOT NULL,
    process     INTEGER NOT NULL,
    version     TEXT NOT NULL,
    started_at  REAL NOT NULL,
    lease_until REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE home (                -- one row: where this ledger lives, so that a copy of it is not mistaken for it
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    machine TEXT NOT NULL,
    file    TEXT NOT NULL,
    runs    INTEGER NOT NULL       -- rises with every run; a restored backup is behind the mark beside it
);

CREATE TABLE events (              -- the audit trail: what was decided, by whom or what
    id   INTEGER PRIMARY KEY,
    at   REAL NOT NULL,
    send_id INTEGER,
    what TEXT NOT NULL
);

CREATE TABLE subscribers (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: tokens and logs name it
    key     TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,             -- as first written
    name    TEXT NOT NULL,
    status  TEXT NOT NULL CHECK (status IN ('active', 'pending', 'suppressed')),
    tags    TEXT NOT NULL,             -- JSON array
    data    TEXT NOT NULL,             -- JSON object of strings
    joined_at    REAL,                 -- first known to us, or to the service they came from
    confirmed_at REAL,                 -- they said yes by a link, or the file that brought them says so
    left_at      REAL,                 -- they left by themselves
    consent      TEXT NOT NULL DEFAULT '{}',    -- JSON object of strings: the evidence (form, wording, address of the net, source)
    frequency    TEXT NOT NULL DEFAULT '' -- '': every issue; 'monthly': the first of a month
);
CREATE TABLE memberships (
    list          TEXT NOT NULL,
    subscriber_id INTEGER NOT NULL REFERENCES subscribers(id),
    by_file       INTEGER NOT NULL,    -- 1: came by the list file, and leaves the list with its row
    PRIMARY KEY (list, subscriber_id)
) WITHOUT ROWID;
CREATE TABLE suppressions (        -- outlive the subscriber's row, and beat every import
    key    TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    since  REAL,
    origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE erased (              -- a keyed hash of the address and nothing else, so that no file brings them back
    mark TEXT PRIMARY KEY,
    at   REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE story (               -- what became of a person: joined, confirmed, changed, suppressed, left
    id            INTEGER PRIMARY KEY,
    subscriber_id INTEGER NOT NULL, -- 0: of a key that never had a row
    key           TEXT NOT NULL,
    at            REAL NOT NULL,
    what          TEXT NOT NULL,    -- one word
    why           TEXT NOT NULL     -- where from, in people's words; never visitor's text
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
