-- What a request was for, and in whose budgets it counts.
ALTER TABLE usage ADD COLUMN purpose TEXT NOT NULL DEFAULT 'reply';
ALTER TABLE usage ADD COLUMN user_id INTEGER; -- who asked for it; NULL for nobody, and 40 days later
ALTER TABLE usage ADD COLUMN guild_id INTEGER;
ALTER TABLE usage ADD COLUMN channel_id INTEGER; -- of a thread its parent
ALTER TABLE usage ADD COLUMN own_key INTEGER NOT NULL DEFAULT 0 CHECK (own_key IN (0, 1)); -- 1: the server paid

UPDATE usage SET
    channel_id = (
        SELECT coalesce(place.parent_id, place.channel_id) FROM scene
        JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
        WHERE scene.id = coalesce(usage.scene_id, (SELECT turn.scene_id FROM turn WHERE turn.id = usage.turn_id))
    ),
    guild_id = (
        SELECT place.guild_id FROM scene
        JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
        WHERE scene.id = coalesce(usage.scene_id, (SELECT turn.scene_id FROM turn WHERE turn.id = usage.turn_id))
    )
WHERE scene_id IS NOT NULL OR turn_id IS NOT NULL;

UPDATE usage SET purpose = 'recap' WHERE scene_id IS NOT NULL;

-- Who asked for a reply again isn't known.
UPDATE usage SET purpose = 'again'
WHERE turn_id IS NOT NULL AND id > (SELECT min(first.id) FROM usage AS first WHERE first.turn_id = usage.turn_id);

-- A reply was asked for by the person who spoke right before it.
UPDATE usage SET user_id = (
    SELECT speaker.user_id FROM turn AS reply
    JOIN turn AS said ON said.scene_id = reply.scene_id AND said.position < reply.position
    JOIN speaker ON speaker.id = said.speaker_id
    WHERE reply.id = usage.turn_id ORDER BY said.position DESC LIMIT 1
)
WHERE turn_id IS NOT NULL AND purpose = 'reply'
    AND created_at > (SELECT max(latest.created_at) FROM usage AS latest) - 3456000000;

CREATE INDEX usage_by_time ON usage (created_at);
CREATE INDEX usage_by_user ON usage (user_id, created_at) WHERE user_id IS NOT NULL;
CREATE INDEX usage_by_channel ON usage (channel_id, created_at) WHERE channel_id IS NOT NULL;
CREATE INDEX usage_by_guild ON usage (guild_id, created_at) WHERE guild_id IS NOT NULL;

-- The key that a server has brought for the model, encrypted by the host's secret.
CREATE TABLE server_key (
    server_id INTEGER NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL,
    by_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
