-- The words of turns, to find turns again. Each word stands here as six letters that are computed from it and from its
-- scene (`bot/storage/search.py`): they say where to look, and cannot be read. What SQLite's FTS5 calls a row's id is the
-- turn's.
CREATE VIRTUAL TABLE turn_words USING fts5 (terms, tokenize = 'ascii', detail = 'none', columnsize = 0);

-- A deleted turn is found no more, however it was deleted. (Who makes `turn` as a new table makes the trigger again.)
CREATE TRIGGER turn_words_deleted AFTER DELETE ON turn
BEGIN
    DELETE FROM turn_words WHERE rowid = OLD.id;
    UPDATE indexing SET unclean = 1 WHERE unclean <> 1;
END;

-- What is left to do; one row.
CREATE TABLE indexing (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    before INTEGER NOT NULL, -- turns with smaller ids are not in the index yet
    unclean INTEGER NOT NULL DEFAULT 0 CHECK (unclean IN (0, 1, 2)) -- 1: it has traces of deleted words; 2: they are being removed
) STRICT;

INSERT INTO indexing (id, before) SELECT 1, coalesce(max(id), 0) + 1 FROM turn;
