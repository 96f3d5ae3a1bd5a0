"""What the processes that use an endpoint together share of its limits.

Law: a process that is alone, or does not know of others yet, has all to itself and asks nobody.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol


class Processes(Protocol):
    """The processes that share an endpoint, as one of them sees them."""

    @property
    def living(self) -> int:
        """How many there are, with this one."""
        ...

    async def window(self, name: str, most: int, seconds: float) -> float:
        """Take one of at most `most` uses in any `seconds`; return 0, or the seconds until asking again."""
        ...


class Alone:
    """One process."""

    living = 1

    async def window(self, name: str, most: int, seconds: float) -> float:
        """Return 0."""
        del name, most, seconds
        return 0.0


@dataclass(slots=True)
class Together:
    """The processes that share the limits of the host's endpoints; they are known once storage is open."""

    processes: Processes = field(default_factory=Alone)


@dataclass(frozen=True, slots=True)
class Account:
    """An account with an endpoint, whose requests are counted together.

    Attributes:
        name: tells it from others, and holds no secret.
        together: who shares it.
    """

    name: str = ""
    together: Together = field(default_factory=Together)

    def share(self, at_once: int | None) -> int | None:
        """Return how many requests this process may have in progress of those that all may; at least one."""
        return at_once and max(1, at_once // self.together.processes.living)

    async def take(self, per_minute: int, minute: float) -> float:
        """Take one of the requests of a minute; return 0, or the seconds until asking again."""
        return await self.together.processes.window(self.name, per_minute, minute)


def account_of(address: str, model: str, key: str | None, together: Together) -> Account:
    """Return the account that a key is for; of it all, the name keeps a digest."""
    told = sha256("\0".join((address, model, key or "")).encode()).hexdigest()
    return Account(f"model {told[:16]}", together)
