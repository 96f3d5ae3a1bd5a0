-- Whether the message may bear buttons: noted before it gets them, and taken back when it has lost them.
ALTER TABLE post ADD COLUMN buttons INTEGER NOT NULL DEFAULT 0 CHECK (buttons IN (0, 1));

-- One or two a channel among any number of posts.
CREATE INDEX post_with_buttons ON post (turn_id) WHERE buttons = 1;
