-- Who plays, as the persona's texts name them, changes only when the window moves: else a prompt would not begin with
-- the one before it.

-- The position of the newest turn whose speaker counts; 0 before the first prompt.
ALTER TABLE scene ADD COLUMN party_until INTEGER NOT NULL DEFAULT 0;

-- The same for a prompt that was sent.
ALTER TABLE request ADD COLUMN party_until INTEGER NOT NULL DEFAULT 0;
