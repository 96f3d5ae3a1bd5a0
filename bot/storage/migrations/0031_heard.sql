-- Up to which message the bot has certainly listened: what came later is looked for at the next start. One row.
CREATE TABLE heard (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    message_id INTEGER NOT NULL -- the newest that was handled, on all servers
) STRICT;

-- Until now nobody noted it: what is stored was heard.
INSERT INTO heard (id, message_id)
SELECT 1, message_id FROM (
    SELECT max(message_id) AS message_id FROM (SELECT message_id FROM turn UNION ALL SELECT message_id FROM post) AS known
) AS newest
WHERE message_id > 0;
