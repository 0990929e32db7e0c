-- What a write was about to change or remove, as it was before.
CREATE TABLE IF NOT EXISTS snapshots (
    intent INTEGER PRIMARY KEY,
    record TEXT NOT NULL,   -- without secrets, as JSON
    old    TEXT NOT NULL    -- the old value of what the write set, as JSON; null of a secret
) STRICT;
