"""Hearing late: what people wrote and changed while nobody listened.

Law: it is stored as it would have been at the time, and nobody is told anything; what asks for a
reply is owed one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from bot.core.asides import BotQuestion
from bot.core.persona import Persona
from bot.core.routing import (
    NoReplyReason,
    decide,
)
from bot.core.scene import IncomingMessage
from bot.story.incoming.copies import Copies
from bot.story.incoming.dispatching import Dispatcher
from bot.story.incoming.editing import Editing, Following, Store
from bot.story.incoming.facts import Considered, FactFinder
from bot.story.incoming.heard import Late
from bot.story.incoming.inbox import Inbox
from bot.story.incoming.recording import Recorder
from bot.story.incoming.referring import FetchStarter
from bot.story.places.casting import ChannelCast
from bot.story.replies.reply import Reply


class LateHearing:
    """Hears messages late, in all channels."""

    def __init__(
        self,
        inbox: Inbox,
        facts: FactFinder,
        recorder: Recorder,
        editing: Editing,
        copies: Copies,
        dispatcher: Dispatcher,
    ) -> None:
        """Hear by these, as `Hearing` does."""
        self._inbox = inbox
        self._floor = inbox.floor
        self._latest = inbox.latest
        self._facts = facts
        self._recorder = recorder
        self._editing = editing
        self._copies = copies
        self._dispatcher = dispatcher

    async def due(self, messages: Iterable[IncomingMessage]) -> dict[int, IncomingMessage]:
        """Return by id what is to be heard of messages of one channel that came while nobody listened.

        Originals that a proxy has posted again are left out.
        """
        return await self._copies.of_the_past(messages)

    async def hear(
        self, message: IncomingMessage, *, told: bool, fetch_starter: FetchStarter | None = None
    ) -> Late:
        """Store a message that was written while nobody listened, as `Hearing.hear` would have.

        If it asks for a reply, that is owed from now on (`answer`). `told` is whether the channel knows
        that all its messages are stored, if they are. `fetch_starter` is as there.
        """
        async with self._inbox.ears(message.place):
            if self._inbox.is_gone(message) or self._latest.asked(message.id) is not None:
                return Late.LEFT_OUT
            if self._latest.is_outdated(message.id, message.edited_at):
                return Late.OUTDATED
            self._floor.note_heard(message)
            found = await self._facts.consider(message)
            found = replace(found, facts=replace(found.facts, bound=found.facts.bound and told))
            record = partial(self._recorder.record, fetch_starter)
            return await self._take(found.message, found, record)

    async def amend(self, message: IncomingMessage) -> None:
        """Follow an edit of a stored message that was made while nobody listened.

        It is followed as by `Hearing.amend`. If it asks for a reply only now, that is owed from now on.
        """
        await self._editing.follow(message, Following(self._take, is_late=True))

    async def answer(
        self, asked: Sequence[IncomingMessage], persona: Persona, cast: ChannelCast
    ) -> Reply | None:
        """Return the reply to messages of one place that have waited, the newest last.

        None if a reply of the persona waits for the floor there already, which answers them.
        """
        async with self._inbox.ears(asked[-1].place):
            return self._dispatcher.answer_late(asked, persona, cast)

    async def _take(self, message: IncomingMessage, found: Considered, store: Store) -> Late:
        """Decide about a message of which nobody is told anything, and store it by `store`."""
        # It is not known who asked then, nor what was left; that is looked into when it is answered. So is
        # whether it is quiet by then: who asked before that is told.
        is_over = self._floor.pacing.is_over(found.cast.settings, message.created_at)
        denied = NoReplyReason.QUIET if is_over else None
        found = replace(found, facts=replace(found.facts, denied=denied))
        decision = decide(found.facts)
        stops = found.facts.wakes and found.facts.question is BotQuestion.STOP
        owed = tuple(persona.key for persona in found.speakers) if decision.answered else ()
        stored = decision.stored and await store(message, found, owed)
        # Not before: if this breaks off, it begins again.
        self._editing.note_asked(message, found)
        self._editing.note_aside(message, found)
        if stops:
            return Late.STOPS
        return Late.STORED if stored else Late.LEFT_OUT
