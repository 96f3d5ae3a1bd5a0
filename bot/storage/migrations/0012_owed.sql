-- Who waits for an answer. Set with the message, cleared as its reply or its notice stands in the channel: what a
-- kill left unanswered is known.

-- The key of the persona that is to answer. NULL: nobody waits.
ALTER TABLE turn ADD COLUMN owed TEXT CHECK (owed IS NULL OR persona_key IS NULL);

-- One or two in a channel at a time.
CREATE INDEX turn_owed ON turn (scene_id, position) WHERE owed IS NOT NULL;
