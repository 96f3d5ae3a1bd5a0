-- What a turn refers to: the message that a person replied to, or that their thread was made from, if it is no turn of
-- the same scene. It is deleted with the turn, with its message and with its speaker.
CREATE TABLE reference (
    turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    message_id INTEGER NOT NULL, -- the message referred to
    speaker_id INTEGER NOT NULL REFERENCES speaker (id) ON DELETE CASCADE, -- who wrote it, in the place of the turn
    -- At most 1,000 characters. '' if the message is, or is shown by, a turn of another scene: its words are read there.
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL, -- of the text
    PRIMARY KEY (turn_id, message_id)
) STRICT, WITHOUT ROWID;

-- People edit and delete messages, and any may be one.
CREATE INDEX reference_by_message ON reference (message_id);

-- Without it the deletion of a speaker would read the whole table.
CREATE INDEX reference_by_speaker ON reference (speaker_id);
