-- Which form of prompt an endpoint was found to take, where it is not the highest.
CREATE TABLE step (
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    naming TEXT NOT NULL,
    until INTEGER NOT NULL, -- when the highest is to be tried again
    PRIMARY KEY (endpoint, model)
) STRICT, WITHOUT ROWID;
