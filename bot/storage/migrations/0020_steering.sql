-- What one reply of a persona is told besides the story, such as what a person asked for out of character. It waits until a
-- reply of that persona takes it, and is deleted with the scene, that reply, the speaker, and the message.
CREATE TABLE steering (
    id INTEGER PRIMARY KEY,
    scene_id INTEGER NOT NULL REFERENCES scene (id) ON DELETE CASCADE,
    persona_key TEXT, -- the persona that is told; NULL: any
    turn_id INTEGER REFERENCES turn (id) ON DELETE CASCADE, -- the reply that is told, and its variants; NULL: none yet
    kind TEXT NOT NULL,
    speaker_id INTEGER REFERENCES speaker (id) ON DELETE CASCADE, -- who said it; NULL: no person
    message_id INTEGER UNIQUE, -- the message that said it; NULL: none
    text TEXT NOT NULL, -- at most 300 characters
    tokens INTEGER NOT NULL, -- of the text
    owed INTEGER NOT NULL DEFAULT 0 CHECK (owed IN (0, 1)), -- 1: it asked for a reply, and waits for it
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX steering_by_turn ON steering (turn_id);
CREATE INDEX steering_by_scene ON steering (scene_id);
CREATE INDEX steering_by_speaker ON steering (speaker_id);

-- One or two in a channel at a time.
CREATE INDEX steering_owed ON steering (scene_id) WHERE owed = 1;
