-- What stands beside a person's words, apart from them: markers of attachments and the like, which are ours. Until
-- now they were lines of the text; those that are there stay there, for nothing tells them from words.

-- JSON, [{"kind": …, "label": …}, …], which `core.notes` writes and reads; '' for nothing.
ALTER TABLE turn ADD COLUMN notes TEXT NOT NULL DEFAULT '';

DROP VIEW spoken;
DROP VIEW turn_with_speaker;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

-- As before, and with what is nothing but notes.
CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL;
