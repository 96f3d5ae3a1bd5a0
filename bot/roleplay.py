"""Roleplay, the use cases: what happens when something is said, changed or taken back.

Law: each use case is a few steps that look facts up, ask `core` for the rule and store the
outcome. A condition about the story belongs in `core`; what a frontend must do comes back as a
value (a Reply to play, a Notice to say), never as a call into the frontend.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from weakref import WeakValueDictionary

from bot.core import names, window
from bot.core.completion import ChatModel, Sampling
from bot.core.persona import Persona
from bot.core.prompt import PROFILED_LIMIT, Naming, build_prompt, fixed_cost, persona_name
from bot.core.routing import Decision, Facts, Respond, decide
from bot.core.scene import Ending, IncomingMessage, Participant, Place, Scene, Turn, Unfinished
from bot.core.tokens import PER_MESSAGE, turn_cost
from bot.personas import Personas
from bot.reply import Opening, PostLog, Reply
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.scenes import Scenes
from bot.texts import say

log = logging.getLogger(__name__)

SILENCE = "…"
"""What an empty mention says: somebody turned to the persona and waits."""


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """What the configuration says of a channel. None leaves it to the parent, and then to the default."""

    persona: str | None = None
    respond: Respond | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration's part in the story, as plain values."""

    sampling: Sampling
    context_window: int
    naming: Naming = Naming.NAMED
    default_persona: str | None = None
    channels: Mapping[int, ChannelRule] = field(default_factory=dict)


class Concern(StrEnum):
    """Why a message that addressed us gets a notice instead of a reply."""

    NO_PERSONA = "no_persona"
    PERSONA_MISSING = "persona_missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a channel in plain words, not in a persona's voice."""

    concern: Concern
    persona_key: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """Who would speak in a place, and when."""

    key: str | None
    persona: Persona | None
    bound: bool
    respond: Respond


class Roleplay:
    """The story's use cases. One instance serves all channels."""

    def __init__(
        self,
        *,
        model: ChatModel,
        personas: Personas,
        history: History,
        scenes: Scenes,
        people: People,
        rules: Rules,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to what they draw on; `clock` returns aware UTC times."""
        self._model = model
        self._personas = personas
        self._history = history
        self._scenes = scenes
        self._people = people
        self._rules = rules
        self._clock = clock
        # Locks live as long as somebody holds or awaits them. Ears keep a channel's events in the
        # order they came; the floor is held by the one reply that streams there.
        self._ears: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._floors: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._waiting: dict[tuple[int, str], Reply] = {}
        self._missed: set[tuple[int, str]] = set()
        self._live: WeakValueDictionary[int, Reply] = WeakValueDictionary()

    async def hear(self, message: IncomingMessage) -> Reply | Notice | None:
        """Take in one message: store it if it belongs to a story, and return what it asks for.

        A Reply must be entered by the caller. Messages that address a persona which is already
        waiting for the floor join that reply: it will see them, newest last.
        """
        async with self._lock(self._ears, message.place.channel_id):
            part = await self._part(message.place)
            addressed = message.mentions_bot or await self._replies_to_us(message)
            speaker = part.persona.name if part.persona else ""
            text = names.readable(message, speaker)
            if addressed and not text and not message.mentions_bot:
                # Nobody can post nothing: Discord withholds the words of a reply whose ping is off.
                return Notice(Concern.UNREADABLE)
            facts = Facts(
                from_bot=message.from_bot,
                bound=part.bound,
                respond=part.respond,
                addressed=addressed,
                named=bool(speaker) and names.calls_persona(message, speaker),
                empty=not text.strip(),
            )
            decision = decide(facts)
            if decision is Decision.IGNORE:
                return None
            if part.key is None:
                return Notice(Concern.NO_PERSONA)
            is_new = await self._record(message, text)
            if decision is Decision.LISTEN or not is_new:
                return None
            if part.persona is None:
                return self._missing(message.place, part.key)
            self._missed.discard((message.place.channel_id, part.key))
            return self._join_or_reply(part.persona, message)

    async def amend(self, message: IncomingMessage) -> bool:
        """Follow an edit: the stored turn gets the new text. Return whether anything changed."""
        async with self._lock(self._ears, message.place.channel_id):
            turn = await self._history.turn_of(message.id)
            if turn is None or turn.user_id is None:
                return False
            part = await self._part(message.place)
            text = names.readable(message, part.persona.name if part.persona else "") or SILENCE
            if text == turn.text:
                return False
            return await self._history.amend(message.id, text, turn_cost(turn.name, text))

    async def retract(self, place: Place, message_ids: list[int]) -> None:
        """Follow deletions: people's turns leave the story, and deleted pages of ours leave their turn."""
        async with self._lock(self._ears, place.channel_id):
            for change in await self._history.retract(message_ids):
                reply = self._live.get(change.turn_id)
                if reply is not None:
                    reply.freeze()

    async def interrupted(self, *, terminal: bool) -> list[Unfinished]:
        """Close the replies a crash left unfinished, with the text they had; return those nobody was told of.

        To be called before anything is heard. `terminal` chooses the rehearsal's channel or all others:
        each frontend closes its own, since a rehearsal may run beside the bot.
        """
        left = [
            found for found in await self._history.unfinished() if (found.place.channel_id == 0) == terminal
        ]
        for found in left:
            turn = found.turn
            await self._history.close_crashed(turn.id, turn_cost(turn.name, turn.text))
            if terminal:
                await self._history.told_interrupted(turn.id)
        return left

    async def told_interrupted(self, turn: Turn) -> None:
        """Note that people see that a turn was interrupted, or cannot be told any more."""
        await self._history.told_interrupted(turn.id)

    def post_log(self, turn: Turn) -> PostLog:
        """Return the record of a turn's posts, for a frontend that mends them."""
        return PostLog(self._history, turn.id)

    async def open_scene(
        self, place: Place, persona: Persona, title: str = "", *, greet: bool = True
    ) -> Turn | None:
        """Begin a new scene in a place; return the persona's greeting as the turn it is, if it gives one."""
        async with self._lock(self._ears, place.channel_id):
            scene = await self._scenes.start(place, title, self._clock())
            if not greet or not persona.greeting:
                return None
            name = persona_name(persona)
            turn = await self._history.begin_reply(
                scene.id, persona_key=persona.key, name=name, at=self._clock()
            )
            await self._history.finish(
                turn.id,
                text=persona.greeting,
                tokens=turn_cost(name, persona.greeting),
                ending=Ending.DONE,
            )
            return await self._history.turn(turn.id)

    async def _part(self, place: Place) -> _Part:
        """Look up who speaks in a place: its own binding, its parent's, else the default persona.

        When they speak is looked up apart: a thread may say when, and its parent who.
        """
        ids = [id_ for id_ in (place.channel_id, place.parent_id) if id_ is not None]
        rules = [self._rules.channels.get(id_) for id_ in ids]
        respond = next((rule.respond for rule in rules if rule and rule.respond), Respond.NAME)
        bound = any(rules)
        key: str | None = None
        for id_, rule in zip(ids, rules, strict=True):
            key = (rule.persona if rule else None) or await self._scenes.binding(id_)
            if key is not None:
                bound = True
                break
        key = key or self._rules.default_persona
        return _Part(key, self._personas.get(key) if key else None, bound and key is not None, respond)

    async def _replies_to_us(self, message: IncomingMessage) -> bool:
        if message.reply_to is None:
            return False
        turn = await self._history.turn_of(message.reply_to)
        return turn is not None and turn.persona_key is not None

    async def _record(self, message: IncomingMessage, text: str) -> bool:
        """Keep what was said; False if it is kept already: a gateway may tell of a message twice."""
        text = text if text.strip() else SILENCE
        scene = await self._scenes.active(message.place, self._clock())
        name = await self._people.alias(
            message.place.channel_id,
            message.author.id,
            message.author.name,
            lambda taken: self._name_for(message.author, taken),
            self._clock(),
        )
        turn = await self._history.record(
            scene.id,
            user_id=message.author.id,
            name=name,
            text=text,
            tokens=turn_cost(name, text),
            message_id=message.id,
            at=message.created_at,
        )
        return turn is not None

    def _name_for(self, person: Participant, taken: Collection[str]) -> str:
        """Return a name for a newcomer: no persona's, no role's, and nobody else's in the channel."""
        clean = names.clean_name(person.name, f"Member {person.id % 10_000:04}")
        cast = [persona_name(persona) for persona in self._personas]
        return names.distinct(names.apart_from(clean, cast), taken)

    def _missing(self, place: Place, key: str) -> Notice | None:
        """Say once in a channel that its persona's file is gone, until it has been back."""
        log.warning(say("host.persona_missing", channel=place.channel_id, key=key))
        if (place.channel_id, key) in self._missed:
            return None
        self._missed.add((place.channel_id, key))
        return Notice(Concern.PERSONA_MISSING, key)

    def _join_or_reply(self, persona: Persona, message: IncomingMessage) -> Reply | None:
        place = message.place.channel_id
        waiting = self._waiting.get((place, persona.key))
        if waiting is not None and not waiting.stopped:
            waiting.trigger = message
            return None
        reply = Reply(
            persona=persona,
            trigger=message,
            floor=self._lock(self._floors, place),
            open_turn=self._open_turn,
            model=self._model,
            history=self._history,
            clock=self._clock,
        )
        self._waiting[place, persona.key] = reply
        return reply

    async def _open_turn(self, reply: Reply) -> Opening | None:
        """With the floor held: begin the turn and build its prompt from all that was said until now."""
        place = reply.trigger.place
        async with self._lock(self._ears, place.channel_id):
            self._waiting.pop((place.channel_id, reply.persona.key), None)
            # Its file may have been saved while this waited; from here on it stays as it is.
            reply.persona = self._personas.get(reply.persona.key) or reply.persona
            scene = await self._scenes.active(place, self._clock())
            name = persona_name(reply.persona)
            turn = await self._history.begin_reply(
                scene.id, persona_key=reply.persona.key, name=name, at=self._clock()
            )
            turns = await self._window(scene, reply.persona, turn.id)
            if not turns or turns[-1].user_id is None:
                # What it was to answer has been deleted meanwhile.
                await self._history.drop(turn.id)
                return None
            self._live[turn.id] = reply
        sampling = _sampling(reply.persona, self._rules.sampling)
        return Opening(turn, build_prompt(reply.persona, turns, sampling, self._rules.naming, scene.title))

    async def _window(self, scene: Scene, persona: Persona, before: int) -> list[Turn]:
        """Return the turns the prompt holds, moving the window's start when they no longer fit."""
        fixed = fixed_cost(persona, self._rules.naming, scene.title, participants=PROFILED_LIMIT)
        cap = _sampling(persona, self._rules.sampling).max_completion_tokens
        budget = window.history_budget(self._rules.context_window, cap, fixed)
        first = await self._history.tail(scene.id, before, budget, PER_MESSAGE)
        start = window.start(scene.window_start, first)
        if start is None:
            start = await self._history.tail(scene.id, before, window.after_step(budget), PER_MESSAGE)
            await self._history.move_window(scene.id, start)
        return await self._history.recent(scene.id, start, before)

    def _lock(self, locks: WeakValueDictionary[int, asyncio.Lock], channel_id: int) -> asyncio.Lock:
        lock = locks.get(channel_id)
        if lock is None:
            lock = locks[channel_id] = asyncio.Lock()
        return lock


def _sampling(persona: Persona, default: Sampling) -> Sampling:
    own = persona.sampling
    return Sampling(
        temperature=default.temperature if own.temperature is None else own.temperature,
        top_p=default.top_p if own.top_p is None else own.top_p,
        max_completion_tokens=own.max_completion_tokens or default.max_completion_tokens,
    )
