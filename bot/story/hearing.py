"""Hearing: what happens when a person writes, edits or deletes a message.

Law: facts are looked up once, `core.routing` decides, and what a frontend has to do is returned as a value
(`Heard`), never called. A message is stored before the model is asked.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial
from typing import TypeVar

from bot.core.asides import BotQuestion
from bot.core.holds import Due
from bot.core.persona import Persona
from bot.core.proxies import counts_for, is_member
from bot.core.routing import (
    ANSWERS,
    Availability,
    Cue,
    Decision,
    Denial,
    NoReply,
    NoReplyReason,
    Respond,
    decide,
    may_ask_now,
    refusal_of_command,
    unpaid,
)
from bot.core.scene import IncomingMessage, Place, Post, Turn
from bot.core.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.stores import Stores
from bot.story.acting import Acting
from bot.story.answering import Answerers
from bot.story.asides import Asides
from bot.story.bursts import Bursts
from bot.story.casting import Casting, ChannelCast
from bot.story.chains import Chains
from bot.story.editing import Editing, Following, Store
from bot.story.facts import Considered, FactFinder
from bot.story.floor import Floor
from bot.story.latest import LatestMessages
from bot.story.members import Members
from bot.story.notices import Notices, StorageNoticeDue
from bot.story.opening import Opening
from bot.story.prompter import Prompter
from bot.story.proxying import Proxying
from bot.story.recording import Recorder
from bot.story.referring import FetchStarter, Referring
from bot.story.reply import Reply
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A reply that has left the story, because a proxy has posted the message that it answered again.

    Attributes:
        turn: its turn, as it was.
        kept: the posts that showed it.
        reply: the reply, if it was being written; it may post until it has ended.
    """

    turn: Turn
    kept: tuple[Post, ...]
    reply: Reply | None = None

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts that show it, as far as it is known by now."""
        record = self.reply.record if self.reply is not None else None
        return self.kept if record is None else record.posts


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of a message.

    Attributes:
        replies: the replies for the frontend to enter and show; none if nobody answers, or if the message
            joined a reply that waits for the floor.
        notice: what to tell the channel instead, or besides if the bot itself was asked; None for nothing.
        withdrawn: replies that have left the story and whose posts are to be deleted first.
        hushed: whether it has stopped a reply to others.
    """

    replies: tuple[Reply, ...] = ()
    notice: NoReply | StorageNoticeDue | None = None
    withdrawn: tuple[Withdrawn, ...] = ()
    hushed: bool = False


class Late(Enum):
    """What became of a message that was written while nobody listened."""

    STORED = "stored"
    LEFT_OUT = "left out"  # as it would have been at the time, or events have told of it
    STOPS = "stops"  # it asks a persona to stop
    OUTDATED = "outdated"  # it was edited since it was read


@dataclass(frozen=True, slots=True)
class Answerer:
    """The persona that would answer in a place, and the place's cast."""

    persona: Persona
    cast: ChannelCast


T = TypeVar("T")


class Hearing:
    """The use cases of incoming messages. One instance serves all channels.

    Attributes:
        chains: plays the replies to a message, and what personas say to each other after them.
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
        self._clock = clock
        members = Members(stores.people, lambda: casting.rules.proxies, clock)
        self.proxying = Proxying(members)
        self._answerers = Answerers(casting, stores.history)
        acting = Acting(stores.people.profiles)
        self._facts = FactFinder(self._answerers, casting, stores, members, acting, self)
        self._asides = Asides(stores.steering, floor)
        self._latest = LatestMessages()
        self._bursts = Bursts(lambda: casting.rules.catch_up.settle)
        self._opening = Opening(floor, casting, prompter, stores, self._bursts, clock)
        self._waiting = self._opening.waiting
        self.chains = Chains(floor, casting, self._answerers, self._opening)
        referring = Referring(floor, casting, stores, self._latest, members, clock)
        self._recorder = Recorder(floor, casting, stores, self._asides, referring, clock)
        parts = (self._facts, self._recorder, self._asides, self._latest)
        self._editing = Editing(stores.history, *parts, self.awaits)

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
            async with self._floor.ears(message.place.channel_id):
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
            async with self._floor.ears(message.place.channel_id):
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
            self._bursts.came(message)
        try:
            yield
        finally:
            for message in messages:
                self._bursts.passed(message)

    async def _hear(
        self,
        message: IncomingMessage,
        fetch_starter: FetchStarter | None,
        persona_key: str | None = None,
        cast: ChannelCast | None = None,
    ) -> Heard:
        """Handle a message with the ears of its channel."""
        if self._is_gone(message):  # while it was looked into
            return Heard()
        self._floor.note_heard(message)
        found = self._in_burst(await self._facts.consider(message, persona_key, cast))
        record = partial(self._recorder.record, fetch_starter)
        return await self._take(found.message, found, record, joins=True)

    async def _hear_copies(self, due: Due, fetch_starter: FetchStarter | None) -> Heard:
        """Handle copies that a proxy has posted, in the place of their original."""
        place = due.messages[0].place
        with self._coming(*due.messages):
            async with self._floor.ears(place.channel_id):
                if due.reproxied is not None and await self._rename(due.reproxied, due.messages[0]):
                    return Heard()
                return await self._take_copies(due, partial(self._recorder.record, fetch_starter))

    async def _take_copies(self, due: Due, record: Store) -> Heard:
        """Put copies in the place of their original; return what the frontend has to do."""
        original, place = due.original, due.messages[0].place
        withdrawn, again = list[Withdrawn](), list[Reply]()
        if original is not None:
            if self._latest.is_deleted(original.id):  # else it is known once that is told
                await self._see(due.messages)
            self._latest.note_deleted(original.id)
            await self._history.retract([original.id])
            if due.was_heard:
                withdrawn, again = await self._withdraw(original)
        replies, notice = list[Reply](), None
        for message in due.messages:
            if self._is_gone(message):
                continue
            heard = await self._take_copy(message, due, record)
            replies += heard.replies
            notice = notice or heard.notice
        if original is not None:
            self.unask(place, {original.id})
        replies += [reply for reply in again if reply.halted is None]
        if due.was_heard and isinstance(notice, NoReply):
            notice = None  # it was told when the original was heard
        if replies or notice is not None:
            self.proxying.answered(due)
        return Heard(tuple(replies), notice, tuple(withdrawn))

    async def _take_copy(self, message: IncomingMessage, due: Due, record: Store) -> Heard:
        """Handle one of some copies; where another one was answered, it is not."""
        self._floor.note_heard(message)
        found = self._in_burst(await self._facts.consider(message))
        if due.is_answered:
            found = replace(found, facts=replace(found.facts, respond=Respond.NEVER))
        return await self._take(found.message, found, record, joins=not due.is_answered)

    async def _withdraw(self, original: IncomingMessage) -> tuple[list[Withdrawn], list[Reply]]:
        """Take the answers to a message out of the story; return them, and the replies in their place.

        Those answer what else the former ones answered, unless a reply that waits does, or nobody can.
        """
        withdrawn, again = list[Withdrawn](), list[Reply]()
        place = original.place
        for answer in self._floor.answers_to(original.id):
            turn = await self._history.turn(answer.turn_id)
            if turn is None or turn.persona_key is None:
                continue
            writing = self._floor.writing(turn.id)
            if writing is not None:
                writing.page_deleted()
            withdrawn.append(Withdrawn(turn, await self._history.withdraw(turn.id), writing))
            persona = self._casting.library.at(place.guild_id).get(turn.persona_key)
            waiting = self._waiting.of(place, persona) if persona is not None else None
            if persona is None or not answer.is_asked:
                continue
            if waiting is not None:
                waiting.take_over(answer.triggers)
                continue
            cast = await self._casting.lookup(place)
            reply = self._floor.again(persona, answer.triggers, cast, self._opening.open, writing)
            self._waiting.add(reply)
            again.append(reply)
        return withdrawn, again

    async def _rename(self, message_id: int, copy: IncomingMessage) -> bool:
        """Let a copy take the place of another one with the same words; return whether that was stored."""
        if self._is_gone(copy) or not await self._recorder.rename(message_id, copy):
            if self._latest.is_deleted(message_id):
                await self._history.retract([message_id])
            return False
        self._floor.note_heard(copy)
        return True

    async def _see(self, copies: Iterable[IncomingMessage]) -> None:
        """Store whose members copies were posted for, once the deletion of their original has proved it."""
        for copy in copies:
            if not (await self._casting.settings(copy.place)).paused:  # else nothing is stored
                await self.proxying.members.see(copy)

    def typing(self, channel_id: int, user_id: int) -> None:
        """Handle that a person types: an answer to what they have just said waits for more, for a moment."""
        self._bursts.typing(channel_id, user_id)

    def _is_gone(self, message: IncomingMessage) -> bool:
        """Return whether a message was deleted, or its channel or thread."""
        return self._latest.is_deleted(message.id) or self._floor.is_closed(message.place)

    async def of_the_past(self, messages: Iterable[IncomingMessage]) -> dict[int, IncomingMessage]:
        """Return by id what is to be heard of messages of one channel that came while nobody listened.

        Originals that a proxy has posted again are left out.
        """
        found = await self.proxying.of_the_past(messages, self._clock(), self._latest.is_deleted)
        await self._see(each for each in found.values() if self.proxying.is_proven(each))
        return found

    async def hear_late(
        self, message: IncomingMessage, *, told: bool, fetch_starter: FetchStarter | None = None
    ) -> Late:
        """Store a message that was written while nobody listened, if `hear` would have; nobody is told.

        If it asks for a reply, that is owed from now on (`answer_late`). `told` is whether the channel knows
        that all its messages are stored, if they are. `fetch_starter` is as in `hear`.
        """
        async with self._floor.ears(message.place.channel_id):
            if self._is_gone(message) or self._latest.asked(message.id) is not None:
                return Late.LEFT_OUT
            if self._latest.is_outdated(message.id, message.edited_at):
                return Late.OUTDATED
            self._floor.note_heard(message)
            found = await self._facts.consider(message)
            found = replace(found, facts=replace(found.facts, bound=found.facts.bound and told))
            record = partial(self._recorder.record, fetch_starter)
            return await self._take_late(found.message, found, record)

    async def amend_late(self, message: IncomingMessage) -> None:
        """Follow an edit of a stored message that was made while nobody listened, as `amend` would have.

        If it asks for a reply only now, that is owed from now on; nobody is told a thing.
        """
        await self._amend(message, Following(self._take_late, is_late=True))

    async def answer_late(
        self, asked: Sequence[IncomingMessage], persona: Persona, cast: ChannelCast
    ) -> Reply | None:
        """Return the reply to messages of one place that have waited, the newest last.

        None if a reply of the persona waits for the floor there already, which answers them.
        """
        place = asked[-1].place
        async with self._floor.ears(place.channel_id):
            if self.awaits(place, persona):
                return None
            reply = self._floor.reply(persona, asked[0], cast, self._opening.open)
            for message in asked[1:]:
                reply.join(message)
            self._waiting.add(reply)
            return reply

    def awaits(self, place: Place, persona: Persona) -> bool:
        """Return whether a reply of a persona waits for the floor of a place."""
        return self._waiting.of(place, persona) is not None

    def must_wait(self, place: Place, persona: Persona, user_id: int) -> int:
        """Return for how many seconds a person may not ask a persona; 0 if they may.

        What joins a reply that waits for the floor, or that nobody has seen, asks for none.
        """
        return 0 if self._joins(place, persona, user_id) else self._floor.limit.wait(user_id)

    def denial(self, place: Place, persona: Persona, user_id: int, settings: Settings) -> Denial | None:
        """Return why a persona answers a person not now, by the settings of the place; None if it does.

        What joins a reply waits for nothing.
        """
        joins = self._joins(place, persona, user_id)
        return None if joins else self._floor.pacing.denial(place, user_id, settings)

    async def unpaid(self, place: Place, persona: Persona, user_id: int) -> Denial | None:
        """Return which budget is used up that a person's reply from a persona needs; None if none is.

        What joins a reply needs none.
        """
        if self._joins(place, persona, user_id):
            return None
        spending = self._floor.spending
        spent = (await spending.verdict(await spending.charge(place, user_id))).refused
        return None if spent is None else unpaid(spent)

    def _joins(self, place: Place, persona: Persona, user_id: int) -> bool:
        waits = self._waiting.of(place, persona) is not None
        return waits or self._bursts.joins(place, persona, user_id)

    async def wants_answer(self, message: IncomingMessage) -> bool:
        """Return whether a message wants an answer; nothing is stored."""
        return (await self._facts.consider(message)).asks

    async def who(
        self, place: Place, persona_key: str | None = None, *, new_scene: bool = False
    ) -> Answerer | NoReply:
        """Return the persona that would answer a command in a place, or why none does.

        `persona_key` asks for a certain persona, `new_scene` for the persona of a scene yet to begin.
        """
        cast = await self._casting.lookup(place, new_scene=new_scene)
        if new_scene:
            speaker = self._casting.lead(place, cast, persona_key)
        elif persona_key is None:
            speaker = await self._answerers.unnamed(place, cast)
        else:
            speaker = self._casting.speaker(place, cast, persona_key)
        missing = speaker if isinstance(speaker, NoReply) else None
        refusal = refusal_of_command(paused=cast.settings.paused, missing=missing)
        if refusal is not None:
            return refusal
        assert isinstance(speaker, Persona)
        return Answerer(speaker, cast)

    async def amend(
        self, message: IncomingMessage, *, answers: bool = True, fetch_starter: FetchStarter | None = None
    ) -> Heard:
        """Handle an edit: give the stored turn the new text, and answer it if it asks only now.

        A message asks once: an edit makes a question of it only within a minute, and only if it was none
        before. With `answers` False, the edit is only followed. `fetch_starter` is as in `hear`. Discord also
        tells of pins and the like, by which nobody changes a word: of those, only a link's preview is noted.
        """
        heard = await self._amend(message, Following(self._take, answers, fetch_starter))
        return heard or Heard()

    async def _amend(self, message: IncomingMessage, following: Following[T]) -> T | None:
        """Handle an edit; return what `take` makes of one that asks, None for any other."""
        async with self._floor.ears(message.place.channel_id):
            if self._is_gone(message):
                return None
            return await self._editing.follow(self.proxying.whose(message), following, self._clock())

    def may_ask_by_edit(self, message: IncomingMessage) -> bool:
        """Return whether a message may ask for a reply by its edit, as far as it is known unstored."""
        return not self.is_foreign(message) and may_ask_now(
            self._editing.facts(message, self._clock(), stored=False)
        )

    def unask(self, place: Place, message_ids: Collection[int]) -> None:
        """Stop the replies that wait for the floor to answer these messages of a place and no others."""
        for reply in self._waiting.at(place):
            if all(each.id in message_ids for each in reply.triggers):
                reply.stop()
            else:
                reply.leave_out(message_ids)

    def why_unopened(self, reply: Reply) -> NoReply | None:
        """Return what the person who asked for a reply is told in its place; None for nothing."""
        return self._opening.why_unopened(reply)

    async def retract(self, place: Place, message_ids: list[int]) -> list[int]:
        """Handle deletions: people's turns leave the story, and deleted posts leave their turn.

        Return the turns that have lost a post and not all, and that no reply is at work on.
        """
        async with self._floor.ears(place.channel_id):
            for message_id in message_ids:
                self._latest.note_deleted(message_id)
            for message_id in message_ids:
                await self._give_up(message_id)
                await self._see(self.proxying.copies_of(place, message_id))
            # What another copy takes the place of goes with that.
            gone = [each for each in message_ids if not self.proxying.is_replaced(place, each)]
            changes = await self._history.retract(gone)
            idle = [each.turn_id for each in changes if not each.gone and self._floor.left(each.turn_id)]
            for change in changes:
                self._floor.page_deleted(change.turn_id)
        return idle

    async def _give_up(self, copy_id: int) -> None:
        """Write no answer to a copy that is deleted before anybody saw it, if it answers nothing else.

        A proxy deletes its copy where a moderator has deleted the original.
        """
        for answer in self._floor.answers_to(copy_id):
            reply = self._floor.writing(answer.turn_id)
            if reply is None or (reply.record is not None and reply.record.is_begun):
                continue
            asked = answer.triggers
            gone = all(
                is_member(each.author.character) and self._latest.is_deleted(each.id) for each in asked
            )
            if gone and await self._history.drop_unseen(answer.turn_id):
                reply.page_deleted()

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
            again = await self._begin_again(message, found, decision)
            if again is not None:
                return Heard(again, found.answer_besides if decision.answered else None)
        if decision.answered:
            return Heard(self._join_or_reply(found.speakers, message, found.cast), found.answer_besides)
        if decision.stored:
            self._log_missing(found, message.place)
        stops = decision.told is NoReplyReason.ASKED_STOP
        hushed = stops and self._floor.hush(message.place, message.author.id)
        notice = self._told(decision, found, message)
        if notice is not None or not decision.stored:
            return Heard(notice=notice, hushed=hushed)
        return Heard(notice=await self._notices.due(message.place, found.cast))

    async def _take_late(self, message: IncomingMessage, found: Considered, store: Store) -> Late:
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

    def _in_burst(self, found: Considered) -> Considered:
        """Return a message with who answers it: what asks nobody goes to the one that answers its author."""
        if found.facts.cue is not Cue.CHANCE:
            return found
        persona = self._bursts.goes_to(found.message)
        return found if persona is None else replace(found, speaker=persona, others=())

    def _join_or_reply(
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
            reply = self._floor.reply(persona, message, cast, self._opening.open)
            self._floor.cool(reply)
            self._waiting.add(reply)
            answering.append(reply)
            new.append(reply)
        self._bursts.answers(answering, message)
        return tuple(new)

    async def _begin_again(
        self, message: IncomingMessage, found: Considered, decision: Decision
    ) -> tuple[Reply, ...] | None:
        """Replace a reply that nobody saw by one that answers this message too; None if there is none."""
        asked = found.speakers if decision.answered else ()
        unseen = self._bursts.unseen(message, [persona.key for persona in asked])
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
            reply = self._floor.again(former.persona, triggers, found.cast, self._opening.open, former)
            self._waiting.add(reply)
            new.append(reply)
        self._bursts.answers([reply], message, replaces=True)
        return (*new, *(self._join_or_reply(others, message, found.cast) if others else ()))


def _owed(decision: Decision, found: Considered) -> tuple[str, ...]:
    """Return the keys of the personas that owe an answer or a notice."""
    if decision.answered:
        return tuple(persona.key for persona in found.speakers)
    missing = decision.told is NoReplyReason.PERSONA_MISSING and isinstance(found.speaker, NoReply)
    return (found.speaker.about,) if missing and isinstance(found.speaker, NoReply) else ()
