# ruff: noqa: S608 - the texts are all of this module
"""What the tables hold about people, and what becomes of it when a person asks to be forgotten.

Law: each column of each table is declared here, and a test fails for one that is not. `STEPS` run in one
transaction, from top to bottom; `EXPORTS` are what a person gets of their own.

To add a table: declare its columns in `TABLES`; where one of them is of a person, add a step and an export.
In steps, `:user` is the person, `:erasure` the erasure, and `:everywhere` 0 if it is for some channels only.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from bot.storage.preferences import OPT_IN, OPT_OUT


class Holds(Enum):
    """What a column holds about people."""

    NOTHING = auto()  # ids of places and rows, times, numbers, keys; texts that are a server's
    PERSON = auto()  # a person's id
    MESSAGE = auto()  # the id of a message, which may be a person's
    WORDS = auto()  # words or a name of a person's
    REPLY = auto()  # words of a persona's, which may repeat a person's
    KEPT = auto()  # a person's id that a server keeps to protect itself, also when they are forgotten


_NOTHING, _PERSON, _MESSAGE, _WORDS, _REPLY, _KEPT = Holds

TABLES: Final[Mapping[str, Mapping[str, Holds]]] = {
    "place": {
        "channel_id": _NOTHING,
        "owner": _PERSON,
        "parent_id": _NOTHING,
        "guild_id": _NOTHING,
        "category_id": _NOTHING,
        "scene_id": _NOTHING,
    },
    "scene": {
        "id": _NOTHING,
        "channel_id": _NOTHING,
        "owner": _PERSON,
        "title": _WORDS,
        "window_start": _NOTHING,
        "starter_id": _PERSON,
        "persona_key": _NOTHING,
        "created_at": _NOTHING,
        "parent": _NOTHING,
        "until": _NOTHING,
        "party_until": _NOTHING,
        "recap_paused": _NOTHING,
        "greeter": _NOTHING,
        "greeting": _NOTHING,
    },
    "speaker": {
        "id": _NOTHING,
        "channel_id": _NOTHING,
        "owner": _PERSON,
        "user_id": _PERSON,
        "character": _WORDS,
        "persona_key": _NOTHING,
        "display_name": _WORDS,
        "name": _WORDS,
        "created_at": _NOTHING,
    },
    "turn": {
        "id": _NOTHING,
        "scene_id": _NOTHING,
        "position": _NOTHING,
        "speaker_id": _PERSON,
        "persona_key": _NOTHING,
        "text": _REPLY,
        "tokens": _NOTHING,
        "message_id": _MESSAGE,
        "created_at": _NOTHING,
        "ending": _NOTHING,
        "swipe": _NOTHING,
        "former": _NOTHING,
        "removal_id": _NOTHING,
        "notes": _WORDS,
        "editor_id": _PERSON,
        "editor": _WORDS,
        "target": _MESSAGE,
        "target_speaker": _PERSON,
        "addressed": _NOTHING,
        "spoken_by": _PERSON,
        "spoken_name": _WORDS,
        "writer": _NOTHING,
    },
    "process": {
        "id": _NOTHING,
        "since": _NOTHING,
        "beat": _NOTHING,
        "is_draining": _NOTHING,
        "streams": _NOTHING,
    },
    "window_place": {"name": _NOTHING, "number": _NOTHING, "at": _NOTHING},
    "division": {"id": _NOTHING, "shards": _NOTHING},
    "debt": {"turn_id": _NOTHING, "persona_key": _NOTHING, "number": _NOTHING},
    "swipe": {
        "turn_id": _NOTHING,
        "number": _NOTHING,
        "text": _REPLY,
        "tokens": _NOTHING,
        "ending": _NOTHING,
        "slices": _NOTHING,
        "editor_id": _PERSON,
        "editor": _WORDS,
    },
    "post": {
        "turn_id": _NOTHING,
        "page": _NOTHING,
        "slice_start": _NOTHING,
        "slice_end": _NOTHING,
        "nonce": _NOTHING,
        "message_id": _NOTHING,
        "swipe": _NOTHING,
        "hook_id": _NOTHING,
        "heading": _REPLY,
        "buttons": _NOTHING,
    },
    "reference": {
        "turn_id": _NOTHING,
        "message_id": _MESSAGE,
        "speaker_id": _PERSON,
        "text": _WORDS,
        "tokens": _NOTHING,
    },
    "steering": {
        "id": _NOTHING,
        "scene_id": _NOTHING,
        "persona_key": _NOTHING,
        "turn_id": _NOTHING,
        "kind": _NOTHING,
        "speaker_id": _PERSON,
        "message_id": _MESSAGE,
        "text": _WORDS,
        "tokens": _NOTHING,
        "owed": _NOTHING,
        "created_at": _NOTHING,
        "writer": _NOTHING,
    },
    "request": {
        "turn_id": _NOTHING,
        "window_start": _NOTHING,
        "naming": _NOTHING,
        "language": _NOTHING,
        "digest": _REPLY,
        "own": _NOTHING,
        "context_window": _NOTHING,
        "reply_cap": _NOTHING,
        "party_until": _NOTHING,
        "host": _NOTHING,
        "end_note": _NOTHING,
        "memory": _NOTHING,
        "company": _NOTHING,
    },
    "removal": {
        "id": _NOTHING,
        "scene_id": _NOTHING,
        "kind": _NOTHING,
        "by_user": _PERSON,
        "created_at": _NOTHING,
        "kept": _NOTHING,
        "newest": _NOTHING,
        "window_start": _NOTHING,
        "until": _NOTHING,
        "by_name": _WORDS,
    },
    "proxy_link": {
        "server_id": _NOTHING,
        "application_id": _NOTHING,
        "member": _WORDS,
        "user_id": _PERSON,
        "seen_at": _NOTHING,
    },
    "mark": {"turn_id": _NOTHING, "wanted": _NOTHING},
    "preference": {"user_id": _PERSON, "key": _NOTHING, "value": _NOTHING},
    "cast_member": {
        "channel_id": _NOTHING,
        "persona_key": _NOTHING,
        "position": _NOTHING,
        "talkativeness": _NOTHING,
        "muted": _NOTHING,
    },
    "profile": {
        "id": _NOTHING,
        "user_id": _PERSON,
        "name": _WORDS,
        "pronouns": _WORDS,
        "description": _WORDS,
        "created_at": _NOTHING,
    },
    "profile_choice": {
        "user_id": _PERSON,
        "server_id": _NOTHING,
        "channel_id": _NOTHING,
        "profile_id": _NOTHING,
    },
    "block": {
        "server_id": _NOTHING,
        "user_id": _KEPT,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "binding": {
        "scope": _NOTHING,
        "scope_id": _NOTHING,
        "persona_key": _NOTHING,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "server_persona": {
        "server_id": _NOTHING,
        "persona_key": _NOTHING,
        "version": _NOTHING,
        "act": _NOTHING,
        "text": _NOTHING,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "proposal": {
        "id": _NOTHING,
        "server_id": _NOTHING,
        "channel_id": _NOTHING,
        "by_user": _PERSON,
        "name": _WORDS,
        "text": _WORDS,
        "created_at": _NOTHING,
        "refused_at": _NOTHING,
        "refused_by": _PERSON,
        "reason": _WORDS,
    },
    "server_lore": {
        "server_id": _NOTHING,
        "lore_key": _NOTHING,
        "text": _NOTHING,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "server_picture": {
        "server_id": _NOTHING,
        "persona_key": _NOTHING,
        "channel_id": _NOTHING,
        "message_id": _NOTHING,
    },
    "setting": {
        "scope": _NOTHING,
        "scope_id": _NOTHING,
        "key": _NOTHING,
        "value": _NOTHING,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "pin": {
        "id": _NOTHING,
        "scene_id": _NOTHING,
        "rank": _NOTHING,
        "text": _WORDS,
        "turn_id": _NOTHING,
        "position": _NOTHING,
        "author_id": _PERSON,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "reminder": {
        "turn_id": _NOTHING,
        "number": _NOTHING,
        "of_turn": _NOTHING,
        "start": _NOTHING,
        "length": _NOTHING,
    },
    "recap": {
        "id": _NOTHING,
        "scene_id": _NOTHING,
        "since": _NOTHING,
        "reaches": _NOTHING,
        "left_out": _NOTHING,
        "text": _WORDS,
        "tokens": _NOTHING,
        "by_user": _PERSON,
        "created_at": _NOTHING,
    },
    "author_note": {"scene_id": _NOTHING, "text": _WORDS, "by_user": _PERSON, "created_at": _NOTHING},
    "turn_words": {"terms": _NOTHING},
    "indexing": {"id": _NOTHING, "before": _NOTHING, "unclean": _NOTHING},
    "deletion": {"channel_id": _NOTHING, "created_at": _NOTHING},
    "heard": {"shards": _NOTHING, "shard": _NOTHING, "message_id": _NOTHING},
    "gap": {"guild_id": _NOTHING, "channel_id": _NOTHING, "after_id": _NOTHING, "end_id": _NOTHING},
    "server": {"id": _NOTHING, "left_at": _NOTHING},
    "server_channel": {"server_id": _NOTHING, "channel_id": _NOTHING},
    "notice": {"channel_id": _NOTHING, "kind": _NOTHING, "about": _NOTHING, "created_at": _NOTHING},
    "usage": {
        "id": _NOTHING,
        "turn_id": _NOTHING,
        "prompt_tokens": _NOTHING,
        "completion_tokens": _NOTHING,
        "total_tokens": _NOTHING,
        "model": _NOTHING,
        "reported": _NOTHING,
        "created_at": _NOTHING,
        "price_microdollars": _NOTHING,
        "scene_id": _NOTHING,
        "purpose": _NOTHING,
        "user_id": _PERSON,
        "guild_id": _NOTHING,
        "channel_id": _NOTHING,
        "own_key": _NOTHING,
    },
    "server_key": {"server_id": _NOTHING, "sealed": _NOTHING, "by_user": _PERSON, "created_at": _NOTHING},
    "step": {"endpoint": _NOTHING, "model": _NOTHING, "naming": _NOTHING, "until": _NOTHING},
    "calibration": {
        "endpoint": _NOTHING,
        "model": _NOTHING,
        "counter": _NOTHING,
        "state": _NOTHING,
        "updated_at": _NOTHING,
    },
    "ageing": {"channel_id": _NOTHING, "since": _NOTHING, "told_at": _NOTHING, "days": _NOTHING},
    "erasure": {"id": _NOTHING, "user_id": _PERSON, "everywhere": _NOTHING, "created_at": _NOTHING},
    "forgotten": {"user_id": _PERSON, "channel_id": _NOTHING, "at": _NOTHING},
    "erasure_channel": {"erasure_id": _NOTHING, "channel_id": _NOTHING},
    "erasure_turn": {"erasure_id": _NOTHING, "turn_id": _NOTHING, "is_reply": _NOTHING},
}
"""Table → column → what it holds about people."""

CHANNELS: Final = "(SELECT channel_id FROM erasure_channel WHERE erasure_id = :erasure)"
"""The channels of an erasure."""

SCENES: Final = f"(SELECT id FROM scene WHERE channel_id IN {CHANNELS})"
"""The scenes in them."""

IN_SCOPE: Final = f"(:everywhere = 1 OR scene_id IN {SCENES})"
"""Whether a row with a `scene_id` is one of the erasure's."""

SPEAKERS: Final = f"(SELECT id FROM speaker WHERE user_id = :user AND channel_id IN {CHANNELS})"
"""The person under all their names there."""

REPLIES: Final = "(SELECT turn_id FROM erasure_turn WHERE erasure_id = :erasure AND is_reply = 1)"
"""The replies that lose their text: they answered the person, or repeat their name or words."""

_FOLLOWED: Final = "INSERT INTO erasure_turn (erasure_id, turn_id, is_reply) SELECT :erasure, "

BEING_WRITTEN: Final = f"""
{_FOLLOWED} id, 1 FROM turn
WHERE scene_id IN {SCENES} AND persona_key IS NOT NULL AND (ending IS NULL OR former IS NOT NULL)
ON CONFLICT DO NOTHING
"""
"""Marks the replies that are being written now: they have read what the person wrote."""

STEPS: Final = (
    f"{_FOLLOWED} id, 0 FROM turn WHERE speaker_id IN {SPEAKERS} ON CONFLICT DO NOTHING",
    f"""
    {_FOLLOWED} turn_id, 0 FROM reference WHERE speaker_id IN {SPEAKERS} GROUP BY turn_id
    ON CONFLICT DO NOTHING
    """,
    f"""
    UPDATE turn SET text = '', notes = '', tokens = 0, swipe = 1, former = NULL, editor_id = NULL,
        editor = '', ending = coalesce(ending, 'stopped')
    WHERE id IN {REPLIES} AND persona_key IS NOT NULL
    """,
    f"""
    UPDATE post SET slice_start = 0, slice_end = 0, swipe = 1, heading = '' WHERE turn_id IN {REPLIES}
    """,
    f"DELETE FROM swipe WHERE turn_id IN {REPLIES}",
    f"DELETE FROM request WHERE turn_id IN {REPLIES}",
    f"""
    DELETE FROM pin WHERE ((by_user = :user OR author_id = :user) AND {IN_SCOPE})
        OR turn_id IN (SELECT id FROM turn WHERE speaker_id IN {SPEAKERS}) OR turn_id IN {REPLIES}
    """,
    f"DELETE FROM author_note WHERE by_user = :user AND {IN_SCOPE}",
    # They are made again without the person, also those of branches that read these turns.
    f"""
    DELETE FROM recap WHERE (by_user = :user AND {IN_SCOPE}) OR scene_id IN (
        WITH RECURSIVE told (id) AS (
            SELECT scene_id FROM turn WHERE speaker_id IN {SPEAKERS} OR id IN {REPLIES}
            UNION SELECT scene.id FROM told JOIN scene ON scene.parent = told.id
        )
        SELECT id FROM told
    ) RETURNING scene_id
    """,
    # What belongs to these turns goes with them.
    f"DELETE FROM turn WHERE speaker_id IN {SPEAKERS}",
    f"UPDATE turn SET target = NULL, target_speaker = NULL WHERE target_speaker IN {SPEAKERS}",
    f"DELETE FROM reference WHERE speaker_id IN {SPEAKERS}",
    f"DELETE FROM steering WHERE speaker_id IN {SPEAKERS}",
    f"UPDATE turn SET editor_id = NULL, editor = '' WHERE editor_id = :user AND {IN_SCOPE}",
    f"UPDATE turn SET spoken_by = NULL, spoken_name = '' WHERE spoken_by = :user AND {IN_SCOPE}",
    f"""
    UPDATE swipe SET editor_id = NULL, editor = '' WHERE editor_id = :user
        AND (:everywhere = 1 OR turn_id IN (SELECT id FROM turn WHERE scene_id IN {SCENES}))
    """,
    f"UPDATE removal SET by_user = 0, by_name = '' WHERE by_user = :user AND {IN_SCOPE}",
    f"DELETE FROM speaker WHERE id IN {SPEAKERS}",
    # Branches begin with the title of their story.
    f"""
    WITH RECURSIVE named (id, title) AS (
        SELECT id, title FROM scene
        WHERE starter_id = :user AND title <> '' AND (:everywhere = 1 OR channel_id IN {CHANNELS})
        UNION
        SELECT scene.id, scene.title FROM named
        JOIN scene ON scene.parent = named.id AND scene.title = named.title
    )
    UPDATE scene SET title = '' WHERE id IN (SELECT id FROM named)
    """,
    f"""
    UPDATE scene SET title = '', starter_id = NULL
    WHERE starter_id = :user AND (:everywhere = 1 OR channel_id IN {CHANNELS})
    """,
    # What is one person's own place is nobody else's.
    f"""
    {_FOLLOWED} turn.id, 0 FROM turn JOIN scene ON scene.id = turn.scene_id
    WHERE scene.owner = :user AND :everywhere = 1 ON CONFLICT DO NOTHING
    """,
    """
    DELETE FROM binding WHERE scope = 'channel' AND :everywhere = 1
        AND scope_id IN (SELECT channel_id FROM place WHERE owner = :user)
    """,
    "DELETE FROM place WHERE owner = :user AND :everywhere = 1",
    "DELETE FROM scene WHERE owner = :user AND :everywhere = 1",
    "DELETE FROM speaker WHERE owner = :user AND :everywhere = 1",
    # That they opted out stays: else they would be in again, or be quoted with what they said meanwhile.
    f"""
    DELETE FROM preference
    WHERE user_id = :user AND key NOT IN ('{OPT_OUT}', '{OPT_IN}') AND :everywhere = 1
    """,
    # A profile is no channel's.
    f"""
    DELETE FROM profile_choice WHERE user_id = :user AND (:everywhere = 1 OR channel_id IN {CHANNELS})
    """,
    "DELETE FROM profile WHERE user_id = :user AND :everywhere = 1",
    "UPDATE binding SET by_user = 0 WHERE by_user = :user AND :everywhere = 1",
    # A block stays.
    "UPDATE block SET by_user = 0 WHERE by_user = :user AND :everywhere = 1",
    "UPDATE setting SET by_user = 0 WHERE by_user = :user AND :everywhere = 1",
    "UPDATE server_persona SET by_user = 0 WHERE by_user = :user AND :everywhere = 1",
    f"DELETE FROM proposal WHERE by_user = :user AND (:everywhere = 1 OR channel_id IN {CHANNELS})",
    "UPDATE proposal SET refused_by = 0, reason = '' WHERE refused_by = :user AND :everywhere = 1",
    "UPDATE server_lore SET by_user = 0 WHERE by_user = :user AND :everywhere = 1",
    "UPDATE server_key SET by_user = 0 WHERE by_user = :user AND :everywhere = 1",
    # What counts in a budget that runs does so until its month ends, by a number that nobody can read.
    f"""
    UPDATE usage SET user_id = CASE WHEN created_at >= :counted THEN CAST(:alias AS BIGINT) END
    WHERE user_id = :user AND (:everywhere = 1 OR channel_id IN {CHANNELS})
    """,
    "DELETE FROM proxy_link WHERE user_id = :user AND :everywhere = 1",
    "DELETE FROM forgotten WHERE user_id = :user AND :everywhere = 1",
    """
    INSERT INTO forgotten (user_id, channel_id, at)
    SELECT CAST(:user AS BIGINT), 0, created_at FROM erasure WHERE id = :erasure AND everywhere = 1
    UNION ALL
    SELECT CAST(:user AS BIGINT), erasure_channel.channel_id, erasure.created_at
    FROM erasure JOIN erasure_channel ON erasure_channel.erasure_id = erasure.id
    WHERE erasure.id = :erasure AND erasure.everywhere = 0
    ON CONFLICT (user_id, channel_id) DO UPDATE SET at = excluded.at
    """,
    "UPDATE erasure SET user_id = NULL WHERE id = :erasure",
)
"""The statements of Forget, in their order; the one that returns scenes has deleted recaps there."""

OPTING_OUT: Final = (
    "DELETE FROM recap WHERE by_user = :user RETURNING scene_id",
    "DELETE FROM reference WHERE speaker_id IN (SELECT id FROM speaker WHERE user_id = :user)",
    "DELETE FROM steering WHERE speaker_id IN (SELECT id FROM speaker WHERE user_id = :user)",
    """
    UPDATE turn SET target = NULL, target_speaker = NULL
    WHERE target_speaker IN (SELECT id FROM speaker WHERE user_id = :user)
    """,
    """
    DELETE FROM debt WHERE EXISTS (
        SELECT 1 FROM turn JOIN speaker ON speaker.id = turn.speaker_id
        WHERE turn.id = debt.turn_id AND speaker.user_id = :user
    )
    """,
    f"""
    INSERT INTO preference (user_id, key, value) VALUES (:user, '{OPT_OUT}', 'true')
    ON CONFLICT (user_id, key) DO NOTHING
    """,
)
"""The statements of opting out: no prompt quotes the person anymore, and none of their messages waits.

Those that return scenes have deleted recaps there.
"""

MESSAGES: Final = """
SELECT turn.id AS number, place.guild_id AS server, scene.channel_id AS channel, scene.id AS scene,
    scene.title AS story, turn.message_id AS message, turn.created_at AS at, speaker.name AS told_as,
    turn.text, turn.notes, turn.target AS in_reply_to,
    CASE WHEN turn.removal_id IS NULL THEN 0 ELSE 1 END AS is_removed
FROM turn JOIN speaker ON speaker.id = turn.speaker_id JOIN scene ON scene.id = turn.scene_id
JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
WHERE speaker.user_id = :user AND turn.id > :after ORDER BY turn.id LIMIT :most
"""
"""A person's messages, page by page."""

EXPORTS: Final[Mapping[str, str]] = {
    "names": """
    SELECT channel_id AS channel, display_name AS name, name AS told_as, character, created_at AS at
    FROM speaker WHERE user_id = :user ORDER BY id
    """,
    "quoted_in_replies_of_others": """
    SELECT reference.message_id AS message, reference.text FROM reference
    JOIN speaker ON speaker.id = reference.speaker_id WHERE speaker.user_id = :user AND reference.text <> ''
    ORDER BY reference.message_id
    """,
    "asked_out_of_character": """
    SELECT speaker.channel_id AS channel, steering.message_id AS message, steering.text,
        steering.created_at AS at
    FROM steering JOIN speaker ON speaker.id = steering.speaker_id WHERE speaker.user_id = :user
    ORDER BY steering.id
    """,
    "replies_edited": """
    SELECT turn.id AS reply, turn.editor AS name, turn.text FROM turn WHERE turn.editor_id = :user
    UNION ALL SELECT swipe.turn_id, swipe.editor, swipe.text FROM swipe WHERE swipe.editor_id = :user
    """,
    "spoken_as_personas": """
    SELECT scene.channel_id AS channel, turn.id AS reply, turn.persona_key AS persona, turn.text,
        nullif(turn.spoken_name, '') AS name, turn.created_at AS at
    FROM turn JOIN scene ON scene.id = turn.scene_id WHERE turn.spoken_by = :user ORDER BY turn.id
    """,
    "stories_started": """
    SELECT channel_id AS channel, id AS scene, title AS story, created_at AS at FROM scene
    WHERE starter_id = :user ORDER BY id
    """,
    "own_places": "SELECT channel_id AS channel FROM place WHERE owner = :user ORDER BY channel_id",
    "taken_out_of_stories": """
    SELECT scene_id AS scene, kind, nullif(by_name, '') AS name, created_at AS at FROM removal
    WHERE by_user = :user ORDER BY id
    """,
    "members_of_systems": """
    SELECT server_id AS server, application_id AS application, member AS name, seen_at AS at FROM proxy_link
    WHERE user_id = :user ORDER BY server_id, application_id, member
    """,
    "choices_for_oneself": "SELECT key, value FROM preference WHERE user_id = :user ORDER BY key",
    "profiles": """
    SELECT id, name, pronouns, description, created_at AS at FROM profile WHERE user_id = :user ORDER BY id
    """,
    "profiles_chosen": """
    SELECT server_id AS server, channel_id AS channel, profile_id AS profile FROM profile_choice
    WHERE user_id = :user ORDER BY server_id, channel_id
    """,
    "personas_set": """
    SELECT scope, scope_id, persona_key AS persona, created_at AS at FROM binding
    WHERE by_user = :user ORDER BY scope, scope_id
    """,
    "personas_written": """
    SELECT server_id AS server, persona_key AS persona, version, act, text, created_at AS at
    FROM server_persona WHERE by_user = :user ORDER BY server_id, persona_key, version
    """,
    "lorebooks_brought": """
    SELECT server_id AS server, lore_key AS lorebook, text, created_at AS at
    FROM server_lore WHERE by_user = :user ORDER BY server_id, lore_key
    """,
    "blocked_on": """
    SELECT server_id AS server, created_at AS at FROM block WHERE user_id = :user ORDER BY server_id
    """,
    # Which people they blocked is the server's to know.
    "people_blocked": """
    SELECT server_id AS server, created_at AS at FROM block WHERE by_user = :user
    ORDER BY server_id, created_at
    """,
    "settings_set": """
    SELECT scope, scope_id, key, value, created_at AS at FROM setting
    WHERE by_user = :user ORDER BY scope, scope_id, key
    """,
    "personas_proposed": """
    SELECT server_id AS server, channel_id AS channel, name, text, reason AS refused_because, created_at AS at
    FROM proposal WHERE by_user = :user ORDER BY id
    """,
    "proposals_refused": """
    SELECT server_id AS server, reason, refused_at AS at FROM proposal WHERE refused_by = :user ORDER BY id
    """,
    # With the person's own words only.
    "pins": """
    SELECT scene_id AS scene, CASE WHEN author_id = :user THEN text END AS text, created_at AS at FROM pin
    WHERE by_user = :user ORDER BY id
    """,
    "pinned_by_others": """
    SELECT scene_id AS scene, text, created_at AS at FROM pin
    WHERE author_id = :user AND by_user <> :user ORDER BY id
    """,
    "authors_notes": """
    SELECT scene_id AS scene, text, created_at AS at FROM author_note WHERE by_user = :user ORDER BY scene_id
    """,
    "recaps_written": """
    SELECT scene_id AS scene, text, created_at AS at FROM recap WHERE by_user = :user ORDER BY id
    """,
    "keys_brought": """
    SELECT server_id AS server, created_at AS at FROM server_key WHERE by_user = :user ORDER BY server_id
    """,
    "replies_paid_for": """
    SELECT guild_id AS server, channel_id AS channel, purpose, model, prompt_tokens, completion_tokens,
        price_microdollars AS millionths_of_a_dollar, created_at AS at
    FROM usage WHERE user_id = :user ORDER BY id
    """,
    "asked_to_be_forgotten": """
    SELECT created_at AS at FROM erasure WHERE user_id = :user
    UNION ALL SELECT at FROM forgotten WHERE user_id = :user
    """,
}
"""What a person gets besides their messages, by its name in the file; `at` is a time in milliseconds."""
