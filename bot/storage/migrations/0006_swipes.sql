-- A persona's turn may have several variants, go on later, be rewritten, or be taken out of the story.
--
-- What stands in `turn` is the variant people see, and the one that prompts hold. The others are here.
CREATE TABLE swipe (
    turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    -- From 1, in the order they were written. 0: the variant on screen as it was before it was gone on
    -- with or rewritten, until people see what became of it.
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    ending TEXT NOT NULL,
    -- What its posts showed of it: [[page, start, end], ...]
    slices TEXT NOT NULL,
    PRIMARY KEY (turn_id, number)
) STRICT, WITHOUT ROWID;

-- The variant on screen.
ALTER TABLE turn ADD COLUMN swipe INTEGER NOT NULL DEFAULT 1;

-- The number in `swipe` to go back to if nothing comes of what is under way. As long as there is one, posts
-- may show something else than the text. NULL: what people see is what is stored.
ALTER TABLE turn ADD COLUMN former INTEGER;

-- Which variant's text the slice is of: not the turn's, until the post is about to show that one.
ALTER TABLE post ADD COLUMN swipe INTEGER NOT NULL DEFAULT 1;

-- Somebody took turns out of the story; they can be put back.
CREATE TABLE removal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scene_id INTEGER NOT NULL REFERENCES scene (id) ON DELETE CASCADE,
    kind TEXT NOT NULL, -- one turn, or all after one
    by_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX removal_by_scene ON removal (scene_id);

ALTER TABLE turn ADD COLUMN removal_id INTEGER REFERENCES removal (id);

CREATE INDEX turn_by_removal ON turn (removal_id) WHERE removal_id IS NOT NULL;

-- As before, and without what was taken out.
DROP VIEW spoken;
CREATE VIEW spoken AS
SELECT * FROM turn
WHERE text <> '' AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL;

-- As before, and with what people may see otherwise than it is stored.
DROP INDEX turn_unfinished;
CREATE INDEX turn_unfinished ON turn (id)
WHERE persona_key IS NOT NULL AND (ending IS NULL OR ending = 'crashed' OR former IS NOT NULL);

-- How much of the turn's own text the prompt held, where it was asked to go on; else 0.
ALTER TABLE request ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
