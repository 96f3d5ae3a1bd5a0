"""What of a message is left where people have opted out: nothing that they wrote, and not their names.

Law: a person who has opted out is nobody in what others write: neither quoted nor named by a mention. A name
that somebody types is that person's own words, and stays. What they said meanwhile is quoted to nobody either
when they take part again.
"""

import hmac
from collections.abc import Collection
from dataclasses import replace

from bot.core.scene import IncomingMessage, Lookup, Referenced


def people_in(message: IncomingMessage | Referenced) -> frozenset[int]:
    """Return who wrote a message, who is mentioned in it, and the same of the message it replies to."""
    found = {message.author.id, *message.lookup.people}
    replied = message.replied if isinstance(message, IncomingMessage) else None
    return frozenset(found if replied is None else found | people_in(replied))


def screened(message: IncomingMessage, out: Collection[int]) -> IncomingMessage:
    """Return a message without what is of the people who have opted out, but for its author."""
    if not out:
        return message
    replied = None if message.replied is None else screened_quote(message.replied, out)
    return replace(message, lookup=_without(message.lookup, out), replied=replied)


def screened_quote(quoted: Referenced, out: Collection[int]) -> Referenced | None:
    """Return a quoted message likewise; None if its author has opted out."""
    return None if quoted.author.id in out else replace(quoted, lookup=_without(quoted.lookup, out))


def is_wanted(message_id: int, opted_in: int | None) -> bool:
    """Return whether a message that is stored nowhere may be stored or quoted, if its author takes part.

    `opted_in` is the id of the press by which they opted in again, None if they never did. Discord's ids rise
    with time; of what is older than that, nobody knows anymore whether its author had opted out.
    """
    return opted_in is None or message_id > opted_in


def _without(lookup: Lookup, out: Collection[int]) -> Lookup:
    return replace(lookup, people={id_: name for id_, name in lookup.people.items() if id_ not in out})


def alias_of(user_id: int, key: bytes) -> int:
    """Return the number that stands for a person where their id may not: negative, as no id is."""
    digest = hmac.digest(key, str(user_id).encode(), "sha256")
    return -1 - (int.from_bytes(digest[:8]) >> 1)
