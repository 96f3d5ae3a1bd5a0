"""What a refusal of Discord's is about: the words of a post, its place, the bot's rights, or the moment.

Law: pure. Every refusal with a 4xx status has exactly one answer. A code that is not known is judged by the
status; where that says nothing either, it is taken for the words, because only then people can still be told.
"""

import re
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Final


class Blame(Enum):
    """What Discord refuses in a request about a post."""

    WORDS = "words"  # others may be taken
    PLACE = "place"  # the message, channel, thread or interaction takes no posts of anybody, or is gone
    RIGHT = "right"  # the bot may not
    MOMENT = "moment"  # this request, now: neither the words nor the place nor a right is the reason


INVALID_FORM: Final = 50_035
"""A request with an invalid field; Discord names the fields."""

_UNKNOWN_THINGS: Final = range(10_000, 11_000)
"""The family of codes for what does not exist."""

WORDS: Final = frozenset(
    {
        20_009,  # explicit content
        20_031,  # words that names may not have
        40_005,  # too large
        50_006,  # an empty message
        200_000,  # AutoMod
        200_001,  # AutoMod, of a title
        240_000,  # harmful links
    }
)

PLACE: Final = frozenset(
    {
        40_043,  # an interaction's answer that was not sent
        40_058,  # a forum, which takes threads only
        40_060,  # an interaction that was answered
        40_066,  # a forum with required tags that only moderators may use
        40_067,  # a forum with required tags
        40_094,  # an interaction with as many answers as it may have
        50_003,  # a direct message
        50_007,  # somebody who takes no messages
        50_008,  # a channel without text
        50_021,  # a message of Discord's own
        50_024,  # a channel of another type
        50_027,  # a token of a webhook or an interaction
        50_033,  # recipients
        50_055,  # a server
        50_068,  # a message of another type
        50_073,  # a webhook of Discord's own
        50_083,  # an archived thread
        50_278,  # somebody who shares no server with the bot
        160_005,  # a locked thread
        160_006,  # a channel with too many threads
        160_007,  # the same, of announcements
        220_001,  # a forum, which takes a webhook's posts in threads only
        220_002,
        220_003,  # a channel without a webhook's threads
        220_004,  # a forum, for a service's webhook
        520_003,  # a poll, which cannot be edited
    }
)

RIGHT: Final = frozenset(
    {
        20_001,  # bots may not
        20_002,  # only bots may
        20_012,  # of this application
        20_018,  # only the owner may
        20_024,  # an age
        40_001,  # the token
        40_002,  # an account to be verified
        40_007,  # banned
        40_012,  # a revoked connection
        50_001,  # no access
        50_002,  # the type of account
        50_005,  # somebody else's message
        50_009,  # the channel's verification level
        50_013,  # a permission
        50_014,  # the token
        50_025,  # an OAuth2 token
        50_026,  # an OAuth2 scope
        50_067,  # where the request comes from
        50_095,  # the server is not for this country
        50_178,  # an account to be verified
        60_003,  # two-factor authentication
        160_002,  # a reply without Read Message History
        160_009,  # a reference without Read Message History
        160_010,  # a reference to an age-restricted channel
        160_014,  # a forward of what cannot be read
        400_001,  # files, on this server
    }
)

PASSING: Final = frozenset(
    {
        20_016,  # slow mode
        20_022,  # edits of announcements
        20_028,  # as many messages as a channel takes
        20_029,  # as many as a server takes
        30_046,  # edits of old messages
        40_003,  # direct messages
        40_004,  # posts are switched off
        40_006,  # a feature is switched off
        40_062,  # a limit
        40_333,  # Cloudflare
        110_000,
        110_001,  # the application is not there yet
        130_000,  # overloaded
    }
)
"""The refusals of the moment that may be over at the next attempt."""

_MALFORMED: Final = frozenset({50_041, 50_109})
"""A request that is not as it should be: the API's version, and invalid JSON."""

_POINTING: Final = frozenset({160_002, 160_009, 160_010})
"""A post that may not be a reply to this message."""

_BY_STATUS: Final[Mapping[int, Blame]] = {
    HTTPStatus.UNAUTHORIZED: Blame.RIGHT,
    HTTPStatus.FORBIDDEN: Blame.RIGHT,
    HTTPStatus.NOT_FOUND: Blame.PLACE,
    HTTPStatus.METHOD_NOT_ALLOWED: Blame.MOMENT,
    HTTPStatus.REQUEST_TIMEOUT: Blame.MOMENT,
    HTTPStatus.CONFLICT: Blame.MOMENT,
    HTTPStatus.GONE: Blame.PLACE,
    HTTPStatus.TOO_MANY_REQUESTS: Blame.MOMENT,
}

_OF_PLACE: Final = frozenset(
    {"applied_tags", "channel_id", "message_id", "thread_id", "thread_name", "webhook_id"}
)
"""The fields of a form that name a place, or are what a place demands."""

_FIELD: Final = re.compile(r"^In ([\w.]+): ", re.MULTILINE)


def blame(status: int, code: int, text: str = "") -> Blame:
    """Return what a refusal is about.

    The codes are those of Discord's page "Opcodes and Status Codes" (JSON Error Codes) that a request about a
    message, a webhook's message or an interaction's answer can meet; those of other requests are not listed.

    Args:
        status: the HTTP status, 400 to 499.
        code: Discord's own code; 0 for none.
        text: Discord's words, in which discord.py puts each invalid field into a line of its own.
    """
    if names_words(code, text):
        return Blame.WORDS
    if code == INVALID_FORM:
        return _of_form(fields_in(text))
    if code in PLACE or code in _UNKNOWN_THINGS:
        return Blame.PLACE
    if code in RIGHT:
        return Blame.RIGHT
    if code in PASSING or code in _MALFORMED:
        return Blame.MOMENT
    return _BY_STATUS.get(status, Blame.WORDS)


def names_words(code: int, text: str = "") -> bool:
    """Return whether a refusal itself says that it is about words."""
    return code in WORDS or (code == INVALID_FORM and "content" in fields_in(text))


def fields_in(text: str) -> frozenset[str]:
    """Return the first name of each invalid field, without the `data` around the answer to an interaction."""
    paths = (found.split(".") for found in _FIELD.findall(text))
    return frozenset(path[1] if path[0] == "data" and len(path) > 1 else path[0] for path in paths)


def forbids_pointing(code: int, text: str = "") -> bool:
    """Return whether only the reference to another message is refused: without it, a post may be taken."""
    return code in _POINTING or (code == INVALID_FORM and fields_in(text) == {"message_reference"})


def _of_form(fields: frozenset[str]) -> Blame:
    """Return what the invalid fields of a form are about, none of which is the words."""
    if not fields:
        return Blame.WORDS
    return Blame.MOMENT if fields.isdisjoint(_OF_PLACE) else Blame.PLACE
