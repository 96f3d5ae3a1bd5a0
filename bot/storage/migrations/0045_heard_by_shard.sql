-- Each of Discord's shards hears by itself what is said on its servers. Until now there was one.
ALTER TABLE heard RENAME TO heard_by_all;

CREATE TABLE heard (
    shards INTEGER NOT NULL, -- how many there are
    shard INTEGER NOT NULL, -- which of them, from 0
    message_id INTEGER NOT NULL, -- the newest that it handled
    PRIMARY KEY (shards, shard)
) STRICT;

INSERT INTO heard (shards, shard, message_id) SELECT 1, 0, message_id FROM heard_by_all;

DROP TABLE heard_by_all;
