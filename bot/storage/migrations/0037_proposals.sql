-- Personas that people propose for a server, until they are published as its own or their author takes note of the refusal.
CREATE TABLE proposal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL, -- where it was proposed; 0: a channel that is deleted
    by_user INTEGER NOT NULL, -- its author
    name TEXT NOT NULL, -- the persona's
    text TEXT NOT NULL, -- YAML, byte for byte as it was sent
    created_at INTEGER NOT NULL,
    refused_at INTEGER, -- NULL: it is open
    refused_by INTEGER, -- 0: somebody who was forgotten
    reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX proposal_by_server ON proposal (server_id, by_user);
CREATE INDEX proposal_by_user ON proposal (by_user);
