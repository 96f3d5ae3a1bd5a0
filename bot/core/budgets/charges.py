"""Charges: what a request to the model was for, and in whose budgets it counts.

Law: a charge names ids and nothing else. `purses_of` is the one answer to which budgets a charge counts in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol


class Purpose(StrEnum):
    """What a request was for."""

    REPLY = "reply"
    AGAIN = "again"  # another variant, or another try
    CONTINUE = "continue"
    RECAP = "recap"
    TRY = "try"


class Located(Protocol):
    """A place, as far as charges know it."""

    @property
    def guild_id(self) -> int | None:
        """The server; None outside of servers."""

    @property
    def home_id(self) -> int:
        """The channel, of a thread its parent."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Who a request is charged to.

    Attributes:
        purpose: what it was for.
        user_id: the account that asked for it; None if nobody did, as of a recap.
        guild_id: the server; None outside of servers.
        channel_id: the channel, of a thread its parent; None if it isn't known.
        own_key: whether the server's own key pays, and not the host's.
    """

    purpose: Purpose = Purpose.REPLY
    user_id: int | None = None
    guild_id: int | None = None
    channel_id: int | None = None
    own_key: bool = False

    @classmethod
    def at(cls, place: Located, user_id: int | None, purpose: Purpose = Purpose.REPLY) -> "Charge":
        """Return the charge of what somebody asks for in a place."""
        return cls(purpose, user_id, place.guild_id, place.home_id)


@dataclass(frozen=True, slots=True)
class Purse:
    """What spending is added up: all that has each of these that isn't None.

    Attributes:
        user_id: the person.
        guild_id: the server.
        channel_id: the channel with its threads.
        hosts: whether only what the host's key paid counts.
    """

    user_id: int | None = None
    guild_id: int | None = None
    channel_id: int | None = None
    hosts: bool = False


def purses_of(charge: Charge) -> Iterator[Purse]:
    """Yield all purses that a charge counts in."""
    user, guild, channel = charge.user_id, charge.guild_id, charge.channel_id
    found = [Purse()]
    if user is not None:
        found.append(Purse(user_id=user))
    if guild is not None:
        found.append(Purse(guild_id=guild))
    if user is not None and guild is not None:
        found.append(Purse(user, guild))
    if channel is not None:
        found.append(Purse(channel_id=channel))
    for each in found:
        yield each
        if not charge.own_key:
            yield replace(each, hosts=True)
