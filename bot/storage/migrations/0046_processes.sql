-- Several processes may share a database; a file has one, which is not listed.

CREATE TABLE process (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    since INTEGER NOT NULL,
    beat INTEGER NOT NULL, -- of its latest sign of life, by the database's clock
    is_draining INTEGER NOT NULL DEFAULT 0 CHECK (is_draining IN (0, 1))
) STRICT;

-- Into how many shards they divide the servers.
CREATE TABLE division (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    shards INTEGER NOT NULL
) STRICT;

-- Which process writes a reply, or sees to it that a message is answered; 0: one that is alone.
ALTER TABLE turn ADD COLUMN writer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE steering ADD COLUMN writer INTEGER NOT NULL DEFAULT 0;

-- As before: a view keeps the columns that its table had when it was made.
DROP VIEW spoken;
DROP VIEW turn_with_speaker;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id, speaker.character
FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM preference
        WHERE preference.user_id = coalesce(turn_with_speaker.user_id, turn_with_speaker.spoken_by)
            AND preference.key = 'opt_out'
    );
