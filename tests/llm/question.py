"""Questions to a model, without a story behind them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.core.completion import ErrorKind, ModelError, Prompt


@dataclass(slots=True)
class PlainQuestion:
    """One prompt, for which there is no other."""

    prompt: Prompt
    is_out: bool = False
    lost: int = 0

    async def refused(self, error: ModelError) -> bool:
        """Leave it at that."""
        del error
        return False


async def _at_once() -> None:
    """Have the next prompt ready."""


@dataclass
class Prompts:
    """Some prompts, one after the other whatever the failure.

    Attributes:
        met: what each but the last one met, as (kind, whether stopping cost anything by then).
        ready: is awaited before the next prompt is there.
    """

    rest: list[Prompt]
    ready: Callable[[], Awaitable[None]] = _at_once
    met: list[tuple[ErrorKind, bool]] = field(default_factory=list)
    is_out: bool = False
    lost: int = 0

    @property
    def prompt(self) -> Prompt:
        """The first that is left."""
        return self.rest[0]

    async def refused(self, error: ModelError) -> bool:
        """Go on to the next."""
        if len(self.rest) == 1:
            return False
        self.met.append((error.kind, self.is_out))
        await self.ready()
        self.rest = self.rest[1:]
        return True
