"""Where a person reaches the bot: on a server, in direct messages, or anywhere with a bot of their own.

Law: pure. Outside servers, a story is one person's, in a place that nobody else has.
"""

from dataclasses import dataclass
from enum import Enum, auto
from hashlib import blake2b
from typing import Final


class Reach(Enum):
    """Where a command or a control is used."""

    SERVER = auto()  # on a server that the bot was added to
    DIRECT = auto()  # in direct messages with the bot
    PERSONAL = auto()  # anywhere else, because the person installed the bot for themselves


@dataclass(frozen=True, slots=True)
class Installed:
    """Why Discord allows it that something is used.

    Attributes:
        by_server: because the bot was added to the server where it is used.
        by_person: because its person installed the bot for themselves.
        is_there: whether the bot is a member of that server.
    """

    by_server: bool
    by_person: bool
    is_there: bool


def reach_of(installed: Installed, *, on_server: bool, in_private: bool) -> Reach:
    """Return where something was used.

    Where neither the server nor the person has the bot, as with a button of another person's bot, the rules
    of the server hold if the bot is on it; else it is the person's own.

    Args:
        installed: why it is allowed.
        on_server: whether that is a channel of a server.
        in_private: whether that is a group, or direct messages with somebody else.
    """
    if on_server:
        is_servers = installed.by_server or (installed.is_there and not installed.by_person)
        return Reach.SERVER if is_servers else Reach.PERSONAL
    return Reach.PERSONAL if in_private else Reach.DIRECT


_RANGE: Final = 2**62


def own_channel(user_id: int, channel_id: int) -> int:
    """Return the id of the place that one person has in a channel where the bot is only theirs.

    It is negative, as no id of Discord's is, and the same each time. It does not tell who or where.
    """
    digest = blake2b(f"{user_id}:{channel_id}".encode(), digest_size=8).digest()
    return -_RANGE - int.from_bytes(digest) % _RANGE
