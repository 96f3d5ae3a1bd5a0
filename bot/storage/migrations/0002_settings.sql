-- What admins choose from Discord: who plays where, settings, and who may steer a story.

-- Who began the scene and may begin the next. NULL: nobody has spoken in it yet, or nobody is known.
ALTER TABLE scene ADD COLUMN starter_id INTEGER;

UPDATE scene SET starter_id = (
    SELECT user_id FROM turn WHERE scene_id = scene.id AND user_id IS NOT NULL ORDER BY id LIMIT 1
);

-- Whom the scene was begun with. NULL: whoever plays in its place.
ALTER TABLE scene ADD COLUMN persona_key TEXT;

-- The category a channel stood in when it was last used: somebody may be bound to it.
ALTER TABLE place ADD COLUMN category_id INTEGER;

CREATE INDEX scene_by_channel ON scene (channel_id, id);

-- Bindings now also hold for a category or a whole server, and may say "nobody".
-- The scope is part of the key: in servers of 2016 a channel bears its server's id.
CREATE TABLE binding_by_scope (
    scope TEXT NOT NULL CHECK (scope IN ('channel', 'category', 'server')),
    scope_id INTEGER NOT NULL,
    persona_key TEXT, -- NULL: nobody plays here, whatever holds further up
    by_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (scope, scope_id)
) STRICT, WITHOUT ROWID;

INSERT INTO binding_by_scope (scope, scope_id, persona_key, by_user, created_at)
SELECT 'channel', channel_id, persona_key, by_user, created_at FROM binding;

DROP TABLE binding;
ALTER TABLE binding_by_scope RENAME TO binding;

-- Settings that override the configuration's defaults. Values are text; `core.settings` knows which
-- are valid, and what a newer version has written and this one does not know is ignored.
CREATE TABLE setting (
    scope TEXT NOT NULL CHECK (scope IN ('bot', 'server', 'channel')),
    scope_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    by_user INTEGER NOT NULL, -- 0: the bot itself
    created_at INTEGER NOT NULL,
    PRIMARY KEY (scope, scope_id, key)
) STRICT, WITHOUT ROWID;

-- What a reply's prompt was made of, so that it can be shown afterwards. It holds no text: the turns are
-- read again, and what people have deleted since is gone from there too.
CREATE TABLE request (
    turn_id INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    window_start INTEGER NOT NULL,
    naming TEXT NOT NULL,
    language TEXT NOT NULL,
    digest TEXT NOT NULL -- of the messages as they were sent: tells whether what is shown is still that
) STRICT;
