-- The messages that wait for an answer. Set with the message, cleared when its reply or a notice is in the channel,
-- so that the messages that a kill left unanswered are known.

-- The key of the persona that is to answer. NULL: no answer is due.
ALTER TABLE turn ADD COLUMN owed TEXT CHECK (owed IS NULL OR persona_key IS NULL);

-- One or two in a channel at a time.
CREATE INDEX turn_owed ON turn (scene_id, position) WHERE owed IS NOT NULL;
