-- A channel may have several personas, and a message may wait for the answers of several.

-- How personas play in a channel. Which ones do: its binding's, the lead, and those that have a position here.
CREATE TABLE cast_member (
    channel_id INTEGER NOT NULL,
    persona_key TEXT NOT NULL, -- its file may be gone: no reference
    position INTEGER, -- NULL: the host's configuration has chosen it, for as long as it does
    talkativeness INTEGER CHECK (talkativeness BETWEEN 0 AND 100), -- percent; NULL: nobody has chosen it
    muted INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1)),
    PRIMARY KEY (channel_id, persona_key)
) STRICT, WITHOUT ROWID;

-- Which persona is to answer which message; `number` is their order.
CREATE TABLE debt (
    turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    persona_key TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (turn_id, persona_key)
) STRICT, WITHOUT ROWID;

INSERT INTO debt (turn_id, persona_key, number) SELECT id, owed, 0 FROM turn WHERE owed IS NOT NULL;

-- The keys of the personas that played in the place, parted by blanks.
ALTER TABLE request ADD COLUMN company TEXT NOT NULL DEFAULT '';

DROP VIEW spoken;
DROP VIEW turn_with_speaker;
DROP INDEX turn_owed;
ALTER TABLE turn DROP COLUMN owed;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id, speaker.character
FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

-- As before.
CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM preference
        WHERE preference.user_id = coalesce(turn_with_speaker.user_id, turn_with_speaker.spoken_by)
            AND preference.key = 'opt_out'
    );
