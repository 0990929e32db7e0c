-- The rows that the source of each bulk loop had when a pass last came to it.
CREATE TABLE IF NOT EXISTS sources (
    bulk  INTEGER PRIMARY KEY,      -- from 1, in the order of the script
    marks BLOB NOT NULL             -- eight bytes a row
) STRICT;
-- Rows that go on under the key they had in an earlier pass.
CREATE TABLE IF NOT EXISTS joined (
    new TEXT PRIMARY KEY,
    old TEXT NOT NULL
) STRICT;
-- The user's word on applied writes that the script asks for with other values now.
CREATE TABLE IF NOT EXISTS verdicts (
    intent INTEGER PRIMARY KEY,
    stands INTEGER NOT NULL         -- whether it stands for the other one, which is not sent then
) STRICT;
