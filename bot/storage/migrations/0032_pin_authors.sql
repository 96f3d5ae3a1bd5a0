-- Whose words a pin has: those of the person who wrote it, or of the person whose message it repeats. It says so also when
-- that message is gone because it was old. NULL: a persona's.
ALTER TABLE pin ADD COLUMN author_id INTEGER;

UPDATE pin SET author_id = CASE
    WHEN turn_id IS NULL THEN by_user
    ELSE (SELECT speaker.user_id FROM turn JOIN speaker ON speaker.id = turn.speaker_id WHERE turn.id = pin.turn_id)
END;
