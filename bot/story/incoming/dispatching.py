"""Dispatching: which reply answers a message: one that waits, one that nobody has seen, or a new one.

Law: whether a message is answered, and which personas do, is decided before; call it with the ears of the
channel.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.core.persona import Persona
from bot.core.routing import (
    Cue,
    Decision,
)
from bot.core.scene import IncomingMessage, Place
from bot.storage.history import History
from bot.story.incoming.facts import Considered
from bot.story.places.casting import Casting, ChannelCast
from bot.story.replies.bursts import Bursts
from bot.story.replies.floor import AnsweredBy, Floor
from bot.story.replies.opening import Opening
from bot.story.replies.reply import Reply


class Dispatcher:
    """Hands messages to the replies that answer them."""

    def __init__(
        self, floor: Floor, casting: Casting, history: History, opening: Opening, bursts: Bursts
    ) -> None:
        """Begin replies on `floor`, which `opening` opens; `bursts` has those that nobody has seen."""
        self._floor = floor
        self._casting = casting
        self._history = history
        self._waiting = opening.waiting
        self._open = opening.open
        self.bursts = bursts

    def in_burst(self, found: Considered) -> Considered:
        """Return a message with who answers it: what asks nobody goes to the one that answers its author."""
        if found.facts.cue is not Cue.CHANCE:
            return found
        persona = self.bursts.goes_to(found.message)
        return found if persona is None else replace(found, speaker=persona, others=())

    def answer(
        self, personas: Sequence[Persona], message: IncomingMessage, cast: ChannelCast
    ) -> tuple[Reply, ...]:
        """Let replies that wait for the floor answer this message too; return those that do not wait yet."""
        answering, new = list[Reply](), list[Reply]()
        for persona in personas:
            waiting = self._waiting.of(message.place, persona)
            if waiting is not None:
                waiting.join(message)
                answering.append(waiting)
                continue
            reply = self._floor.reply(persona, message, cast, self._open)
            self._floor.cool(reply)
            self._waiting.add(reply)
            answering.append(reply)
            new.append(reply)
        self.bursts.answers(answering, message)
        return tuple(new)

    async def begin_again(
        self, message: IncomingMessage, found: Considered, decision: Decision
    ) -> tuple[Reply, ...] | None:
        """Replace a reply that nobody saw by one that answers this message too; None if there is none."""
        asked = found.speakers if decision.answered else ()
        unseen = self.bursts.unseen(message, [persona.key for persona in asked])
        if unseen is None or not await self._history.drop_unseen(unseen[1]):
            return None
        former = unseen[0]
        former.page_deleted()
        others = [persona for persona in asked if persona.key != former.persona.key]
        waiting, new = self._waiting.of(message.place, former.persona), list[Reply]()
        if waiting is not None:
            for each in (*former.triggers, message):
                waiting.join(each)
            self._floor.give_back(former)  # what joins a reply does not count
            reply = waiting
        else:
            triggers = (*former.triggers, message)
            reply = self._floor.again(former.persona, triggers, found.cast, self._open, former)
            self._waiting.add(reply)
            new.append(reply)
        self.bursts.answers([reply], message, replaces=True)
        return (*new, *(self.answer(others, message, found.cast) if others else ()))

    async def answer_instead(
        self, former: AnsweredBy, persona_key: str, place: Place, writing: Reply | None
    ) -> Reply | None:
        """Return a reply to what else a withdrawn one has answered.

        None if a reply that waits answers that, or nobody can. `writing` is the withdrawn one, if it was
        being written.
        """
        persona = self._casting.library.at(place.guild_id).get(persona_key)
        if persona is None or not former.is_asked:
            return None
        waiting = self._waiting.of(place, persona)
        if waiting is not None:
            waiting.take_over(former.triggers)
            return None
        cast = await self._casting.lookup(place)
        reply = self._floor.again(persona, former.triggers, cast, self._open, writing)
        self._waiting.add(reply)
        return reply

    def answer_late(
        self, asked: Sequence[IncomingMessage], persona: Persona, cast: ChannelCast
    ) -> Reply | None:
        """Return the reply to messages of one place that have waited, the newest last.

        None if a reply of the persona waits for the floor there already, which answers them.
        """
        if self._waiting.of(asked[-1].place, persona) is not None:
            return None
        reply = self._floor.reply(persona, asked[0], cast, self._open)
        for message in asked[1:]:
            reply.join(message)
        self._waiting.add(reply)
        return reply

    def unask(self, place: Place, message_ids: Collection[int]) -> None:
        """Stop the replies that wait for the floor to answer these messages of a place and no others."""
        for reply in self._waiting.at(place):
            if all(each.id in message_ids for each in reply.triggers):
                reply.stop()
            else:
                reply.leave_out(message_ids)
