-- The journal of one run. Rows and intents are numbered in the order they
-- began, so that every table and index grows at its end. Moments are milliseconds
-- of Unix time; journals of earlier versions have none.

CREATE TABLE run (
    head  TEXT NOT NULL,    -- what the run is, as JSON
    state TEXT NOT NULL,
    ended TEXT              -- when it last came to an end
) STRICT;

-- A bulk loop of the script.
CREATE TABLE bulks (
    number  INTEGER PRIMARY KEY,    -- from 1, in the order of the script
    columns TEXT NOT NULL,          -- of the rows it is given, as JSON
    hidden  TEXT NOT NULL           -- those that held secrets, as JSON
) STRICT;

-- A row exists from its first write; it has no state until it ended.
CREATE TABLE rows (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL,
    bulk      INTEGER,
    number    INTEGER,
    line      INTEGER,
    state     TEXT,
    unchanged INTEGER,
    columns   TEXT,         -- what the closure returned, as JSON
    original  TEXT,         -- the cells it was given, as JSON
    error     TEXT,         -- as JSON
    millis    INTEGER,
    ended     INTEGER       -- the moment
) STRICT;

CREATE TABLE intents (
    id          INTEGER PRIMARY KEY,
    row         INTEGER NOT NULL,   -- 0 for the script itself
    action      TEXT NOT NULL,
    fingerprint BLOB NOT NULL,      -- of what was sent, then of what is shown of it where it differs
    params      TEXT NOT NULL,      -- without secrets, as JSON
    begun       INTEGER,            -- the moment
    boot        INTEGER,            -- which start of the machine, as a number of its own
    alive       INTEGER,            -- milliseconds since that start
    seen        INTEGER,            -- the highest id in the list it would be looked for in
    read_day    INTEGER,            -- when that was read: the moment
    read_alive  INTEGER,            -- the same as alive
    read_took   INTEGER,            -- at most so many milliseconds later
    place       TEXT                -- the script's text, line and column it was asked for at
) STRICT;

CREATE INDEX intents_by_row ON intents (row);

CREATE TABLE outcomes (
    intent  INTEGER PRIMARY KEY,
    state   TEXT NOT NULL,
    reply   TEXT,           -- without secrets, as JSON
    kind    TEXT,
    message TEXT,
    http    INTEGER,
    by_user INTEGER NOT NULL,
    settled INTEGER,        -- the moment it was known
    micros  INTEGER,        -- how long the server took, where it was asked
    boot    INTEGER,        -- of one in doubt: when it was last sent, as with intents
    alive   INTEGER
) STRICT;
