-- What the rows of each bulk loop went by when the run first came to it.
CREATE TABLE IF NOT EXISTS keys (
    bulk   INTEGER PRIMARY KEY,     -- from 1, in the order of the script
    column TEXT NOT NULL            -- empty where rows go by their numbers
) STRICT;
