-- What people asked to be forgotten, from the moment they ask until nothing of it is left in any file.
CREATE TABLE erasure (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER, -- who asked; NULL: their rows are gone, and the index, the journal and the copies are to follow
    everywhere INTEGER NOT NULL CHECK (everywhere IN (0, 1)), -- 0: in the channels of `erasure_channel` only
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE erasure_channel (
    erasure_id INTEGER NOT NULL REFERENCES erasure (id) ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    PRIMARY KEY (erasure_id, channel_id)
) STRICT, WITHOUT ROWID;

-- The turns that it changes. No reference: the turn may be gone.
CREATE TABLE erasure_turn (
    erasure_id INTEGER NOT NULL REFERENCES erasure (id) ON DELETE CASCADE,
    turn_id INTEGER NOT NULL,
    is_reply INTEGER NOT NULL CHECK (is_reply IN (0, 1)), -- 1: a persona's, which loses its text
    PRIMARY KEY (erasure_id, turn_id)
) STRICT, WITHOUT ROWID;

-- When people were forgotten: what they said before is not stored again, should the bot read it once more.
CREATE TABLE forgotten (
    user_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL, -- 0: everywhere
    at INTEGER NOT NULL, -- deleted after a month
    PRIMARY KEY (user_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Few replies are rewritten by people.
CREATE INDEX turn_by_editor ON turn (editor_id) WHERE editor_id IS NOT NULL;
CREATE INDEX swipe_by_editor ON swipe (editor_id) WHERE editor_id IS NOT NULL;
