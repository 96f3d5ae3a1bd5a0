-- A persona that has spoken in a channel needs no card there. About: its key.
INSERT INTO notice (channel_id, kind, about, created_at)
SELECT scene.channel_id, 'opener', turn.persona_key, min(turn.created_at)
FROM turn JOIN scene ON scene.id = turn.scene_id
WHERE turn.persona_key IS NOT NULL AND scene.channel_id <> 0
GROUP BY scene.channel_id, turn.persona_key;
