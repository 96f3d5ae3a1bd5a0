-- What requests really cost: learnt from the counts the API reports, and written down in dollars.

-- One row for a model at an endpoint, and for one way of counting tokens. The state is text that
-- `core.calibration` writes and reads: it has no part that anybody would look for here.
CREATE TABLE calibration (
    endpoint TEXT NOT NULL, -- where the model is asked, without secrets
    model TEXT NOT NULL,
    counter TEXT NOT NULL,
    state TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (endpoint, model, counter)
) STRICT, WITHOUT ROWID;

-- Until now a turn was stored with a margin of 1.3 on its count. The margin is learnt from here on, so
-- what is stored is the count. (tokens * 10) / 13, rounded; no turn costs nothing.
UPDATE turn SET tokens = max(1, (tokens * 10 + 6) / 13) WHERE tokens > 0;

-- A millionth of a dollar. NULL: the model's price is not known here.
ALTER TABLE usage ADD COLUMN price_microdollars INTEGER;

-- $0.30 in and $1.20 out per million tokens; rounded up, as `core.price` does.
UPDATE usage SET price_microdollars = (prompt_tokens * 3 + completion_tokens * 12 + 9) / 10
WHERE lower(model) LIKE '%m2-her%' AND prompt_tokens IS NOT NULL AND completion_tokens IS NOT NULL;
