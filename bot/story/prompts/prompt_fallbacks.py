"""The prompts of one reply: the first, and others where the model refuses it.

Law: what is refused for its form is sent in a plainer one, what is too long with fewer turns; what has worked
is learnt, and so is what was too long.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.core.completion import OWN_ROLES, TOKEN_LIMIT, ErrorKind, ModelError, Naming, Prompt
from bot.core.prompting import window
from bot.core.prompting.transcript import history_sizes
from bot.core.scene import Turn
from bot.endpoint.ladder import Ladder
from bot.endpoint.meter import TokenMeter
from bot.storage.steering import SteeringKind
from bot.story.prompts.prompt_spec import BuiltPrompt, PromptSpec
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

_ASIDES = (SteeringKind.OOC, SteeringKind.ASK)


class PromptBuilder(Protocol):
    """Builds the prompts of a reply, and knows what the endpoint takes."""

    ladder: Ladder
    meter: TokenMeter

    async def build(
        self, spec: PromptSpec, naming: Naming, turns: Sequence[Turn] | None = None
    ) -> BuiltPrompt | None:
        """Build the prompt of a spec with these turns; None if there is nothing to answer."""


class PromptFallbacks:
    """The prompts of one reply (a `Question`): the first, and others if it is refused."""

    def __init__(self, built: BuiltPrompt, builder: PromptBuilder, spec: PromptSpec) -> None:
        """Begin with `built`, which `builder` has built for `spec`."""
        self.built = built
        self.is_out = False
        self.lost = 0
        self._builder = builder
        self._spec = replace(spec.with_party(built.sent.party_until), recalled=built.recalled)
        self._stepped = False
        self._less: Iterator[tuple[Turn, ...]] | None = None
        self._too_long: Prompt | None = None
        self._surely: Prompt | None = None  # the last that was refused only for its length

    @property
    def is_asked_for(self) -> bool:
        """Whether a person asked for this reply out of character, and not by a turn."""
        return any(steer.kind in _ASIDES for steer in self._spec.steers)

    @property
    def is_aside(self) -> bool:
        """Whether the reply is out of character."""
        return self._spec.is_aside

    @property
    def prompt(self) -> Prompt:
        """The prompt to send now."""
        return self.built.prompt

    async def grow_cheaper(self) -> bool:
        """Build the prompt again as a thrifty one; return False if it is one already."""
        if self._spec.thrifty:
            return False
        spec = replace(self._spec, thrifty=True)
        built = await self._builder.build(spec, Naming(self.built.sent.naming))
        if built is None:
            return False
        self.built = built
        self._spec = replace(spec.with_party(built.sent.party_until), recalled=built.recalled)
        return True

    async def refused(self, error: ModelError) -> bool:
        """Change the prompt after a refusal without any text; return False if no other prompt would help."""
        naming = Naming(self.built.sent.naming)
        if error.kind is ErrorKind.OVERFLOW:
            again = await self._shorter(naming, surely=error.code != TOKEN_LIMIT)
        else:
            own_roles = any(message.role in OWN_ROLES for message in self.prompt.messages)
            lower = self._builder.ladder.refused(naming, error, own_roles=own_roles)
            self._stepped = self._stepped or lower is not None
            # What was too long before is too long in a plainer form too.
            turns = self.built.turns if self._too_long is not None else None
            again = await self._builder.build(self._spec, lower, turns) if lower is not None else None
        self.built = again or self.built
        return again is not None

    async def answered(self) -> None:
        """Note that the prompt got an answer."""
        ladder, naming = self._builder.ladder, Naming(self.built.sent.naming)
        # A lower step that was only remembered is not new, and may be out of date by now.
        if self._stepped or naming is ladder.highest:
            await ladder.worked(naming)

    async def overflowed(self, at: datetime, *, answered: bool) -> None:
        """Note the smallest prompt that was too long, if any was, whatever the reply's outcome.

        Without a shorter prompt that was `answered`, the limit may have been the endpoint's tokens per
        minute.
        """
        too_long = self._too_long if answered else self._surely
        if too_long is not None:
            await self._builder.meter.overflowed(too_long, at)

    async def _shorter(self, naming: Naming, *, surely: bool) -> BuiltPrompt | None:
        """Return a prompt with less of the history; None if there is no less.

        `surely` says that the last one was refused for its length and nothing else.
        """
        if self._less is not None or len(self.built.turns) > 1:  # else the history is not the reason
            self._too_long = self.prompt
            self._surely = self.prompt if surely else self._surely
        if self._less is None:
            whole = self.built.turns
            sizes = history_sizes(self._spec.persona, whole, naming, self._builder.meter.counter)
            retreats = window.retreats(sizes) if sizes else []
            self._less = iter([whole[left_out:] for left_out in retreats])
        turns = next(self._less, None)
        if turns is None:
            return None
        log.info(HOST.say("host.shortened", channel=self._spec.scene.place.channel_id))
        return await self._builder.build(self._spec, naming, turns)
