-- Notes of the bot's beside a person's words, for attachments and the like. So far they were lines of the text; those
-- stay there, because they cannot be told from words.

-- JSON, [{"kind": …, "label": …}, …], which `core.notes` writes and reads; '' for none.
ALTER TABLE turn ADD COLUMN notes TEXT NOT NULL DEFAULT '';

DROP VIEW spoken;
DROP VIEW turn_with_speaker;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

-- As before, and turns with notes only.
CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL;
