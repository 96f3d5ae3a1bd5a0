-- The position of a turn in its story. So far the order of ids was the story's; but a message may arrive late (its
-- author wrote it while the bot was away), and then it belongs between turns that have their ids already.

-- A person's turn has the id of their message, whose high bits are the time. A turn without a message (a persona's
-- turn, a line of a rehearsal) comes right after all turns that existed when it began. No two turns of a scene share
-- a position.
ALTER TABLE turn ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- Keeps the order: each turn gets the id of its message, but at least the position after the turn before it.
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

-- The first turn of a prompt, likewise. If it was deleted since, the next one takes its place.
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

-- A prompt reads a stretch of one scene, forwards or backwards; the cost must not depend on the rest.
DROP INDEX turn_by_scene;
CREATE UNIQUE INDEX turn_by_scene ON turn (scene_id, position);
