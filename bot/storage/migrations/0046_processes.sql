-- The processes that share a database; a file has one, which is not listed.
CREATE TABLE process (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    since INTEGER NOT NULL,
    beat INTEGER NOT NULL, -- of its latest sign of life, by the database's clock
    is_draining INTEGER NOT NULL DEFAULT 0 CHECK (is_draining IN (0, 1)),
    files TEXT NOT NULL -- a digest of what its files say
) STRICT;

-- Into how many shards the processes divide the servers.
CREATE TABLE division (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    shards INTEGER NOT NULL
) STRICT;

-- Which process writes a reply, or is to see to it that a message is answered.
ALTER TABLE turn ADD COLUMN writer INTEGER NOT NULL DEFAULT 0;
