-- Where each further server of the run was when the run first spoke to it.
CREATE TABLE IF NOT EXISTS servers (
    name  TEXT PRIMARY KEY,     -- its profile's
    place TEXT NOT NULL         -- host and path
) STRICT;
