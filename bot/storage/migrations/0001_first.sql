-- What one evening of play leaves behind.
--
-- Times are milliseconds since 1970 UTC. Ids of channels, people and messages are Discord's
-- (invented ones in a rehearsal). Names: a turn is what one speaker contributed, a post is a
-- message of ours that shows a page of it.

CREATE TABLE scene (
    -- AUTOINCREMENT here and below: the id of something deleted is never given again, so what
    -- still names it (a button, a log) cannot come to mean something else.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Deferred: a place and its first scene point at each other and are made in one transaction.
    channel_id INTEGER NOT NULL REFERENCES place (channel_id) DEFERRABLE INITIALLY DEFERRED,
    title TEXT NOT NULL,
    -- The first turn that prompts hold. No reference: that turn may be deleted, and then the
    -- window begins at the next one that is left.
    window_start INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE place (
    channel_id INTEGER PRIMARY KEY,
    parent_id INTEGER, -- of a thread
    guild_id INTEGER, -- NULL in a rehearsal
    scene_id INTEGER NOT NULL REFERENCES scene (id) -- the one being played; the others rest
) STRICT;

CREATE TABLE turn (
    -- The order of ids is the order of the story.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scene_id INTEGER NOT NULL REFERENCES scene (id) ON DELETE CASCADE,
    user_id INTEGER,
    persona_key TEXT, -- the persona's file may be gone: no reference
    name TEXT NOT NULL, -- as the model was told it, for ever
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    message_id INTEGER UNIQUE, -- a person's message: delivered twice, stored once
    created_at INTEGER NOT NULL,
    -- NULL while a persona's turn is being written, and for people's, which arrive whole.
    -- No list of values here: a new ending must not need a new table.
    ending TEXT,
    CHECK ((user_id IS NULL) <> (persona_key IS NULL)),
    CHECK (persona_key IS NOT NULL OR ending IS NULL),
    CHECK (persona_key IS NULL OR message_id IS NULL) -- a persona's messages are posts
) STRICT;

-- A prompt reads a stretch of one scene, forwards or backwards, and must not pay for the rest.
CREATE INDEX turn_by_scene ON turn (scene_id, id);

-- Read at every start; a handful of rows among any number.
CREATE INDEX turn_unfinished ON turn (id)
WHERE persona_key IS NOT NULL AND (ending IS NULL OR ending = 'crashed');

-- What a prompt may hold: words, and no reply that is still growing.
CREATE VIEW spoken AS
SELECT * FROM turn
WHERE text <> '' AND (persona_key IS NULL OR ending IS NOT NULL);

CREATE TABLE post (
    turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    -- An order, not a count: a deleted post leaves a gap, so that a page being sent keeps its number.
    page INTEGER NOT NULL,
    -- The page shows text[slice_start:slice_end], in code points.
    slice_start INTEGER NOT NULL,
    slice_end INTEGER NOT NULL,
    -- Sent with the post: Discord answers a repeated nonce with the post it already has.
    nonce TEXT NOT NULL,
    -- NULL from the moment before sending until Discord has answered.
    message_id INTEGER UNIQUE,
    PRIMARY KEY (turn_id, page),
    CHECK (0 <= slice_start AND slice_start <= slice_end)
) STRICT, WITHOUT ROWID;

-- The API name of a person in a channel, by the display name they bore. Kept for ever, so that
-- the model meets the same person under the same name tomorrow.
CREATE TABLE alias (
    channel_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    display_name TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (channel_id, user_id, display_name)
) STRICT, WITHOUT ROWID;

-- Two people never share a name. One person may have it from two display names (bare, and with
-- invisible characters in it), which a UNIQUE would forbid.
CREATE TRIGGER alias_is_one_persons BEFORE INSERT ON alias
WHEN EXISTS (
    SELECT 1 FROM alias
    WHERE channel_id = NEW.channel_id AND name = NEW.name AND user_id <> NEW.user_id
)
BEGIN
    SELECT RAISE(ABORT, 'this name is another person''s');
END;

-- The persona that was given a channel by command; a binding in the configuration is not here.
CREATE TABLE binding (
    channel_id INTEGER PRIMARY KEY,
    persona_key TEXT NOT NULL,
    by_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- What a channel has been told and need not hear twice.
CREATE TABLE notice (
    channel_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL, -- a persona's key, say; '' where the kind says all
    created_at INTEGER NOT NULL,
    PRIMARY KEY (channel_id, kind, about)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Tokens are paid for even when the turn is deleted; one turn may cost several times.
    turn_id INTEGER REFERENCES turn (id) ON DELETE SET NULL,
    -- NULL where the API did not say.
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    total_tokens INTEGER,
    model TEXT NOT NULL,
    reported INTEGER NOT NULL CHECK (reported IN (0, 1)), -- 0: our estimate
    created_at INTEGER NOT NULL
) STRICT;

-- Without it each deleted turn would read the whole table.
CREATE INDEX usage_by_turn ON usage (turn_id);
