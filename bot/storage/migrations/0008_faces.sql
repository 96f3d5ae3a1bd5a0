-- Which face a post was made with: who made it edits it, and what stands above it stays there.

-- The webhook that made the post; NULL: the bot under its own name.
ALTER TABLE post ADD COLUMN hook_id INTEGER;

-- The line above the page that belongs to no story; '' for none.
ALTER TABLE post ADD COLUMN heading TEXT NOT NULL DEFAULT '';
