"""Roleplay, the use cases: what happens when something is said, changed or taken back.

Law: each use case is a few steps that look facts up, ask `core` for the rule and store the
outcome. A condition about the story belongs in `core`; what a frontend must do comes back as a
value (a Reply to play, a Notice to say), never as a call into the frontend.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import names
from bot.core.names import persona_name
from bot.core.notes import SILENCE, with_notes
from bot.core.persona import Persona
from bot.core.prompting.inspection import Inspection
from bot.core.routing import Decision, Facts, decide
from bot.core.scene import (
    END,
    START,
    IncomingMessage,
    Note,
    Participant,
    Place,
    Post,
    Scene,
    Turn,
    Unfinished,
)
from bot.core.settings import Settings, may_steer
from bot.storage.history import History, Said
from bot.storage.people import People
from bot.storage.scenes import Greeting, Outline, Scenes
from bot.story.casting import Casting, Part
from bot.story.floor import Floor
from bot.story.prompter import Cue, Prompter
from bot.story.reply import Opening, PostLog, Reply
from bot.texts.sentences import say

log = logging.getLogger(__name__)

COMPANY = timedelta(hours=1)
"""For how long people who spoke in a scene count as playing it."""

RECORDING = "recording"
"""The kind of notice that says what is stored; a channel gets it once."""


class Concern(StrEnum):
    """Why a message that addressed us gets a notice instead of a reply."""

    NO_PERSONA = "no_persona"
    PERSONA_MISSING = "persona_missing"
    PERSONA_FIXED = "persona_fixed"
    PAUSED = "paused"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a channel in plain words, not in a persona's voice.

    `about` is the key it is about: a persona's, or the configuration's that fixes one.
    """

    concern: Concern
    about: str = ""


@dataclass(frozen=True, slots=True)
class Untold:
    """A channel has yet to hear what is stored, for the persona of this name.

    Who says it says how that went (`Roleplay.recording_notice`).
    """

    persona: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A scene that has begun, what was played before it, and the persona's first words if it has any."""

    scene: Scene
    before: Scene | None
    greeting: Turn | None


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was said, and what is to be done about it.

    Attributes:
        part: who plays where it was said, and how.
        found: who would answer, or why nobody can.
        text: the words.
        notes: what stands beside them.
        addressed: whether it turns to us, other than by a name.
        decision: what routing says.
    """

    part: Part
    found: Persona | Notice
    text: str
    notes: tuple[Note, ...]
    addressed: bool
    decision: Decision


class Roleplay:
    """The story's use cases. One instance serves all channels."""

    def __init__(
        self,
        *,
        floor: Floor,
        casting: Casting,
        prompter: Prompter,
        history: History,
        scenes: Scenes,
        people: People,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to what they draw on; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._prompter = prompter
        self._history = history
        self._scenes = scenes
        self._people = people
        self._clock = clock
        self._waiting: dict[tuple[int, str], Reply] = {}
        self._informed: set[int] = set()

    async def hear(
        self, message: IncomingMessage, persona_key: str | None = None
    ) -> Reply | Notice | Untold | None:
        """Take in one message: store it if it belongs to a story, and return what it asks for.

        A Reply must be entered by the caller. Messages that address a persona which is already
        waiting for the floor join that reply: it will see them, newest last. `persona_key` is whom
        a command asked for; without one it is whoever plays in the place.
        """
        async with self._floor.ears(message.place.channel_id):
            heard = await self._weigh(message, persona_key)
            part, found, addressed, decision = heard.part, heard.found, heard.addressed, heard.decision
            if (
                addressed
                and not (heard.text or heard.notes)
                and not (message.mentions_bot or message.by_command)
            ):
                # Nobody can post nothing: Discord withholds the words of a reply whose ping is off.
                return Notice(Concern.UNREADABLE)
            if decision is Decision.IGNORE:
                return None
            if part.settings.paused:
                found = Notice(Concern.PAUSED)
            if isinstance(found, Notice) and found.concern is not Concern.PERSONA_MISSING:
                # Who only said a name, or spoke where everything is answered, need not hear of it each time.
                return found if decision is Decision.SPEAK and addressed else None
            is_new = await self._record(message, heard)
            if decision is Decision.LISTEN or not is_new:
                return await self._untold(message.place, part) if is_new else None
            if isinstance(found, Notice):
                log.warning(say("host.persona_missing", channel=message.place.channel_id, key=found.about))
                return found if addressed else await self._untold(message.place, part)
            return self._join_or_reply(found, message, part.settings)

    async def asks(self, message: IncomingMessage) -> bool:
        """Tell whether a message wants an answer; nothing is kept of it."""
        return (await self._weigh(message, None)).decision is Decision.SPEAK

    async def _weigh(self, message: IncomingMessage, persona_key: str | None) -> _Heard:
        part = await self._casting.part(message.place)
        addressed = message.mentions_bot or message.by_command or await self._replies_to_us(message)
        found = self._player(part, persona_key)
        speaker = found.name if isinstance(found, Persona) else ""
        text, notes = names.words_of(message, speaker), names.notes_of(message)
        facts = Facts(
            from_bot=message.from_bot,
            bound=part.bound,
            respond=part.settings.respond,
            addressed=addressed,
            named=bool(speaker) and names.calls_persona(message, speaker),
            empty=not with_notes(text, notes).strip(),
            by_command=message.by_command,
        )
        return _Heard(part, found, text, notes, addressed, decide(facts))

    async def waive(self, message: IncomingMessage, persona_key: str) -> None:
        """Note that nobody waits for a persona's answer to a message: they were told why, or none is due."""
        await self._history.waive(message.id, persona_key)

    async def who(
        self, place: Place, persona_key: str | None = None, *, anew: bool = False
    ) -> Persona | Notice:
        """Return who would answer in a place, or why nobody does.

        `persona_key` asks for somebody, `anew` who it would be in a scene yet to begin.
        """
        part = await self._casting.part(place, anew=anew)
        return Notice(Concern.PAUSED) if part.settings.paused else self._player(part, persona_key)

    async def amend(self, message: IncomingMessage) -> bool:
        """Follow an edit: the stored turn gets the new text. Return whether anything changed."""
        async with self._floor.ears(message.place.channel_id):
            turn = await self._history.turn_of(message.id)
            if turn is None or turn.user_id is None:
                return False
            part = await self._casting.part(message.place)
            text = names.words_of(message, part.persona.name if part.persona else "")
            notes = _or_silence(text, names.notes_of(message))
            if (text, notes) == (turn.text, turn.notes):
                return False
            tokens = self._floor.cost(with_notes(text, notes))
            return await self._history.amend(message.id, text, notes, tokens)

    async def retract(self, place: Place, message_ids: list[int]) -> None:
        """Follow deletions: people's turns leave the story, and deleted pages of ours leave their turn."""
        async with self._floor.ears(place.channel_id):
            for change in await self._history.retract(message_ids):
                self._floor.freeze(change.turn_id)

    async def interrupted(self, *, terminal: bool) -> list[Unfinished]:
        """Close the replies a crash left unfinished, with the text they had; return those nobody was told of.

        Among them are turns that a crash caught while they were revised: as they were before, to be shown so.
        To be called before anything is heard. `terminal` chooses the rehearsal's channel or all others:
        each frontend closes its own, since a rehearsal may run beside the bot.
        """
        left = [
            found for found in await self._history.unfinished() if (found.place.channel_id == 0) == terminal
        ]
        for turn in (found.turn for found in left):
            await self._history.close_left(turn.id, self._floor.cost(turn.text))
            if terminal:
                await self._history.told_interrupted(turn.id)
        ids = {found.turn.id for found in left}
        return [found for found in await self._history.unfinished() if found.turn.id in ids]

    async def told_interrupted(self, turn: Turn) -> None:
        """Note that people see that a turn was interrupted, or cannot be told any more."""
        await self._history.told_interrupted(turn.id)

    def post_log(self, turn: Turn, posts: Sequence[Post] = ()) -> PostLog:
        """Return the record of a turn's posts, for a frontend that mends them; `posts` are there already."""
        return PostLog(self._history, turn.id, posts)

    async def open_scene(
        self,
        place: Place,
        persona: Persona,
        title: str = "",
        *,
        greet: bool = True,
        starter_id: int | None = None,
        chosen: bool = False,
    ) -> Opened:
        """Begin a new scene in a place, with the persona's greeting as its first turn if it gives one.

        `chosen` says that the scene is with this persona, whoever else plays in the place.
        """
        async with self._floor.ears(place.channel_id):
            before = await self._scenes.playing(place)
            scene = await self._scenes.start(
                place,
                names.clean_title(title),
                self._clock(),
                starter_id=starter_id,
                persona_key=persona.key if chosen else None,
                greeting=self._greeting(persona) if greet else None,
            )
            said = await self._history.recent(scene.id, START, END, 1)
            return Opened(scene, before, said[0] if said else None)

    def _greeting(self, persona: Persona) -> Greeting | None:
        name, text = persona_name(persona), persona.greeting
        return Greeting(persona.key, name, text, self._floor.cost(text)) if text else None

    async def resume_scene(
        self, place: Place, scene_id: int, *, instead_of: int | None = None
    ) -> Opened | None:
        """Play an earlier scene of the place again; None if there is no such scene here.

        `instead_of` is the scene that it is to follow: if another is being played, that one plays on.
        """
        async with self._floor.ears(place.channel_id):
            before = await self._scenes.playing(place)
            if before is not None and instead_of not in (None, before.id):
                return Opened(before, before, None)
            scene = await self._scenes.resume(place, scene_id)
            return Opened(scene, before, None) if scene else None

    async def unsaid(self, turn: Turn) -> None:
        """Forget a turn of which nobody saw a word."""
        await self._history.drop(turn.id)

    async def may_steer(self, place: Place, user_id: int, *, moderator: bool) -> bool:
        """Tell whether somebody may begin, resume or undo scenes in a place."""
        settings = await self._casting.settings(place)
        scene = await self._scenes.playing(place)
        starter = scene.starter_id if scene else None
        return may_steer(settings.story_rights, starter_id=starter, user_id=user_id, moderator=moderator)

    async def has_company(self, place: Place, user_id: int) -> bool:
        """Tell whether others have spoken in the running scene within the hour."""
        scene = await self._scenes.playing(place)
        since = self._clock() - COMPANY
        return scene is not None and await self._scenes.others_spoke(scene.id, user_id, since)

    async def outlines(self, place: Place, most: int) -> list[Outline]:
        """Return the scenes of a place, the running one first and then the latest."""
        return await self._scenes.outlines(place, most)

    async def speakers(self, scene: Scene) -> list[str]:
        """Return the names of the people in a scene, in the order they first spoke."""
        return await self._scenes.speakers(scene.id)

    async def inspect(self, place: Place, message_id: int | None = None) -> Inspection | Notice | None:
        """Take a prompt apart: the one that would be sent now, or that of the reply a message shows.

        None: nothing was said here yet, or the message shows no reply of this place that is remembered.
        """
        scene = await self._scenes.playing(place)
        if message_id is not None:
            turn = await self._history.turn_of(message_id)
            scene = await self._scenes.of_place(place, turn.scene_id) if turn else None
            if turn is None or turn.persona_key is None or scene is None:
                return None
            persona = self._casting.personas.get(turn.persona_key)
            if persona is None:
                return Notice(Concern.PERSONA_MISSING, turn.persona_key)
            return await self._prompter.sent(scene, persona, turn)
        part = await self._casting.part(place)
        found = self._player(part, None)
        if isinstance(found, Notice) or scene is None:
            return found if isinstance(found, Notice) else None
        return await self._prompter.next(scene, found, part.settings.language)

    async def place_of(self, channel_id: int) -> Place | None:
        """Return what is known of a channel in which something was said."""
        scene = await self._scenes.playing(Place(channel_id))
        return scene.place if scene else None

    async def owes_recording_notice(self, place: Place) -> bool:
        """Tell whether a bound channel has yet to hear what is stored; its threads have heard what it has.

        Only one is told yes: who says it then, and says how that went (`recording_notice`).
        """
        return await self._owes(place, (await self._casting.part(place)).bound_id)

    async def _untold(self, place: Place, part: Part) -> Untold | None:
        """Return what a channel has yet to hear when something was kept that nobody answers."""
        owes = await self._owes(place, part.bound_id)
        name = part.persona.name if part.persona else part.key or ""
        return Untold(name) if owes else None

    async def _owes(self, place: Place, bound_id: int | None) -> bool:
        if bound_id is None or not self._informed.isdisjoint((place.channel_id, bound_id)):
            return False
        told = await self._scenes.was_told((place.channel_id, bound_id), RECORDING)
        if told or place.channel_id in self._informed:  # somebody may have been quicker
            self._informed.add(place.channel_id)
            return False
        self._informed.add(place.channel_id)
        return True

    async def recording_notice(self, place: Place, *, given: bool) -> None:
        """Note that a channel has heard what is stored, or that it could not be told and is still owed it."""
        if given:
            self._informed.add(place.channel_id)
            await self._scenes.told(place.channel_id, RECORDING, "", self._clock())
        else:
            self._informed.discard(place.channel_id)

    async def _replies_to_us(self, message: IncomingMessage) -> bool:
        if message.reply_to is None:
            return False
        turn = await self._history.turn_of(message.reply_to)
        return turn is not None and turn.persona_key is not None

    async def _record(self, message: IncomingMessage, heard: _Heard) -> bool:
        """Keep what was said; False if it is kept already: a gateway may tell of a message twice."""
        scene = await self._scenes.active(message.place, self._clock())
        if scene.starter_id is None:
            await self._scenes.begun_by(scene, message.author.id)
        speaker = await self._people.speaker(
            message.place,
            message.author,
            lambda taken: self._name_for(message.author, taken),
            self._clock(),
        )
        text, notes = heard.text, _or_silence(heard.text, heard.notes)
        tokens = self._floor.cost(with_notes(text, notes))
        said = Said(speaker, text, tokens, message.created_at, message.id, _awaited(heard), notes)
        return await self._history.record(scene.id, said) is not None

    def _name_for(self, person: Participant, taken: Collection[str]) -> str:
        """Return a name for a newcomer: no persona's, no role's, and nobody else's in the channel."""
        clean = names.clean_name(person.name, f"Member {person.id % 10_000:04}")
        cast = [persona_name(persona) for persona in self._casting.personas]
        return names.distinct(names.apart_from(clean, cast), taken)

    def _player(self, part: Part, persona_key: str | None) -> Persona | Notice:
        """Return who speaks: whoever plays the part, or whom somebody asked for where that is open."""
        if part.key is None:
            return Notice(Concern.NO_PERSONA)
        persona = part.persona
        if persona_key not in (None, part.key):
            if "persona" in part.fixed:
                return Notice(Concern.PERSONA_FIXED, part.fixed["persona"])
            part = replace(part, key=persona_key)
            persona = self._casting.personas.get(persona_key)
        return persona or Notice(Concern.PERSONA_MISSING, part.key or "")

    def _join_or_reply(self, persona: Persona, message: IncomingMessage, settings: Settings) -> Reply | None:
        place = message.place.channel_id
        waiting = self._waiting.get((place, persona.key))
        if waiting is not None and not waiting.stopped:
            waiting.trigger = message
            return None
        reply = self._floor.reply(persona, message, settings, self._open_turn)
        self._waiting[place, persona.key] = reply
        return reply

    async def _open_turn(self, reply: Reply) -> Opening | None:
        """With the floor held: begin the turn and build its prompt from all that was said until now."""
        place = reply.trigger.place
        async with self._floor.ears(place.channel_id):
            self._waiting.pop((place.channel_id, reply.persona.key), None)
            # Its file may have been saved while this waited; from here on it stays as it is.
            reply.persona = self._casting.personas.get(reply.persona.key) or reply.persona
            settings = await self._casting.settings(place)
            reply.settings = settings
            if settings.paused:  # since it was heard, and before whoever paused could stop it
                return None
            scene = await self._scenes.active(place, self._clock())
            name = persona_name(reply.persona)
            turn = await self._history.begin_reply(
                scene.id, persona_key=reply.persona.key, name=name, at=self._clock()
            )
            asking = await self._prompter.asking(
                Cue(scene, reply.persona, turn.position, settings.language, turn.id)
            )
            if asking is None or not await self._asks(asking.request.turns[-1], reply):
                await self._history.drop(turn.id)
                return None
            self._floor.begun(turn.id, reply)
        return Opening(turn, asking)

    async def _asks(self, newest: Turn, reply: Reply) -> bool:
        """Tell whether there is still something to answer: it may have been deleted meanwhile."""
        if newest.persona_key == reply.persona.key:
            return False
        # Another persona has spoken since, and who asked this one still waits for it.
        return newest.user_id is not None or await self._history.turn_of(reply.trigger.id) is not None


def _or_silence(text: str, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    return notes if text or notes else (SILENCE,)


def _awaited(heard: _Heard) -> str | None:
    """Return the key of the persona whose answer, or whose notice, somebody waits for."""
    if heard.decision is not Decision.SPEAK:
        return None
    if isinstance(heard.found, Persona):
        return heard.found.key
    return heard.found.about if heard.addressed else None
