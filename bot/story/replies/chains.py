"""Chains: what personas of one channel say to each other after a person has spoken.

Law: `core.casts` decides who goes on. A message of a person ends a chain, and comes first; so does a stop.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from bot.core.asides import is_aside
from bot.core.casts import who_goes_on
from bot.core.chance import number_for
from bot.core.persona import Persona
from bot.core.scene import Ending
from bot.core.settings import PersonaTalk
from bot.core.speech import aloud
from bot.story.places.answering import Answerers
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor
from bot.story.replies.opening import Opening
from bot.story.replies.reply import Reply


class Chains:
    """The talk of personas, in all channels."""

    def __init__(self, floor: Floor, casting: Casting, answerers: Answerers, opening: Opening) -> None:
        """Let replies begin by `opening`."""
        self._floor = floor
        self._casting = casting
        self._answerers = answerers
        self._opening = opening

    async def play(
        self,
        replies: Sequence[Reply],
        play: Callable[[Reply], Awaitable[None]],
        *,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Play the replies to a message one after another, and then what personas say to each other.

        `play` enters and shows a reply; `goes_on` is whether another one may begin that nobody asked for.
        """
        last: Reply | None = None
        try:
            for reply in replies:
                last = reply
                await play(reply)
            while last is not None and goes_on():
                last = await self._next(last)
                if last is not None:
                    await play(last)
        finally:
            for reply in replies:  # a reply that is not played must not wait: others would join it
                reply.stop()

    async def _next(self, reply: Reply) -> Reply | None:
        """Return the reply of a persona that answers one that was played; None if none does."""
        outcome, chain = reply.outcome, self._opening.chain(reply)
        if outcome is None or outcome.ending is not Ending.DONE or chain is None:
            return None
        place = reply.trigger.place
        async with self._floor.ears(place.channel_id):
            cast = await self._casting.lookup(place)
            if cast.settings.persona_talk is PersonaTalk.OFF or len(cast.members) == 1:
                return None
            if is_aside(reply.text) or self._floor.pacing.quiet(cast.settings) is not None:
                return None
            if self._floor.newest(place.channel_id) != chain.heard:
                return None
            named = self._answerers.named_in(aloud(reply.text), place, cast)
            chance = partial(number_for, "turn", chain.turn_id)
            key = who_goes_on(cast.members, reply.persona.key, named, chain.depth, chance)
            persona = None if key is None else self._casting.speaker(place, cast, key)
            if not isinstance(persona, Persona) or self._opening.waiting.of(place, persona) is not None:
                return None
            goes_on = replace(chain, depth=chain.depth + 1)
            open_turn = partial(self._opening.open, chain=goes_on)
            return self._floor.again(persona, reply.triggers, cast, open_turn)
