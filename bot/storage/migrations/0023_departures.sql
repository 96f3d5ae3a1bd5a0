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
