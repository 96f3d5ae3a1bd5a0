-- Channels and threads that were deleted on Discord, until all that is stored of them is deleted here too: that takes
-- several transactions where much is stored, and a kill between two of them must not leave the rest.
CREATE TABLE deletion (
    channel_id INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

-- Servers that the bot is not on anymore. A row is deleted when the bot is back.
CREATE TABLE server (
    id INTEGER PRIMARY KEY,
    left_at INTEGER NOT NULL
) STRICT;

-- Channels and categories of such a server for which something is set, or that were told something: nothing else says
-- which server they belong to, where nothing was said in them.
CREATE TABLE server_channel (
    server_id INTEGER NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    PRIMARY KEY (server_id, channel_id)
) STRICT, WITHOUT ROWID;
