-- The personas that servers have of their own: each row is a change of one, and the newest row of a key is how it is now.
-- The text is YAML, byte for byte as it was sent. The last versions keep theirs, so that they can be put back; of the others
-- stays who made the change and when.
CREATE TABLE server_persona (
    server_id INTEGER NOT NULL,
    persona_key TEXT NOT NULL,
    version INTEGER NOT NULL, -- counted from 1, and never used again
    act TEXT NOT NULL, -- what was done: `storage.server_personas` knows which there are
    text TEXT, -- NULL: the persona was deleted, or the version is too old
    by_user INTEGER NOT NULL, -- 0: somebody who was forgotten
    created_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, persona_key, version)
) STRICT, WITHOUT ROWID;
