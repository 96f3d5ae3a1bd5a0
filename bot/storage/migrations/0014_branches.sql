-- A scene may begin with the turns of another: it reads them there, and copies none.

-- The scene that it branches off. If that is deleted, the branch has its own turns only.
ALTER TABLE scene ADD COLUMN parent INTEGER REFERENCES scene (id) ON DELETE SET NULL CHECK (parent < id);

-- The position up to which it has the parent's turns, inclusive; its own come after it.
ALTER TABLE scene ADD COLUMN until INTEGER CHECK (parent IS NULL OR until IS NOT NULL);

-- Without it the deletion of a scene would read the whole table.
CREATE INDEX scene_by_parent ON scene (parent) WHERE parent IS NOT NULL;
