-- The lorebooks that servers have of their own, as YAML text.
CREATE TABLE server_lore (
    server_id INTEGER NOT NULL,
    lore_key TEXT NOT NULL,
    text TEXT NOT NULL,
    by_user INTEGER NOT NULL, -- 0: somebody who was forgotten
    created_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, lore_key)
) STRICT, WITHOUT ROWID;
