-- A prompt that was sent can be built again only with these: in whose scene the persona was a guest, and whether it could
-- be reminded of its turn at the end. No prompt before had either.

-- The key of the persona whose scene it was; NULL for the persona's own.
ALTER TABLE request ADD COLUMN host TEXT;

ALTER TABLE request ADD COLUMN end_note INTEGER NOT NULL DEFAULT 0;
