-- People may speak as a persona.

-- The person whose words a persona's turn has; NULL: a model wrote them, or the persona's file.
ALTER TABLE turn ADD COLUMN spoken_by INTEGER;

-- Few turns have one.
CREATE INDEX turn_by_spoken_by ON turn (spoken_by) WHERE spoken_by IS NOT NULL;

-- As before: a view keeps the columns that its table had when it was made. Who has opted out is not told as a persona either.
DROP VIEW spoken;
DROP VIEW turn_with_speaker;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM preference
        WHERE preference.user_id = coalesce(turn_with_speaker.user_id, turn_with_speaker.spoken_by)
            AND preference.key = 'opt_out'
    );
