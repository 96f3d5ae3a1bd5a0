-- With which greeting a story began: lore may be for one of them only.
ALTER TABLE scene ADD COLUMN greeter TEXT; -- the key of the persona that greeted; NULL: none did, or nobody noted it
ALTER TABLE scene ADD COLUMN greeting INTEGER; -- which of its greetings it was: 0 is the first
