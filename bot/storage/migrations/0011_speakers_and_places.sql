-- Speakers in a table of their own: a turn refers to its speaker, whose name for the model is looked up when a
-- prompt is built. And a place may be one person's own: its key is the channel and the owner.

-- A speaker is a person under one display name in one place, or a persona.
CREATE TABLE speaker (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL,
    owner INTEGER NOT NULL DEFAULT 0,
    user_id INTEGER,
    persona_key TEXT, -- the persona's file may be gone: no reference
    display_name TEXT, -- NULL for a persona, and if a person's is not known
    name TEXT NOT NULL, -- the name in prompts
    created_at INTEGER NOT NULL,
    CHECK ((user_id IS NULL) <> (persona_key IS NULL))
) STRICT;

-- A person keeps the name they were given under a display name. (NULLs are distinct.)
CREATE UNIQUE INDEX speaker_of_person ON speaker (channel_id, owner, user_id, display_name);

CREATE UNIQUE INDEX speaker_of_persona ON speaker (channel_id, owner, persona_key, name)
WHERE persona_key IS NOT NULL;

CREATE INDEX speaker_by_user ON speaker (user_id) WHERE user_id IS NOT NULL;

INSERT INTO speaker (channel_id, user_id, display_name, name, created_at)
SELECT channel_id, user_id, display_name, name, created_at FROM alias ORDER BY created_at, channel_id, user_id, display_name;

INSERT INTO speaker (channel_id, user_id, persona_key, name, created_at)
SELECT scene.channel_id, turn.user_id, turn.persona_key, turn.name, min(turn.created_at)
FROM turn JOIN scene ON scene.id = turn.scene_id
LEFT JOIN alias ON alias.channel_id = scene.channel_id AND alias.user_id = turn.user_id AND alias.name = turn.name
WHERE alias.name IS NULL
GROUP BY scene.channel_id, turn.user_id, turn.persona_key, turn.name
ORDER BY min(turn.id);

DROP TABLE alias;

-- Deferred here and below: a place and its first scene refer to each other and are created in one transaction.
CREATE TABLE place_of_owner (
    channel_id INTEGER NOT NULL,
    owner INTEGER NOT NULL, -- 0: everyone's
    parent_id INTEGER, -- of a thread
    guild_id INTEGER, -- NULL in a rehearsal
    category_id INTEGER, -- the channel's category when the place was last used
    scene_id INTEGER NOT NULL REFERENCES scene (id), -- the running one; the others rest
    PRIMARY KEY (channel_id, owner)
) STRICT, WITHOUT ROWID;

INSERT INTO place_of_owner (channel_id, owner, parent_id, guild_id, category_id, scene_id)
SELECT channel_id, 0, parent_id, guild_id, category_id, scene_id FROM place;

CREATE TABLE scene_of_owner (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL,
    owner INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL,
    -- The position of the first turn in prompts. If that turn was deleted, the window begins at the next one.
    -- 0: at the beginning.
    window_start INTEGER NOT NULL DEFAULT 0,
    starter_id INTEGER, -- who began it and may begin the next; NULL: not known
    persona_key TEXT, -- the persona it is bound to; NULL: the place's
    created_at INTEGER NOT NULL,
    FOREIGN KEY (channel_id, owner) REFERENCES place (channel_id, owner) DEFERRABLE INITIALLY DEFERRED
) STRICT;

INSERT INTO scene_of_owner (id, channel_id, title, window_start, starter_id, persona_key, created_at)
SELECT id, channel_id, title, window_start, starter_id, persona_key, created_at FROM scene;

CREATE TABLE turn_of_speaker (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scene_id INTEGER NOT NULL REFERENCES scene (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position > 0),
    speaker_id INTEGER NOT NULL REFERENCES speaker (id),
    persona_key TEXT, -- the speaker's, to find turns that are being written
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL, -- of the text; the name's are added when a prompt is built
    message_id INTEGER UNIQUE, -- a person's message: delivered twice, stored once
    created_at INTEGER NOT NULL,
    -- NULL while a persona's turn is being written, and for people's turns, which are complete.
    -- No list of values here: a new ending must not need a new table.
    ending TEXT,
    swipe INTEGER NOT NULL DEFAULT 1, -- the variant on screen
    -- The number in `swipe` of the state to restore if the running revision fails. While it is set, posts may show
    -- another text than this one. NULL: people see what is stored.
    former INTEGER,
    removal_id INTEGER REFERENCES removal (id),
    CHECK (persona_key IS NOT NULL OR ending IS NULL),
    CHECK (persona_key IS NULL OR message_id IS NULL) -- a persona's messages are posts
) STRICT;

-- The old count is of text and name together. Most names cost one token a word; the cost of a name beyond that stays
-- in the turn's count, which is then a little too high.
INSERT INTO turn_of_speaker (
    id, scene_id, position, speaker_id, persona_key, text, tokens, message_id, created_at, ending, swipe, former,
    removal_id
)
SELECT turn.id, turn.scene_id, turn.position,
    CASE
        WHEN turn.user_id IS NULL THEN (
            SELECT id FROM speaker WHERE channel_id = scene.channel_id AND owner = 0
            AND persona_key = turn.persona_key AND name = turn.name
        )
        ELSE (
            SELECT min(id) FROM speaker WHERE channel_id = scene.channel_id AND owner = 0
            AND user_id = turn.user_id AND name = turn.name
        )
    END,
    turn.persona_key, turn.text,
    CASE
        WHEN turn.tokens = 0 THEN 0
        ELSE max(1, turn.tokens - 1 - length(turn.name) + length(replace(turn.name, ' ', '')))
    END,
    turn.message_id, turn.created_at, turn.ending, turn.swipe, turn.former, turn.removal_id
FROM turn JOIN scene ON scene.id = turn.scene_id;

UPDATE swipe SET tokens = max(1, tokens - (
    SELECT 1 + length(name) - length(replace(name, ' ', '')) FROM turn WHERE turn.id = swipe.turn_id
))
WHERE tokens > 0;

-- The id of a deleted row is never used again, so that a button or a log line with it cannot mean another row.
DELETE FROM sqlite_sequence WHERE name IN ('scene_of_owner', 'turn_of_speaker');
INSERT INTO sqlite_sequence (name, seq)
SELECT CASE name WHEN 'scene' THEN 'scene_of_owner' ELSE 'turn_of_speaker' END, seq
FROM sqlite_sequence WHERE name IN ('scene', 'turn');

DROP VIEW spoken;
DROP TABLE turn;
DROP TABLE scene;
DROP TABLE place;
ALTER TABLE place_of_owner RENAME TO place;
ALTER TABLE scene_of_owner RENAME TO scene;
ALTER TABLE turn_of_speaker RENAME TO turn;

CREATE INDEX scene_by_place ON scene (channel_id, owner, id);

-- A prompt reads a stretch of one scene, forwards or backwards; the cost must not depend on the rest.
CREATE UNIQUE INDEX turn_by_scene ON turn (scene_id, position);

CREATE INDEX turn_by_speaker ON turn (speaker_id);

CREATE INDEX turn_by_removal ON turn (removal_id) WHERE removal_id IS NOT NULL;

-- Read at every start; a few rows among any number.
CREATE INDEX turn_unfinished ON turn (id)
WHERE persona_key IS NOT NULL AND (ending IS NULL OR ending = 'crashed' OR former IS NOT NULL);

-- The turn that is being written in a scene, or was left open: usually one row at most.
CREATE INDEX turn_being_written ON turn (scene_id) WHERE persona_key IS NOT NULL AND ending IS NULL;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

-- The turns for prompts: with text, not being written, not taken out of the story.
CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE text <> '' AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL;
