-- Every time the run was started or taken up again; one that was killed has no end.
CREATE TABLE IF NOT EXISTS passes (
    number INTEGER PRIMARY KEY,     -- from 1
    began  INTEGER NOT NULL,        -- milliseconds of Unix time
    ended  INTEGER,
    state  TEXT
) STRICT;
