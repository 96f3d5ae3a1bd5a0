"""Roleplay, the use cases: what happens when something is said, changed or taken back.

Law: each use case is a few steps that look facts up, ask `core` for the rule and store the
outcome. A condition about the story belongs in `core`; what a frontend must do comes back as a
value (a Reply to play, a Notice to say), never as a call into the frontend.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from weakref import WeakValueDictionary

from bot.budget import Budget
from bot.core import names, window
from bot.core.completion import ChatModel, Prompt, Sampling
from bot.core.persona import Persona
from bot.core.prompt import Naming, build_prompt, history_sizes, persona_name
from bot.core.routing import Decision, Facts, Respond, decide
from bot.core.scene import Ending, IncomingMessage, Participant, Place, Scene, Turn, Unfinished
from bot.core.tokens import turn_cost
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
        budget: Budget,
        rules: Rules,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to what they draw on; `clock` returns aware UTC times."""
        self._model = model
        self._personas = personas
        self._history = history
        self._scenes = scenes
        self._people = people
        self._budget = budget
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
            return await self._history.amend(message.id, text, self._cost(turn.name, text))

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
            await self._history.close_crashed(turn.id, self._cost(turn.name, turn.text))
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
                tokens=self._cost(name, persona.greeting),
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
            tokens=self._cost(name, text),
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
            budget=self._budget,
            clock=self._clock,
        )
        self._waiting[place, persona.key] = reply
        return reply

    async def _open_turn(self, reply: Reply) -> Opening | None:
        """With the floor held: begin the turn and build its prompt from all that was said until now."""
        place = reply.trigger.place
        async with self._lock(self._ears, place.channel_id):
            self._waiting.pop((place.channel_id, reply.persona.key), None)
            scene = await self._scenes.active(place, self._clock())
            name = persona_name(reply.persona)
            turn = await self._history.begin_reply(
                scene.id, persona_key=reply.persona.key, name=name, at=self._clock()
            )
            opening = await self._opening(scene, reply.persona, turn)
            if opening is None:
                # What it was to answer has been deleted meanwhile.
                await self._history.drop(turn.id)
                return None
            self._live[turn.id] = reply
        return opening

    async def _opening(self, scene: Scene, persona: Persona, turn: Turn) -> Opening | None:
        """Return what to ask for a turn, moving the window's start when the turns before no longer fit."""
        naming, budget = self._rules.naming, self._budget
        sampling = _sampling(persona, self._rules.sampling)
        room = budget.known.room(self._rules.context_window, sampling.max_completion_tokens)
        # Where nobody spoke to the persona for long, there may be far more since than any prompt holds.
        most = budget.known.most_turns(room)
        turns = await self._history.recent(scene.id, scene.window_start, turn.id, most)
        if not turns or turns[-1].user_id is None:
            return None

        def ask(turns: Sequence[Turn]) -> Prompt:
            return build_prompt(persona, turns, sampling, naming, scene.title, counter=budget.counter)

        prompt = ask(turns)
        if budget.known.upper(prompt.size) > room:
            sizes = history_sizes(persona, turns, naming)
            turns = turns[window.step(sizes, prompt.size - sizes[0], room, budget.known.upper) :]
            prompt = ask(turns)
            await self._history.move_window(scene.id, turns[0].id)

        def shorter() -> Iterator[Prompt]:
            for left_out in window.retreats(history_sizes(persona, turns, naming)):
                yield ask(turns[left_out:])

        return Opening(turn, prompt, shorter())

    def _cost(self, name: str, text: str) -> int:
        return turn_cost(name, text, self._budget.counter)

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
