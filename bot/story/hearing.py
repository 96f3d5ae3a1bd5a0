"""Hearing: what happens when a person writes, edits or deletes a message.

Law: facts are looked up once, `core.routing` decides, and what a frontend has to do is returned as a value
(`Heard`), never called. A message is stored before the model is asked.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import names
from bot.core.calling import call_of
from bot.core.notes import SILENCE, with_notes
from bot.core.persona import Persona
from bot.core.routing import (
    IGNORE,
    Availability,
    Decision,
    MessageFacts,
    NoReply,
    availability,
    decide,
    refusal_of_command,
)
from bot.core.scene import IncomingMessage, Note, Participant, Place, Turn
from bot.storage.errors import StorageError
from bot.storage.history import Said
from bot.storage.stores import Stores
from bot.story.casting import Casting, ChannelCast
from bot.story.floor import Floor
from bot.story.notices import Notices, StorageNoticeDue
from bot.story.prompter import Prompter, PromptSpec
from bot.story.reply import OpenedTurn, Reply
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of a message.

    Attributes:
        replies: the replies for the frontend to enter and show; none if nobody answers, or if the message
            joined a reply that waits for the floor.
        notice: what to tell the channel instead; None for nothing.
    """

    replies: tuple[Reply, ...] = ()
    notice: NoReply | StorageNoticeDue | None = None


@dataclass(frozen=True, slots=True)
class Answerer:
    """The persona that would answer in a place, and the place's cast."""

    persona: Persona
    cast: ChannelCast


@dataclass(frozen=True, slots=True)
class _Considered:
    """A message with the facts about it.

    Attributes:
        cast: the persona and the settings of its place.
        speaker: the persona that would answer, or why none can.
        text: the person's words.
        notes: the notes beside the words.
        facts: the facts for `core.routing`.
    """

    cast: ChannelCast
    speaker: Persona | NoReply
    text: str
    notes: tuple[Note, ...]
    facts: MessageFacts


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
        self._waiting: dict[tuple[tuple[int, int], str], Reply] = {}

    def ignores(self, message: IncomingMessage) -> bool:
        """Return whether a message is ignored whatever else is true, so that nothing need be looked up."""
        return decide(MessageFacts(from_bot=message.from_bot, by_command=message.by_command)) == IGNORE

    async def hear(
        self, message: IncomingMessage, persona_key: str | None = None, cast: ChannelCast | None = None
    ) -> Heard:
        """Handle a message: store it if it belongs to the story, and return the replies it asks for.

        A message to a persona whose reply waits for the floor joins that reply, as its newest trigger.
        `persona_key` is the persona that a command asked for, None for the place's; `cast` is the place's, if
        it was looked up for the same message.
        """
        async with self._floor.ears(message.place.channel_id):
            found = await self._consider(message, persona_key, cast)
            decision = decide(found.facts)
            if decision.stored and not await self._record(message, found, _owed(decision, found)):
                decision = decide(replace(found.facts, known=True))
            if decision.answered and isinstance(found.speaker, Persona):
                return Heard(self._join_or_reply(found.speaker, message, found.cast))
            if decision.stored:
                self._log_missing(found, message.place)
            if decision.told is not None:
                about = found.speaker.about if isinstance(found.speaker, NoReply) else ""
                return Heard(notice=NoReply(decision.told, about))
            if not decision.stored:
                return Heard()
            return Heard(notice=await self._notices.due(message.place, found.cast))

    async def wants_answer(self, message: IncomingMessage) -> bool:
        """Return whether a message wants an answer; nothing is stored."""
        decision = decide((await self._consider(message)).facts)
        return decision.answered or decision.told is not None

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

    async def amend(self, message: IncomingMessage) -> bool:
        """Handle an edit: give the stored turn the new text; return whether anything changed."""
        async with self._floor.ears(message.place.channel_id):
            turn = await self._history.turn_of(message.id)
            if turn is None or turn.user_id is None:
                return False
            cast = await self._casting.lookup(message.place)
            text = names.words_of(message, cast.persona.name if cast.persona else "")
            notes = _or_silence(text, names.notes_of(message))
            if (text, notes) == (turn.text, turn.notes):
                return False
            tokens = self._floor.cost(with_notes(text, notes))
            return await self._history.amend(message.id, text, notes, tokens)

    async def retract(self, place: Place, message_ids: list[int]) -> None:
        """Handle deletions: people's turns leave the story, and deleted posts leave their turn."""
        async with self._floor.ears(place.channel_id):
            for change in await self._history.retract(message_ids):
                self._floor.page_deleted(change.turn_id)

    async def _consider(
        self, message: IncomingMessage, persona_key: str | None = None, cast: ChannelCast | None = None
    ) -> _Considered:
        """Look up the facts about a message."""
        cast = cast or await self._casting.lookup(message.place)
        speaker = self._casting.speaker(message.place, cast, persona_key)
        direct = message.mentions_bot or message.by_command
        addressed = direct or await self._replies_to_us(message)
        named = False
        if isinstance(speaker, Persona):
            speaker, named = await self._called(message, cast, speaker, addressed=addressed)
        name = speaker.name if isinstance(speaker, Persona) else ""
        text, notes = names.words_of(message, name), names.notes_of(message)
        facts = MessageFacts(
            from_bot=message.from_bot,
            by_command=message.by_command,
            addressed=addressed,
            named=named,
            empty=not (text or notes),
            # Discord sends an empty text for a reply whose ping is off, as the bot may not read it.
            readable=bool(text or notes) or direct,
            bound=cast.bound,
            respond=cast.settings.respond,
            paused=cast.settings.paused,
            availability=availability(speaker if isinstance(speaker, NoReply) else None),
        )
        return _Considered(cast, speaker, text, notes, facts)

    async def _called(
        self, message: IncomingMessage, cast: ChannelCast, persona: Persona, *, addressed: bool
    ) -> tuple[Persona, bool]:
        """Return the persona that a message is for, and whether its text calls that persona by name.

        It is the place's persona, or another of the same name that spoke later in the scene.
        """
        shelf = self._casting.library.at(message.place.guild_id)
        call = call_of(names.without_markup(message), persona, shelf)
        if addressed or cast.scene is None or call.candidates <= {persona.key}:
            return persona, call.persona
        last = await self._history.last_persona(cast.scene.id, call.candidates)
        found = self._casting.speaker(message.place, cast, last) if last else None
        return (found, True) if isinstance(found, Persona) else (persona, call.persona)

    async def _replies_to_us(self, message: IncomingMessage) -> bool:
        if message.reply_to is None:
            return False
        turn = await self._history.turn_of(message.reply_to)
        return turn is not None and turn.persona_key is not None

    def _log_missing(self, found: _Considered, place: Place) -> None:
        if (
            found.facts.wakes
            and found.facts.availability is Availability.MISSING
            and isinstance(found.speaker, NoReply)
        ):
            key = found.speaker.about
            log.warning(HOST.say("host.persona_missing", channel=place.channel_id, key=key))

    async def _record(self, message: IncomingMessage, found: _Considered, owed: str | None) -> bool:
        """Store a message; False if it is stored already.

        `owed` is the key of the persona that owes an answer, or a notice; None if none does.
        """
        scene = await self._scenes.active(message.place, self._clock())
        if scene.starter_id is None:
            await self._scenes.begun_by(scene, message.author.id)
        speaker = await self._people.speaker(
            message.place,
            message.author,
            lambda taken: self._name_for(message.author, message.place, taken),
            self._clock(),
        )
        text, notes = found.text, _or_silence(found.text, found.notes)
        tokens = self._floor.cost(with_notes(text, notes))
        said = Said(speaker, text, tokens, message.created_at, message.id, owed, notes)
        return await self._history.record(scene.id, said) is not None

    def _name_for(self, person: Participant, place: Place, taken: Collection[str]) -> str:
        """Return a name that no persona, role of a prompt or other person in the channel has."""
        clean = names.clean_name(person.name, f"Member {person.id % 10_000:04}")
        cast = [names.persona_name(persona) for persona in self._casting.library.at(place.guild_id)]
        return names.distinct(names.apart_from(clean, cast), taken)

    def _join_or_reply(
        self, persona: Persona, message: IncomingMessage, cast: ChannelCast
    ) -> tuple[Reply, ...]:
        key = message.place.key, persona.key
        waiting = self._waiting.get(key)
        if waiting is not None and waiting.halted is None:
            waiting.join(message)
            return ()
        reply = self._waiting[key] = self._floor.reply(persona, message, cast, self._open_turn)
        return (reply,)

    async def _open_turn(self, reply: Reply) -> OpenedTurn | None:
        """Begin the turn of a reply that has the floor, and build its prompt from all that was said."""
        place = reply.trigger.place
        async with self._floor.ears(place.channel_id):
            self._waiting.pop((place.key, reply.persona.key), None)
            # The persona's file may have been saved while the reply waited; from here on the reply keeps it.
            persona = self._casting.library.at(place.guild_id).get(reply.persona.key) or reply.persona
            cast = await self._casting.lookup(place)
            if refusal_of_command(paused=cast.settings.paused):  # paused while the reply waited
                return None
            scene = cast.scene or await self._scenes.active(place, self._clock())
            turn = await self._history.begin_reply(
                scene.id, persona_key=persona.key, name=names.persona_name(persona), at=self._clock()
            )
            try:
                spec = PromptSpec(scene, persona, turn.position, cast.settings.language, turn.id)
                question = await self._prompter.question(spec)
                if question is None or not await self._is_asked(question.built.turns[-1], reply):
                    await self._history.drop(turn.id)
                    return None
            except BaseException:  # cancelled, or the storage failed: else the open turn would stay
                with suppress(StorageError):
                    await asyncio.shield(self._history.drop(turn.id))
                raise
            self._floor.begun(turn.id, reply)
        return OpenedTurn(turn, persona, cast, question)

    async def _is_asked(self, newest: Turn, reply: Reply) -> bool:
        """Return whether there is still a message to answer: it may have been deleted meanwhile."""
        if newest.persona_key == reply.persona.key:
            return False
        # Another persona has spoken since, and the person who asked this one still waits.
        return newest.user_id is not None or await self._history.turn_of(reply.trigger.id) is not None


def _or_silence(text: str, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    return notes if text or notes else (SILENCE,)


def _owed(decision: Decision, found: _Considered) -> str | None:
    """Return the key of the persona that owes an answer or a notice; None if none does."""
    if decision.answered and isinstance(found.speaker, Persona):
        return found.speaker.key
    return found.speaker.about if decision.told is not None and isinstance(found.speaker, NoReply) else None
