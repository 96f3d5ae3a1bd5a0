"""The ladder of one endpoint: the form of its prompts, and what its refusals change.

Law: the rules are in `core.endpoint.ladder`; here their facts are read, stored and logged for the host.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from bot.core.completion import ModelError, Naming
from bot.core.endpoint.ladder import PROBING, below, choose, remember
from bot.storage.ladder_steps import LadderSteps
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class Ladder:
    """The current step of an endpoint; what one reply finds out counts for the next, even after a restart."""

    def __init__(
        self,
        steps: LadderSteps,
        *,
        endpoint: str,
        model: str,
        highest: Naming,
        pinned: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Begin at `highest`; a pinned step never changes. `clock` returns aware UTC times."""
        self._steps = steps
        self._endpoint = endpoint
        self._model = model
        self.highest = highest
        self._pinned = pinned
        self._clock = clock
        self._told: dict[Naming, datetime] = {}

    async def step(self, *, look: bool = False) -> Naming:
        """Return the step for the next request; `look` changes nothing."""
        if self._pinned:
            return self.highest
        known = await self._steps.get(self._endpoint, self._model)
        naming, then = choose(known, self.highest, self._clock())
        if then != known and not look:
            await self._steps.put(self._endpoint, self._model, then)
        return naming

    def refused(self, naming: Naming, error: ModelError, *, own_roles: bool) -> Naming | None:
        """Return the step to try after a refusal; None if a lower one would not help."""
        lower = None if self._pinned else below(naming, error, own_roles=own_roles)
        if lower is not None and self._is_news(naming):
            log.warning(
                HOST.say("host.stepped", model=self._model, step=naming, lower=lower, reason=error.detail)
            )
        return lower

    def _is_news(self, naming: Naming) -> bool:
        """Return whether the host has not been told of it yet: other running replies get the same refusal."""
        now = self._clock()
        if naming in self._told and now - self._told[naming] < PROBING:
            return False
        self._told[naming] = now
        return True

    async def worked(self, naming: Naming) -> None:
        """Note that a prompt of a step was answered."""
        if self._pinned:
            return
        known = await self._steps.get(self._endpoint, self._model)
        if (known.naming if known else self.highest) != naming:
            await self._steps.put(self._endpoint, self._model, remember(naming, self.highest, self._clock()))
