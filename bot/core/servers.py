"""Which servers the bot serves, and where else it can be used.

Law: one rule decides, for messages, commands and controls alike. Anybody can add a public bot to a server, so
a server is served only if the bot's owner is there or has named it, itself or one of its channels. As long as
it is not known whether the owner is there, nothing is served and nothing is said.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from bot.core.reach import Reach


class Audience(StrEnum):
    """Whose servers are served, beside those that the configuration names."""

    OWNER = "owner"  # those in which the application's owner, or somebody of its team, is a member
    ALL = "all"
    LISTED = "listed"


class Standing(Enum):
    """Whether a server is served."""

    SERVED = auto()
    STRANGER = auto()
    UNKNOWN = auto()  # Discord has not said yet whether the owner is a member


@dataclass(frozen=True, slots=True)
class ServerRule:
    """The host's choice of servers, and of accounts.

    Attributes:
        audience: whose servers are served.
        listed: the ids of those that are named.
        readable_by_all: whether admins of each of them may read the files of the host's personas, not only
            where the bot's owner is a member.
        outside: where else than on servers people may use the bot.
        blocked: the accounts that are served nowhere.
    """

    audience: Audience = Audience.OWNER
    listed: frozenset[int] = frozenset()
    readable_by_all: bool = False
    outside: frozenset[Reach] = frozenset()
    blocked: frozenset[int] = frozenset()

    def serves(self, reach: Reach) -> bool:
        """Return whether the bot can be used there at all; of servers, `standing` says which."""
        return reach is Reach.SERVER or reach in self.outside

    def standing(self, server_id: int, *, names_channel: bool, has_owner: bool | None) -> Standing:
        """Return whether a server is served.

        `names_channel` says that the configuration names one of its channels, `has_owner` whether the owner
        is a member; None if that is not known.
        """
        if self.audience is Audience.ALL or server_id in self.listed or names_channel:
            return Standing.SERVED
        if self.audience is Audience.LISTED or has_owner is False:
            return Standing.STRANGER
        return Standing.SERVED if has_owner else Standing.UNKNOWN
