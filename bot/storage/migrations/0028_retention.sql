-- What was said goes after a time, the sooner if it was said to no persona.

-- 0: a line that was said to no persona. What was said before this was stored counts as said to one.
ALTER TABLE turn ADD COLUMN addressed INTEGER NOT NULL DEFAULT 1 CHECK (addressed IN (0, 1));

-- Without them every look for what is old would read the whole table.
CREATE INDEX turn_by_time ON turn (scene_id, created_at);
CREATE INDEX turn_to_nobody ON turn (scene_id, created_at) WHERE addressed = 0;

-- The channels that were told when what is said there goes.
CREATE TABLE ageing (
    channel_id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL, -- when it was told first, with these days or more
    told_at INTEGER NOT NULL, -- when it was told last
    days INTEGER NOT NULL -- how many days are kept
) STRICT;
