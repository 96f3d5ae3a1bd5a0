"""Hearing: what happens when a person writes, edits or deletes a message.

Law: facts are looked up once, `core.routing` decides, and what a frontend has to do is returned as a value
(`Heard`), never called. A message is stored before the model is asked.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.core.holds import Due
from bot.core.proxies import counts_for
from bot.core.routing import (
    ANSWERS,
    Availability,
    Decision,
    NoReply,
    NoReplyReason,
    Respond,
    decide,
    may_ask_now,
)
from bot.core.scene import IncomingMessage, Place
from bot.storage.errors import StorageError
from bot.storage.stores import Stores
from bot.story.incoming.admission import Admission
from bot.story.incoming.asides import Asides
from bot.story.incoming.copies import Copies
from bot.story.incoming.dispatching import Dispatcher
from bot.story.incoming.editing import Editing, Following, Store
from bot.story.incoming.facts import Considered, FactFinder
from bot.story.incoming.heard import Heard
from bot.story.incoming.inbox import Inbox
from bot.story.incoming.late import LateHearing
from bot.story.incoming.members import Members
from bot.story.incoming.proxying import Proxying
from bot.story.incoming.recording import Recorder
from bot.story.incoming.referring import FetchStarter, Referring
from bot.story.places.acting import Acting
from bot.story.places.answering import Answerers
from bot.story.places.casting import Casting, ChannelCast
from bot.story.places.latest import LatestMessages
from bot.story.places.notices import Notices
from bot.story.prompts.prompter import Prompter
from bot.story.replies.bursts import Bursts
from bot.story.replies.chains import Chains
from bot.story.replies.floor import Floor
from bot.story.replies.opening import Opening
from bot.story.replies.reply import Reply
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class Hearing:
    """The use cases of incoming messages. One instance serves all channels.

    Attributes:
        admission: whether a person may ask a persona for a reply now.
        answerers: who answers.
        chains: plays the replies to a message, and what personas say to each other after them.
        dispatcher: which reply answers a message.
        late: hears what came while nobody listened.
        proxying: the messages that proxies post, and those that are held because one may.
    """

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        prompter: Prompter,
        notices: Notices,
        stores: Stores,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._notices = notices
        self._history = stores.history
        members = Members(stores.people, lambda: casting.rules.proxies, clock)
        self.proxying = Proxying(members)
        self._inbox = Inbox(floor, LatestMessages(), self.proxying, clock)
        bursts = Bursts(lambda: casting.rules.catch_up.settle)
        self._opening = Opening(floor, casting, prompter, stores, bursts, clock)
        self.admission = Admission(floor, self._opening.waiting, bursts)
        self.answerers = Answerers(casting, stores.history)
        self.chains = Chains(floor, casting, self.answerers, self._opening)
        self.dispatcher = Dispatcher(floor, casting, stores.history, self._opening, bursts)
        acting, asides = Acting(stores.people.profiles), Asides(stores.steering, floor)
        self._facts = FactFinder(self.answerers, casting, stores, members, acting, self.admission)
        referring = Referring(floor, casting, stores, self._inbox.latest, members, clock)
        self._recorder = Recorder(floor, casting, stores, asides, referring, clock)
        self._editing = Editing(
            self._inbox, stores.history, self._facts, self._recorder, asides, self.admission
        )
        self._copies = Copies(self._inbox, casting, stores.history, self._recorder, self.dispatcher)
        parts = (self._facts, self._recorder, self._editing, self._copies)
        self.late = LateHearing(self._inbox, *parts, self.dispatcher)

    async def ignores(self, message: IncomingMessage) -> bool:
        """Return whether a message is ignored whatever else is true, so that nothing more is looked up.

        What cannot be looked up of a bot's is ignored.
        """
        if not self.is_foreign(message) or self.proxying.members.is_command(message):
            return self.is_foreign(message)
        try:
            settings = await self._casting.settings(message.place)
        except StorageError:
            return True
        return message.author.id not in settings.bots

    def is_foreign(self, message: IncomingMessage) -> bool:
        """Return whether a message is a command for another bot, or a bot's own."""
        members = self.proxying.members
        return members.is_command(message) or (message.from_bot and not members.is_copy(message))

    async def hear(
        self,
        message: IncomingMessage,
        persona_key: str | None = None,
        cast: ChannelCast | None = None,
        *,
        fetch_starter: FetchStarter | None = None,
    ) -> Heard:
        """Handle a message: store it if it belongs to the story, and return the replies it asks for.

        A message to a persona whose reply waits for the floor joins that reply, as its newest trigger.
        `persona_key` is the persona that a command asked for, None for the place's; `cast` is the place's, if
        it was looked up for the same message. `fetch_starter` is called if the message begins the story of
        its thread; None outside of threads.
        """
        with self._coming(message):
            async with self._inbox.ears(message.place):
                return await self._hear(message, fetch_starter, persona_key, cast)

    async def hear_posted(
        self, message: IncomingMessage, *, fetch_starter: FetchStarter | None = None
    ) -> Heard:
        """Handle a message of a channel as `hear` does, but where a proxy posts what people write.

        What a proxy may post again is held until that is known, and what it did is heard in its place, once.
        """
        if self.proxying.members.is_copy(message):
            due = await self.proxying.copies(message)
            return Heard() if due is None else await self._hear_copies(due, fetch_starter)
        with self._coming(message):
            async with self._inbox.ears(message.place):
                seconds = await self.proxying.members.hold(message)
                if not seconds:
                    now = self.proxying.take(message)
                    return Heard() if now is None else await self._hear(now, fetch_starter)
        later = await self.proxying.held(message, seconds)
        return Heard() if later is None else await self.hear(later, fetch_starter=fetch_starter)

    @contextmanager
    def _coming(self, *messages: IncomingMessage) -> Iterator[None]:
        """Count who types from now on, until it is known whether a reply answers these messages."""
        for message in messages:
            self.dispatcher.bursts.came(message)
        try:
            yield
        finally:
            for message in messages:
                self.dispatcher.bursts.passed(message)

    async def _hear(
        self,
        message: IncomingMessage,
        fetch_starter: FetchStarter | None,
        persona_key: str | None = None,
        cast: ChannelCast | None = None,
    ) -> Heard:
        """Handle a message with the ears of its channel."""
        if self._inbox.is_gone(message):  # while it was looked into
            return Heard()
        self._floor.note_heard(message)
        found = self.dispatcher.in_burst(await self._facts.consider(message, persona_key, cast))
        record = partial(self._recorder.record, fetch_starter)
        return await self._take(found.message, found, record, joins=True)

    async def _hear_copies(self, due: Due, fetch_starter: FetchStarter | None) -> Heard:
        """Handle copies that a proxy has posted, in the place of their original."""
        with self._coming(*due.messages):
            async with self._inbox.ears(due.messages[0].place):
                return await self._copies.take(due, partial(self._hear_copy, fetch_starter))

    async def _hear_copy(
        self, fetch_starter: FetchStarter | None, message: IncomingMessage, due: Due
    ) -> Heard:
        """Handle one of some copies; where another one was answered, it is not."""
        self._floor.note_heard(message)
        found = self.dispatcher.in_burst(await self._facts.consider(message))
        if due.is_answered:
            found = replace(found, facts=replace(found.facts, respond=Respond.NEVER))
        record = partial(self._recorder.record, fetch_starter)
        return await self._take(found.message, found, record, joins=not due.is_answered)

    def typing(self, channel_id: int, user_id: int) -> None:
        """Handle that a person types: an answer to what they have just said waits for more, for a moment."""
        self.dispatcher.bursts.typing(channel_id, user_id)

    async def wants_answer(self, message: IncomingMessage) -> bool:
        """Return whether a message wants an answer; nothing is stored."""
        return (await self._facts.consider(message)).asks

    async def amend(
        self, message: IncomingMessage, *, answers: bool = True, fetch_starter: FetchStarter | None = None
    ) -> Heard:
        """Handle an edit: give the stored turn the new text, and answer it if it asks only now.

        A message asks once: an edit makes a question of it only within a minute, and only if it was none
        before. With `answers` False, the edit is only followed. `fetch_starter` is as in `hear`. Discord also
        tells of pins and the like, by which nobody changes a word: of those, only a link's preview is noted.
        """
        heard = await self._editing.follow(message, Following(self._take, answers, fetch_starter))
        return heard or Heard()

    def may_ask_by_edit(self, message: IncomingMessage) -> bool:
        """Return whether a message may ask for a reply by its edit, as far as it is known unstored."""
        return not self.is_foreign(message) and may_ask_now(
            self._editing.facts(message, self._inbox.clock(), stored=False)
        )

    def why_unopened(self, reply: Reply) -> NoReply | None:
        """Return what the person who asked for a reply is told in its place; None for nothing."""
        return self._opening.why_unopened(reply)

    async def retract(self, place: Place, message_ids: list[int]) -> list[int]:
        """Handle deletions: people's turns leave the story, and deleted posts leave their turn.

        Return the turns that have lost a post and not all, and that no reply is at work on.
        """
        async with self._inbox.ears(place):
            for message_id in message_ids:
                self._inbox.latest.note_deleted(message_id)
            for message_id in message_ids:
                await self._copies.give_up(message_id)
                await self._copies.see(self.proxying.copies_of(place, message_id))
            # What another copy takes the place of goes with that.
            gone = [each for each in message_ids if not self.proxying.is_replaced(place, each)]
            changes = await self._history.retract(gone)
            idle = [each.turn_id for each in changes if not each.gone and self._floor.left(each.turn_id)]
            for change in changes:
                self._floor.page_deleted(change.turn_id)
        return idle

    async def _take(
        self, message: IncomingMessage, found: Considered, store: Store, *, joins: bool = False
    ) -> Heard:
        """Decide about a message, store it by `store`, and return what the frontend has to do.

        `joins` is whether it may join a reply to its author that has begun, and that nobody has seen.
        """
        self._editing.note_asked(message, found)
        self._editing.note_aside(message, found)
        decision = decide(found.facts)
        if decision.stored and not await store(message, found, _owed(decision, found)):
            decision = decide(replace(found.facts, known=True))
        if joins and decision.stored and decision.told is None:
            again = await self.dispatcher.begin_again(message, found, decision)
            if again is not None:
                return Heard(again, found.answer_besides if decision.answered else None)
        if decision.answered:
            return Heard(self.dispatcher.answer(found.speakers, message, found.cast), found.answer_besides)
        if decision.stored:
            self._log_missing(found, message.place)
        stops = decision.told is NoReplyReason.ASKED_STOP
        hushed = stops and self._floor.hush(message)
        notice = self._told(decision, found, message)
        if notice is not None or not decision.stored:
            return Heard(notice=notice, hushed=hushed)
        return Heard(notice=await self._notices.due(message.place, found.cast))

    def _told(self, decision: Decision, found: Considered, message: IncomingMessage) -> NoReply | None:
        """Return the notice that a decision wants; that somebody has to wait is said once in that time."""
        told, user_id = decision.told, counts_for(message)
        if told is None:
            return None
        limit = self._floor.limit
        if not (message.by_command or limit.tells(user_id, told, message.place)):
            return None
        if told in ANSWERS.values():
            return NoReply(told, found.persona_name)
        if told is NoReplyReason.LIMITED:
            return NoReply(told, str(limit.wait(user_id) or 1))  # it may just have passed
        if found.denial is not None and told is found.denial.reason:
            return found.denial.no_reply if self._floor.tells(found.denial, message) else None
        return NoReply(told, found.speaker.about if isinstance(found.speaker, NoReply) else "")

    def _log_missing(self, found: Considered, place: Place) -> None:
        if (
            found.facts.wakes
            and found.facts.availability is Availability.MISSING
            and isinstance(found.speaker, NoReply)
        ):
            key = found.speaker.about
            log.warning(HOST.say("host.persona_missing", channel=place.channel_id, key=key))


def _owed(decision: Decision, found: Considered) -> tuple[str, ...]:
    """Return the keys of the personas that owe an answer or a notice."""
    if decision.answered:
        return tuple(persona.key for persona in found.speakers)
    missing = decision.told is NoReplyReason.PERSONA_MISSING and isinstance(found.speaker, NoReply)
    return (found.speaker.about,) if missing and isinstance(found.speaker, NoReply) else ()
