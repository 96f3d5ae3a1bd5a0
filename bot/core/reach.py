"""Where a person reaches the bot: on a server, in direct messages, or anywhere with a bot of their own.

Law: pure. Outside servers, a story is one person's, in a place that nobody else has.
"""

from enum import Enum, auto
from hashlib import blake2b
from typing import Final


class Reach(Enum):
    """Where a command or a control is used."""

    SERVER = auto()  # on a server that the bot was added to
    DIRECT = auto()  # in direct messages with the bot
    PERSONAL = auto()  # anywhere else, because the person installed the bot for themselves


def reach_of(*, on_server: bool, by_server: bool, by_person: bool, in_private: bool) -> Reach:
    """Return where something was used.

    Args:
        on_server: whether that is a channel of a server.
        by_server: whether Discord allows it because the bot was added to that server.
        by_person: whether Discord allows it because the person installed the bot for themselves.
        in_private: whether that is a group, or direct messages with somebody else.
    """
    if on_server:
        return Reach.PERSONAL if by_person and not by_server else Reach.SERVER
    return Reach.PERSONAL if in_private else Reach.DIRECT


_RANGE: Final = 2**62


def own_channel(user_id: int, channel_id: int) -> int:
    """Return the id of the place that one person has in a channel where the bot is only theirs.

    It is negative, as no id of Discord's is, and the same each time. It does not tell who or where.
    """
    digest = blake2b(f"{user_id}:{channel_id}".encode(), digest_size=8).digest()
    return -_RANGE - int.from_bytes(digest) % _RANGE
