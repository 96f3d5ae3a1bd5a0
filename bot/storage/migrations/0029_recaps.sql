-- The recaps of a scene: each is a summary of its story from a position on and up to one. The newest that still holds is told
-- in place of the turns that have left the window. A branch reads those of its parents.
CREATE TABLE recap (
    id INTEGER PRIMARY KEY,
    scene_id INTEGER NOT NULL REFERENCES scene (id) ON DELETE CASCADE,
    since INTEGER NOT NULL, -- the position of the first turn in it
    reaches INTEGER NOT NULL, -- and of the last
    left_out INTEGER NOT NULL DEFAULT 0, -- how many turns before or in between are not in it: it would have cost too much
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    by_user INTEGER, -- the person who wrote or changed it; NULL: a model
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX recap_by_scene ON recap (scene_id, reaches);

-- 1: no recaps are made until somebody resumes.
ALTER TABLE scene ADD COLUMN recap_paused INTEGER NOT NULL DEFAULT 0 CHECK (recap_paused IN (0, 1));

-- The scene of a recap that a model was paid for; NULL for replies, which have a turn.
ALTER TABLE usage ADD COLUMN scene_id INTEGER REFERENCES scene (id) ON DELETE SET NULL;

-- Without it each deleted scene would read the whole table.
CREATE INDEX usage_by_scene ON usage (scene_id) WHERE scene_id IS NOT NULL;
