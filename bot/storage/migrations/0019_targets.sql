-- Who a person speaks to: the message that theirs replies to, if that is a turn of the scene or referred to.

-- The message's id, which stays when the message is deleted.
ALTER TABLE turn ADD COLUMN target INTEGER;

-- Who wrote it, in the place of the turn.
ALTER TABLE turn ADD COLUMN target_speaker INTEGER REFERENCES speaker (id) ON DELETE SET NULL;

-- Few turns have one; a prompt reads those of a stretch of one scene.
CREATE INDEX turn_with_target ON turn (scene_id, position) WHERE target IS NOT NULL;

-- Without it the deletion of a speaker would read the whole table.
CREATE INDEX turn_by_target_speaker ON turn (target_speaker) WHERE target_speaker IS NOT NULL;

-- As before: a view keeps the columns that its table had when it was made.
DROP VIEW spoken;
DROP VIEW turn_with_speaker;

CREATE VIEW turn_with_speaker AS
SELECT turn.*, speaker.name, speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id;

CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL;
