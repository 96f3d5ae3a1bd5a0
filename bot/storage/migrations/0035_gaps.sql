-- What nobody heard and could not be caught up yet: it is tried again, at the next start too.
CREATE TABLE gap (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL, -- a channel or thread; 0: all of the server
    after_id INTEGER NOT NULL, -- the newest message that was heard before it
    end_id INTEGER, -- the highest id that a message of it can have; NULL: it goes on
    PRIMARY KEY (guild_id, channel_id, after_id)
) STRICT;
