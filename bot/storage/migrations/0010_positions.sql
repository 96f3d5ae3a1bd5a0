-- Where a turn stands in its story. Until now the ids' order was the story's; but a message may be heard late
-- (its author wrote it while the bot was away), and then it belongs between turns that have their ids already.

-- A person's turn stands where Discord put their message: its id, whose high bits are the time. What has no
-- message of its own (a persona's turn, a line of a rehearsal) stands right after all that was there when it
-- began. No two turns of a scene share a position.
ALTER TABLE turn ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- As it was: each turn where its message is, and in any case after the one before it.
UPDATE turn SET position = placed.position
FROM (
    SELECT id, number + max(wanted - number) OVER (PARTITION BY scene_id ORDER BY id) AS position
    FROM (
        SELECT id, scene_id, CASE WHEN message_id > 0 THEN message_id ELSE 1 END AS wanted,
            row_number() OVER (PARTITION BY scene_id ORDER BY id) AS number
        FROM turn
    ) AS told
) AS placed
WHERE placed.id = turn.id;

-- The first turn a prompt holds, likewise. A turn that was deleted since leaves the place to the next one.
UPDATE scene SET window_start = coalesce(
    (SELECT position FROM turn WHERE scene_id = scene.id AND turn.id >= window_start ORDER BY turn.id LIMIT 1),
    (SELECT position + 1 FROM turn WHERE scene_id = scene.id ORDER BY turn.id DESC LIMIT 1),
    0
)
WHERE window_start > 0;

UPDATE request SET window_start = (
    SELECT first.position FROM turn JOIN turn AS first ON first.scene_id = turn.scene_id
    WHERE turn.id = request.turn_id AND first.id >= request.window_start
    ORDER BY first.id LIMIT 1
);

-- A prompt reads a stretch of one scene, forwards or backwards, and must not pay for the rest.
DROP INDEX turn_by_scene;
CREATE UNIQUE INDEX turn_by_scene ON turn (scene_id, position);
