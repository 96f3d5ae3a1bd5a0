-- A scene may begin with another's turns: it reads them where they are, and copies none.

-- The scene it branches off. Where that is deleted, the branch has its own turns only.
ALTER TABLE scene ADD COLUMN parent INTEGER REFERENCES scene (id) ON DELETE SET NULL CHECK (parent < id);

-- The position up to which it has the parent's turns, that one included; its own stand after it.
ALTER TABLE scene ADD COLUMN until INTEGER CHECK (parent IS NULL OR until IS NOT NULL);

-- Without it each deleted scene would read the whole table.
CREATE INDEX scene_by_parent ON scene (parent) WHERE parent IS NOT NULL;
