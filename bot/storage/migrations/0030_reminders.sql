-- The old turns that a reply is reminded of, besides those in its prompt: found once, by what was said before it, so that
-- its variants and its continuation are told the same. The words are read from the turns, and go with them.
CREATE TABLE reminder (
    turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE, -- the reply
    number INTEGER NOT NULL, -- the order in which they are told
    of_turn INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE, -- the old turn
    start INTEGER NOT NULL, -- where in its words the excerpt begins, about
    length INTEGER NOT NULL, -- the most characters of the excerpt
    PRIMARY KEY (turn_id, number)
) STRICT, WITHOUT ROWID;

-- Without it the deletion of a turn would read the whole table.
CREATE INDEX reminder_by_turn ON reminder (of_turn);
