"""Hearing: what happens when a person writes, edits or deletes a message.

Law: facts are looked up once, `core.routing` decides, and what a frontend has to do is returned as a value
(`Heard`), never called. A message is stored before the model is asked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from bot.core import names
from bot.core.notes import ONWARD, silence, told_with
from bot.core.persona import Persona
from bot.core.routing import (
    ANSWERS,
    IGNORE,
    Availability,
    Decision,
    EditFacts,
    MessageFacts,
    NoReply,
    NoReplyReason,
    decide,
    may_ask_now,
    refusal_of_command,
)
from bot.core.scene import (
    EVERYBODY,
    IncomingMessage,
    Note,
    Participant,
    Place,
    Reference,
    Referenced,
    Scene,
    Speaker,
    Target,
    Turn,
)
from bot.storage.errors import StorageError
from bot.storage.history import Said
from bot.storage.steering import Steer
from bot.storage.stores import Stores
from bot.story.asides import Asides
from bot.story.casting import Casting, ChannelCast
from bot.story.facts import Considered, FactFinder
from bot.story.floor import Floor
from bot.story.notices import Notices, StorageNoticeDue
from bot.story.prompter import Prompter, PromptFallbacks, PromptSpec
from bot.story.reply import OpenedTurn, Reply
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

LATEST = 10_000
"""How many of the latest messages are remembered: more than people write in the minute in which an edit can
make a question of one."""
EVER = datetime.fromtimestamp(0, UTC)
"""A time before all messages."""

FetchStarter = Callable[[], Awaitable[Referenced | None]]
"""Fetches the message that a thread was made from; None if there is none, or none can be read."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of a message.

    Attributes:
        replies: the replies for the frontend to enter and show; none if nobody answers, or if the message
            joined a reply that waits for the floor.
        notice: what to tell the channel instead, or besides if the bot itself was asked; None for nothing.
    """

    replies: tuple[Reply, ...] = ()
    notice: NoReply | StorageNoticeDue | None = None


@dataclass(frozen=True, slots=True)
class Answerer:
    """The persona that would answer in a place, and the place's cast."""

    persona: Persona
    cast: ChannelCast


_Store = Callable[[IncomingMessage, Considered, str | None], Awaitable[bool]]
"""Stores a message with the key of the persona that owes an answer; False if it is stored already or gone."""


class Hearing:
    """The use cases of incoming messages. One instance serves all channels."""

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
        self._prompter = prompter
        self._notices = notices
        self._history = stores.history
        self._scenes = stores.scenes
        self._people = stores.people
        self._clock = clock
        self._facts = FactFinder(casting, stores.history, self.must_wait)
        self._asides = Asides(stores.steering, floor)
        self._waiting: dict[tuple[tuple[int, int], str], Reply] = {}
        self._asked: dict[int, bool] = {}
        self._deleted: dict[int, None] = {}
        self._set_aside: dict[int, None] = {}
        self._unopened: WeakKeyDictionary[Reply, NoReply] = WeakKeyDictionary()

    def ignores(self, message: IncomingMessage) -> bool:
        """Return whether a message is ignored whatever else is true, so that nothing need be looked up."""
        return decide(MessageFacts(from_bot=message.from_bot, by_command=message.by_command)) == IGNORE

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
        async with self._floor.ears(message.place.channel_id):
            if message.id in self._deleted:  # while it was looked into
                return Heard()
            found = await self._facts.consider(message, persona_key, cast)
            return await self._take(message, found, partial(self._record, fetch_starter))

    def must_wait(self, place: Place, persona: Persona, user_id: int) -> int:
        """Return for how many seconds a person may not ask a persona; 0 if they may.

        What joins a reply that waits for the floor asks for none.
        """
        return 0 if self._waits(place, persona) else self._floor.limit.wait(user_id)

    async def wants_answer(self, message: IncomingMessage) -> bool:
        """Return whether a message wants an answer; nothing is stored."""
        return _asks((await self._facts.consider(message)).facts)

    async def who(
        self, place: Place, persona_key: str | None = None, *, new_scene: bool = False
    ) -> Answerer | NoReply:
        """Return the persona that would answer a command in a place, or why none does.

        `persona_key` asks for a certain persona, `new_scene` for the persona of a scene yet to begin.
        """
        cast = await self._casting.lookup(place, new_scene=new_scene)
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
        before. With `answers` False, the edit is only followed. `fetch_starter` is as in `hear`.
        """
        async with self._floor.ears(message.place.channel_id):
            if message.id in self._deleted:
                return Heard()
            turn, steer = await self._history.turn_of(message.id), await self._asides.of(message.id)
            edit = EditFacts(
                age=message.edited_at - message.created_at if message.edited_at else None,
                asked=self._asked.get(message.id),
                stored=not (turn is None and steer is None),
            )
            if turn is None:
                await self._reword(message)
            known = edit.stored or (answers and edit.age is not None and message.id in self._set_aside)
            if not known and not (answers and may_ask_now(edit)):
                return Heard()
            if turn is not None and turn.user_id is None:
                return Heard()
            found = await self._facts.consider(message)
            if turn is not None:
                scene = found.cast.scene
                left = turn.removal_id is not None or scene is None or scene.id != turn.scene_id
                edit = replace(edit, left=left)
                turn = await self._follow(message, found, turn)
            if steer is not None:
                await self._asides.reword(message.id, found.aside)
            record = partial(self._record, fetch_starter)
            if answers and found.facts.wakes and may_ask_now(edit):
                return await self._take(message, found, self._owe if turn is not None else record)
            self._note_aside(message.id, found)
            if answers:
                await self._settle(message, found, record, turn=turn, steer=steer)
            return Heard()

    async def _follow(self, message: IncomingMessage, found: Considered, turn: Turn) -> Turn | None:
        """Follow the edit of a turn; return None if it left the story, because all of it is an aside now."""
        if found.is_turn:
            await self._rewrite(message, found, turn)
            return turn
        await self._history.take_out(message.id)
        return None

    async def _settle(
        self,
        message: IncomingMessage,
        found: Considered,
        record: _Store,
        *,
        turn: Turn | None,
        steer: Steer | None,
    ) -> None:
        """Store what an edit that asks for nothing makes of a message: a turn of an aside, or what steers."""
        waits = isinstance(found.speaker, Persona) and self._waits(message.place, found.speaker) is not None
        if turn is None and found.is_turn:
            owed = steer.persona_key if steer is not None and steer.owed else None
            if decide(found.facts).stored:
                await record(message, found, owed)
        elif found.steers and waits:  # the reply to it has yet to begin
            if steer is None:
                await self._steer(message, found, owed=turn is None)
            elif turn is None:
                await self._asides.owe(message.id)

    def may_ask_by_edit(self, message: IncomingMessage) -> bool:
        """Return whether a message may ask for a reply by its edit, as far as it is known unstored."""
        age = message.edited_at - message.created_at if message.edited_at else None
        return not self.ignores(message) and may_ask_now(EditFacts(age, self._asked.get(message.id)))

    def unask(self, place: Place, message_ids: Collection[int]) -> None:
        """Stop the replies that wait for the floor to answer these messages of a place and no others."""
        for (key, _), reply in self._waiting.items():
            if key == place.key and all(each.id in message_ids for each in reply.triggers):
                reply.stop()
            elif key == place.key:
                reply.leave_out(message_ids)

    def why_unopened(self, reply: Reply) -> NoReply | None:
        """Return what the person who asked for a reply is told in its place; None for nothing."""
        return self._unopened.get(reply)

    async def retract(self, place: Place, message_ids: list[int]) -> list[int]:
        """Handle deletions: people's turns leave the story, and deleted posts leave their turn.

        Return the turns that have lost a post and not all, and that no reply is at work on.
        """
        async with self._floor.ears(place.channel_id):
            for message_id in message_ids:
                self._deleted[message_id] = None
            _keep_latest(self._deleted)
            changes = await self._history.retract(message_ids)
            idle = [each.turn_id for each in changes if not each.gone and self._floor.left(each.turn_id)]
            for change in changes:
                self._floor.page_deleted(change.turn_id)
        return idle

    async def _take(self, message: IncomingMessage, found: Considered, store: _Store) -> Heard:
        """Decide about a message, store it by `store`, and return what the frontend has to do."""
        self._note_asked(message.id, asked=found.facts.wakes)
        self._note_aside(message.id, found)
        decision = decide(found.facts)
        if decision.stored and not await store(message, found, _owed(decision, found)):
            decision = decide(replace(found.facts, known=True))
        if decision.answered and isinstance(found.speaker, Persona):
            return Heard(self._join_or_reply(found.speaker, message, found.cast), found.answer_besides)
        if decision.stored:
            self._log_missing(found, message.place)
        notice = self._told(decision, found, message)
        if notice is not None:
            return Heard(notice=notice)
        if not decision.stored:
            return Heard()
        return Heard(notice=await self._notices.due(message.place, found.cast))

    def _note_asked(self, message_id: int, *, asked: bool) -> None:
        """Remember whether one of the latest messages has ever asked for a reply."""
        self._asked[message_id] = asked or self._asked.get(message_id, False)
        _keep_latest(self._asked)

    def _note_aside(self, message_id: int, found: Considered) -> None:
        """Remember of one of the latest messages whether all of it was out of character."""
        self._set_aside.pop(message_id, None)
        if not found.is_turn:
            self._set_aside[message_id] = None
        _keep_latest(self._set_aside)

    def _told(self, decision: Decision, found: Considered, message: IncomingMessage) -> NoReply | None:
        """Return the notice that a decision wants; that somebody has to wait is said once a minute."""
        if decision.told is None:
            return None
        if decision.told is NoReplyReason.ASKED_STOP:
            self._floor.hush(message.place)
        if decision.told in ANSWERS.values():
            return NoReply(decision.told, found.persona_name)
        if decision.told is not NoReplyReason.LIMITED:
            return NoReply(decision.told, found.speaker.about if isinstance(found.speaker, NoReply) else "")
        limit, user_id = self._floor.limit, message.author.id
        if not message.by_command and not limit.tells(user_id):
            return None
        return NoReply(decision.told, str(limit.wait(user_id) or 1))  # it may just have passed

    def _log_missing(self, found: Considered, place: Place) -> None:
        if (
            found.facts.wakes
            and found.facts.availability is Availability.MISSING
            and isinstance(found.speaker, NoReply)
        ):
            key = found.speaker.about
            log.warning(HOST.say("host.persona_missing", channel=place.channel_id, key=key))

    async def _record(
        self,
        fetch_starter: FetchStarter | None,
        message: IncomingMessage,
        found: Considered,
        owed: str | None,
    ) -> bool:
        """Store a message, as a turn or as what steers a reply; False if it is stored already.

        `owed` is the key of the persona that owes an answer, or a notice; None if none does.
        """
        title = names.clean_title(message.thread_title)
        scene = await self._scenes.active(message.place, self._clock(), title)
        if scene.starter_id is None:
            await self._scenes.begun_by(scene, message.author.id)
        if not found.is_turn:
            return await self._steer(message, found, owed=owed is not None)
        speaker = await self._speaker(message.place, message.author)
        text, notes = found.text, _notes(found, message)
        tokens = self._floor.cost(told_with(text, notes))
        async with self._starter(fetch_starter, message.place, scene) as starter:
            references = await self._references(message, found, scene, starter)
            target = await self._target(message, scene, references)
            words = (speaker, text, tokens, message.created_at, message.id, owed, notes)
            is_new = await self._history.record(scene.id, Said(*words, references, target)) is not None
        if is_new and found.steers:
            await self._steer(message, found, owed=False)
        return is_new

    async def _steer(self, message: IncomingMessage, found: Considered, *, owed: bool) -> bool:
        """Let a message's aside steer the next reply; False if it does already, or is no wish for it."""
        if not found.steers:
            return False
        scene = await self._scenes.active(message.place, self._clock())
        speaker = await self._speaker(message.place, message.author)
        return await self._asides.steer(scene, speaker, message, found, owed=owed)

    async def _rewrite(self, message: IncomingMessage, found: Considered, turn: Turn) -> None:
        """Give a person's turn its new words."""
        text, notes = found.text, _notes(found, message)
        if (text, notes) != (turn.text, turn.notes):
            await self._history.amend(message.id, text, notes, self._floor.cost(told_with(text, notes)))

    async def _owe(self, message: IncomingMessage, found: Considered, owed: str | None) -> bool:
        """Store that an answer to a stored message is due now; False if it is gone."""
        if owed is None:
            return True
        assert found.cast.scene is not None  # it holds the message's turn
        references = await self._references(message, found, found.cast.scene)
        target = await self._target(message, found.cast.scene, references)
        await self._steer(message, found, owed=False)
        return await self._history.owe(message.id, owed, references, target)

    async def _reword(self, message: IncomingMessage) -> None:
        """Give what refers to a message that is no turn its new words."""
        if await self._history.refers_to(message.id):
            cast = await self._casting.lookup(message.place)
            quote = names.quote_of(message, cast.persona.name if cast.persona else "")
            await self._history.reword(message.id, quote, self._floor.cost(quote))

    async def _has_begun(self, scene: Scene) -> bool:
        """Return whether a person has spoken in a scene."""
        return await self._scenes.others_spoke(scene.id, EVERYBODY, EVER)

    @asynccontextmanager
    async def _starter(
        self, fetch: FetchStarter | None, place: Place, scene: Scene
    ) -> AsyncIterator[Referenced | None]:
        """Yield the message that a thread was made from, if its scene has yet to begin.

        Meanwhile its edits and its deletion, which are events of another channel, wait.
        """
        if fetch is None or place.parent_id is None or await self._has_begun(scene):
            yield None
            return
        async with self._floor.ears(place.parent_id):
            yield await fetch()

    async def _references(
        self, message: IncomingMessage, found: Considered, scene: Scene, starter: Referenced | None = None
    ) -> tuple[Reference, ...]:
        """Return what a message refers to that is no turn of the scene; a reply does if it asks."""
        replied = message.replied if _asks(found.facts) else None
        name = found.speaker.name if isinstance(found.speaker, Persona) else ""
        both = (each for each in (starter, replied) if each is not None)
        referred = {each.id: each for each in both if each.id not in self._deleted}
        made = [await self._reference(each, message.place, scene, name) for each in referred.values()]
        return tuple(each for each in made if each is not None)

    async def _target(
        self, message: IncomingMessage, scene: Scene, references: tuple[Reference, ...]
    ) -> Target | None:
        """Return what a message replies to; None if the scene doesn't know that."""
        if message.reply_to is None:
            return None
        turn = await self._history.turn_of(message.reply_to)
        if turn is not None and await self._history.tells(scene.id, turn):
            return Target(message.reply_to, turn.speaker)
        referred = (each.speaker for each in references if each.message_id == message.reply_to)
        return next((Target(message.reply_to, speaker) for speaker in referred), None)

    async def _reference(
        self, referred: Referenced, place: Place, scene: Scene, persona_name: str
    ) -> Reference | None:
        """Return the words of a message under its speaker's name; None if it says nothing new."""
        turn = await self._history.turn_of(referred.id)
        if turn is None:
            text = names.quote_of(referred, persona_name)
            if referred.by_us or not text:  # a post of the bot's that is no turn is a notice
                return None
            speaker = await self._speaker(place, referred.author)
            return Reference(referred.id, speaker, text, self._floor.cost(text))
        if await self._history.tells(scene.id, turn):
            return None
        # Its words stay where they are.
        return Reference(referred.id, await self._speaker_of(turn, referred, place), "", 0)

    async def _speaker_of(self, turn: Turn, referred: Referenced, place: Place) -> Speaker:
        """Return the speaker of another scene's turn, a person by their name in this place."""
        if turn.user_id is None:
            return turn.speaker
        posted = referred.author.id == turn.user_id  # else the bot posted it for them
        person = referred.author if posted else Participant(turn.user_id, turn.name)
        return await self._speaker(place, person)

    async def _speaker(self, place: Place, person: Participant) -> Speaker:
        """Return the speaker of a person in a place, which gets a name if it has none."""
        return await self._people.speaker(
            place, person, lambda taken: self._name_for(person, place, taken), self._clock()
        )

    def _name_for(self, person: Participant, place: Place, taken: Collection[str]) -> str:
        """Return a name that no persona, role of a prompt or other person in the channel has."""
        clean = names.clean_name(person.name, f"Member {person.id % 10_000:04}")
        cast = [names.persona_name(persona) for persona in self._casting.library.at(place.guild_id)]
        return names.distinct(names.apart_from(clean, cast), taken)

    def _join_or_reply(
        self, persona: Persona, message: IncomingMessage, cast: ChannelCast
    ) -> tuple[Reply, ...]:
        waiting = self._waits(message.place, persona)
        if waiting is not None:
            waiting.join(message)
            return ()
        reply = self._floor.reply(persona, message, cast, self._open_turn)
        self._waiting[message.place.key, persona.key] = reply
        return (reply,)

    def _waits(self, place: Place, persona: Persona) -> Reply | None:
        """Return the persona's reply that waits for the floor of a place; None if there is none."""
        waiting = self._waiting.get((place.key, persona.key))
        return waiting if waiting is not None and waiting.halted is None else None

    async def _open_turn(self, reply: Reply) -> OpenedTurn | None:
        """Begin the turn of a reply that has the floor, and build its prompt from all that was said."""
        place = reply.trigger.place
        async with self._floor.ears(place.channel_id):
            self._waiting.pop((place.key, reply.persona.key), None)
            # The persona's file may have been saved while the reply waited; from here on the reply keeps it.
            persona = self._casting.library.at(place.guild_id).get(reply.persona.key) or reply.persona
            cast = await self._casting.lookup(place)
            # While the reply waited, the server may have been paused, or its channel opened to all ages.
            barred = self._casting.barred(place, persona)
            if barred is not None and not cast.settings.paused and await self._is_kept(reply.trigger):
                self._unopened[reply] = barred
            if refusal_of_command(paused=cast.settings.paused, missing=barred):
                return None
            scene = cast.scene or await self._scenes.active(place, self._clock())
            whole = await self._floor.is_wanted_whole({each.author.id for each in reply.triggers})
            turn = await self._history.begin_reply(
                scene.id, persona_key=persona.key, name=names.persona_name(persona), at=self._clock()
            )
            try:
                language, host = cast.settings.language, cast.host_of(persona)
                spec = PromptSpec(scene, persona, turn.position, language, turn.id, host=host)
                question = await self._prompter.question(spec)
                if question is None or not await self._is_asked(question, reply):
                    await self._history.drop(turn.id)
                    return None
            except BaseException:  # cancelled, or the storage failed: else the open turn would stay
                with suppress(StorageError):
                    await asyncio.shield(self._history.drop(turn.id))
                raise
            if len(reply.triggers) > 1:
                reply.leave_out({each.id for each in reply.triggers if not await self._is_kept(each)})
            self._floor.begun(turn.id, reply)
        return OpenedTurn(turn, persona, cast, question, whole=whole)

    async def _is_asked(self, question: PromptFallbacks, reply: Reply) -> bool:
        """Return whether there is still a message to answer: it may have been deleted meanwhile."""
        if question.is_asked_for:
            return True
        if not question.built.turns:
            return False
        newest = question.built.turns[-1]
        if newest.persona_key == reply.persona.key:
            return False
        # Another persona has spoken since, and the person who asked this one still waits.
        return newest.user_id is not None or await self._is_kept(reply.trigger)

    async def _is_kept(self, message: IncomingMessage) -> bool:
        """Return whether a message is still stored: it may have been deleted meanwhile."""
        is_turn = await self._history.turn_of(message.id) is not None
        return is_turn or await self._asides.of(message.id) is not None


def _asks(facts: MessageFacts) -> bool:
    """Return whether a message gets an answer, or a notice in its place."""
    decision = decide(facts)
    return decision.answered or decision.told is not None


def _notes(found: Considered, message: IncomingMessage) -> tuple[Note, ...]:
    """Return the notes to store beside a message's words: also for a message without any."""
    if found.text or found.notes:
        return found.notes
    persona = names.persona_name(found.speaker) if isinstance(found.speaker, Persona) else ""
    return (ONWARD if message.by_command else silence(persona),)


def _keep_latest(known: dict[int, Any]) -> None:
    """Forget the oldest of the latest messages."""
    while len(known) > LATEST:
        del known[next(iter(known))]


def _owed(decision: Decision, found: Considered) -> str | None:
    """Return the key of the persona that owes an answer or a notice; None if none does."""
    if decision.answered and isinstance(found.speaker, Persona):
        return found.speaker.key
    return found.speaker.about if decision.told is not None and isinstance(found.speaker, NoReply) else None
