-- What people wish for themselves, wherever they play. What nobody has asked for has no row: taking a wish
-- back leaves nothing behind.
CREATE TABLE preference (
    user_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
