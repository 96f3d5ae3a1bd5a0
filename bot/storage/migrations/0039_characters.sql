-- A person may play several characters, each a speaker with names of its own, and describe them in profiles.

-- '': themselves; profile:<id>: a profile of theirs; member:<application>:<folded name>: a member of a system.
ALTER TABLE speaker ADD COLUMN character TEXT NOT NULL DEFAULT '';

DROP INDEX speaker_of_person;

-- A person or character keeps the name they were given under a display name. (NULLs are distinct.)
CREATE UNIQUE INDEX speaker_of_person ON speaker (channel_id, owner, user_id, character, display_name);

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

-- What a person says of a character. The id of a deleted one is never used again: its turns keep it.
CREATE TABLE profile (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    pronouns TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX profile_by_user ON profile (user_id);

-- Who a person plays on a server, or in one channel or thread of it.
CREATE TABLE profile_choice (
    user_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL, -- 0: a rehearsal
    channel_id INTEGER NOT NULL, -- 0: wherever nothing else is chosen
    profile_id INTEGER REFERENCES profile (id) ON DELETE CASCADE, -- NULL: themselves
    PRIMARY KEY (user_id, server_id, channel_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX profile_choice_by_profile ON profile_choice (profile_id);
