-- Who last rewrote a persona's words: people see the name beneath them.

-- The account, for the host; NULL where nobody did.
ALTER TABLE turn ADD COLUMN editor_id INTEGER;

-- The name as it was then; '' where nobody did.
ALTER TABLE turn ADD COLUMN editor TEXT NOT NULL DEFAULT '';

-- The same of each variant that is not on screen.
ALTER TABLE swipe ADD COLUMN editor_id INTEGER;

ALTER TABLE swipe ADD COLUMN editor TEXT NOT NULL DEFAULT '';

-- As before: a view keeps the columns that its table had when it was made.
DROP VIEW spoken;
DROP VIEW turn_with_speaker;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL;
