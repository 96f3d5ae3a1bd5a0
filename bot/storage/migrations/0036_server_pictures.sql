-- The pictures of servers' own personas: attachments of messages that the bot has posted in a channel of the server's choice.
CREATE TABLE server_picture (
    server_id INTEGER NOT NULL,
    persona_key TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (server_id, persona_key)
) STRICT, WITHOUT ROWID;

-- Without it each deleted channel would read the whole table.
CREATE INDEX server_picture_by_channel ON server_picture (channel_id);
