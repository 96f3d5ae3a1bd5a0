-- PluralKit, Tupperbox and their kind: whose a member of a system is, and under which name people act in public.

-- A member's name as it is compared; of one name on a server, several accounts may have one.
CREATE TABLE proxy_link (
    server_id INTEGER NOT NULL,
    application_id INTEGER NOT NULL,
    member TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, application_id, member, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX proxy_link_of_person ON proxy_link (server_id, user_id);

-- The member of a system that a person was when they did it; '' for none.
ALTER TABLE removal ADD COLUMN by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE turn ADD COLUMN spoken_name TEXT NOT NULL DEFAULT '';

-- As before: a view keeps the columns that its tables had when it was made.
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
