-- The last exchange can be taken out and put back, as long as nothing new was said; and a removal that resets the window
-- of its scene puts it back too.

-- The position of the last turn that an undo left; 0: it left none. NULL: the removal is no undo.
ALTER TABLE removal ADD COLUMN kept INTEGER;

-- The newest turn of all when it was made: what has a higher id was said since. NULL: the removal is no undo.
ALTER TABLE removal ADD COLUMN newest INTEGER;

-- Where the scene's window began before it was reset; NULL: it was not.
ALTER TABLE removal ADD COLUMN window_start INTEGER;

-- How far a branch had its parent's turns, where an undo reached into them: they are left out there, and stay in the parent.
-- NULL: it did not.
ALTER TABLE removal ADD COLUMN until INTEGER;

-- Messages on which the reaction for what was undone has yet to be set or taken away. One row each, deleted when it is done.
CREATE TABLE mark (
    turn_id INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    wanted INTEGER NOT NULL CHECK (wanted IN (0, 1))
) STRICT;
