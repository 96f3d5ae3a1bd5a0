"""The story: what happens when a message is written, edited or deleted, and when a turn is revised."""
