-- The limits that a request was made under, in tokens: the configuration may say something else by the time
-- somebody looks at it. NULL: it was sent before these were kept.
ALTER TABLE request ADD COLUMN context_window INTEGER;
ALTER TABLE request ADD COLUMN reply_cap INTEGER;
