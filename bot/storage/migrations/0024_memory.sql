-- What a story remembers besides its turns. A branch gets copies of its own.

-- The facts that never leave a scene's prompts, in the order of their ranks.
CREATE TABLE pin (
    id INTEGER PRIMARY KEY,
    scene_id INTEGER NOT NULL REFERENCES scene (id) ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    text TEXT NOT NULL, -- at most 300 UTF-16 units
    turn_id INTEGER REFERENCES turn (id) ON DELETE SET NULL, -- the turn whose words it still has; NULL: a person's own
    position INTEGER NOT NULL, -- of the newest turn when it was made, or of its own turn: a branch from before has no such pin
    by_user INTEGER NOT NULL, -- who made it or changed it last
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX pin_by_scene ON pin (scene_id, rank);
CREATE INDEX pin_by_turn ON pin (turn_id) WHERE turn_id IS NOT NULL;

-- The author's note of a scene: what the players want of the next replies.
CREATE TABLE author_note (
    scene_id INTEGER PRIMARY KEY REFERENCES scene (id) ON DELETE CASCADE,
    text TEXT NOT NULL, -- at most 1,000 UTF-16 units
    by_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- What a prompt told of the memory, as JSON of ids: pins and recap. NULL: nothing.
ALTER TABLE request ADD COLUMN memory TEXT;
