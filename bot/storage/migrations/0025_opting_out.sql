-- People may opt out: what was stored of theirs before is in no prompt while they are.
DROP VIEW spoken;

CREATE VIEW spoken AS
SELECT * FROM turn_with_speaker
WHERE (text <> '' OR notes <> '') AND (persona_key IS NULL OR ending IS NOT NULL) AND removal_id IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM preference
        WHERE preference.user_id = turn_with_speaker.user_id AND preference.key = 'opt_out'
    );
