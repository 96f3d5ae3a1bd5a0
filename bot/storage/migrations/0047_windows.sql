-- What several processes may do together only so often, and what only one of them may do: each use has a place
-- in its window until it is as old as the window is long. A file has one process, which counts by itself.

CREATE TABLE window_place (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL, -- of its latest use, by the database's clock
    PRIMARY KEY (name, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE process ADD COLUMN streams INTEGER NOT NULL DEFAULT 0; -- how many replies are being written there
