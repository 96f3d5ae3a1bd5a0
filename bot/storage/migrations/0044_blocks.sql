-- The people that the moderators of a server have blocked.
CREATE TABLE block (
    server_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    by_user INTEGER NOT NULL, -- 0: who did it was forgotten
    created_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, user_id)
) STRICT, WITHOUT ROWID;
