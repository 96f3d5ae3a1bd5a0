"""Who may use the bot where: blocks, and the roles that play takes.

Law: one rule for messages, commands and buttons alike. What is not known of a person is no leave: where a
place limits who plays, somebody whose roles are unknown does not.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_ROLES: Final = 10
"""The most roles that a setting has of one kind."""


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What Discord says of a person in a channel: the ids of their roles, and whether they moderate there.

    Every member of a server has the role `@everyone`, whose id is the server's.
    """

    roles: frozenset[int] = frozenset()
    moderates: bool = False


@dataclass(frozen=True, slots=True)
class PlayRule:
    """Who may play in a place.

    Attributes:
        roles: the roles of which a player needs one; None for everybody.
        barred: the roles of which a player has none.
    """

    roles: frozenset[int] | None = None
    barred: frozenset[int] = frozenset()

    def admits(self, member: MemberFacts | None) -> bool:
        """Return whether a person may play; None is one that nothing is known of.

        Moderators always may: who limits a place must be able to look after it.
        """
        if self.roles is None and not self.barred:
            return True
        if member is None or member.moderates:
            return member is not None
        is_in = self.roles is None or not self.roles.isdisjoint(member.roles)
        return is_in and self.barred.isdisjoint(member.roles)


EVERYBODY: Final = PlayRule()
"""The rule where nobody has set one."""

PLAY_ROLES, BARRED_ROLES = "play_roles", "barred_roles"
"""The keys of the settings that have the ids of these roles."""


def play_rule(layers: Iterable[Mapping[str, str]]) -> PlayRule:
    """Return who may play, by the settings of a server, a channel and so on, the strongest last.

    The strongest choice of who plays counts alone; who is barred by one of them, none of the others lets in.
    """
    roles, barred = None, frozenset[int]()
    for layer in layers:
        roles = roles_in(layer.get(PLAY_ROLES, "")) or roles
        barred |= roles_in(layer.get(BARRED_ROLES, ""))
    return PlayRule(roles, barred)


def roles_in(text: str) -> frozenset[int]:
    """Return the roles of a setting as it is stored; none if another version stored it."""
    found = text.split()
    return frozenset(map(int, found)) if all(map(_is_id, found)) else frozenset()


def roles_text(roles: Collection[int]) -> str:
    """Return a setting with these roles as it is stored."""
    return " ".join(map(str, sorted(roles)))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


class Barrier(StrEnum):
    """Why somebody may not use the bot."""

    BLOCKED_BY_HOST = "blocked_by_host"
    BLOCKED = "blocked"  # by the server's moderators
    NO_ROLE = "no_role"


def barrier(
    *, by_host: bool = False, by_server: bool = False, rule: PlayRule = EVERYBODY, member: MemberFacts | None
) -> Barrier | None:
    """Return why somebody may not use the bot; None if they may.

    `by_host` and `by_server` say who has blocked them; `rule` is that of the place where they play.
    """
    if by_host:
        return Barrier.BLOCKED_BY_HOST
    if by_server:
        return Barrier.BLOCKED
    return None if rule.admits(member) else Barrier.NO_ROLE
