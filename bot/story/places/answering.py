"""Who answers: the facts that `core.casts` decides by, looked up in the story.

Law: it looks up and decides nothing. What chance says of a message is the same whenever it is asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.core.calling import Called, calls_in
from bot.core.casts import CastFacts, CastMember, Speaking, who_answers
from bot.core.chance import number_for
from bot.core.persona import Persona
from bot.core.routing import Cue, NoReply, NoReplyReason, Respond, refusal_of_command
from bot.core.scene import IncomingMessage, Place
from bot.storage.history import History
from bot.story.places.casting import Casting, ChannelCast


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked by a message.

    Attributes:
        message: the message.
        cast: the personas and the settings of its place.
        heard: what it says aloud and out of character, where names call somebody.
        replied: the key of the persona whose post it replies to; None if it replies to none.
        addressed: whether it turns to the bot at all.
        to_others: whether it is a Discord reply to somebody else.
    """

    message: IncomingMessage
    cast: ChannelCast
    heard: str
    replied: str | None
    addressed: bool
    to_others: bool

    @property
    def mentioned(self) -> bool:
        """Whether it turns to the bot otherwise than by a reply to a persona's post."""
        direct = self.message.mentions_bot or self.message.by_command
        return direct or (self.addressed and self.replied is None)


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers a message: a persona, or why none can, those that do after it, and by which cue."""

    speaker: Persona | NoReply
    others: tuple[Persona, ...] = ()
    cue: Cue = Cue.NONE


@dataclass(frozen=True, slots=True)
class Answerer:
    """The persona that would answer in a place, and the place's cast."""

    persona: Persona
    cast: ChannelCast


class Answerers:
    """Finds who answers messages."""

    def __init__(self, casting: Casting, history: History) -> None:
        """Look up in `casting` and `history`."""
        self._casting = casting
        self._history = history

    async def of(self, asked: Asked) -> Answering:
        """Return who answers a message, if anybody does."""
        cast, place = asked.cast, asked.message.place
        if cast.key is None:
            return Answering(self._casting.speaker(place, cast))
        called = [] if asked.to_others and not asked.addressed else await self._called(asked)
        named = called if asked.addressed or _names_wake(cast) else []
        replied = asked.replied if asked.replied and self._may_answer(asked.replied, place, cast) else None
        alone = asked.mentioned or (asked.addressed and replied is None)
        facts = CastFacts(
            members=self._members(place, cast),
            respond=cast.settings.respond,
            chance=partial(number_for, asked.message.id),
            named=named,
            replied=replied,
            mentioned=alone,
            latest=await self._latest(cast) if alone and not named and replied is None else None,
            open=cast.bound and not asked.addressed and not asked.message.roll,
        )
        found = who_answers(facts)
        is_called = not asked.to_others and not facts.muted.issuperset(called)
        return Answering(*self._speakers(found, facts, place, cast), _cue(facts, found, is_called=is_called))

    async def of_command(
        self, place: Place, persona_key: str | None = None, *, new_scene: bool = False
    ) -> Answerer | NoReply:
        """Return the persona that would answer a command in a place, or why none does.

        `persona_key` asks for a certain persona, `new_scene` for the persona of a scene yet to begin.
        """
        cast = await self._casting.lookup(place, new_scene=new_scene)
        if new_scene:
            speaker = self._casting.lead(place, cast, persona_key)
        elif persona_key is None:
            speaker = await self._unnamed(place, cast)
        else:
            speaker = self._casting.speaker(place, cast, persona_key)
        missing = speaker if isinstance(speaker, NoReply) else None
        refusal = refusal_of_command(paused=cast.settings.paused, missing=missing)
        if refusal is not None:
            return refusal
        assert isinstance(speaker, Persona)
        return Answerer(speaker, cast)

    async def _unnamed(self, place: Place, cast: ChannelCast) -> Persona | NoReply:
        """Return who answers a command that names nobody, or why nobody does."""
        if cast.key is None:
            return self._casting.speaker(place, cast)
        members, latest = self._members(place, cast), await self._latest(cast)
        facts = CastFacts(members, cast.settings.respond, _never, mentioned=True, latest=latest)
        return self._speakers(who_answers(facts), facts, place, cast)[0]

    def named_in(self, text: str, place: Place, cast: ChannelCast) -> list[str]:
        """Return the keys of the members that a persona's words call, in the order in which they do.

        A name that several of them have calls none of them.
        """
        calls = calls_in(text, self._personas(place, cast.keys), self._casting.library.at(place.guild_id))
        keys = set(cast.keys)
        return [
            each.key
            for each in calls
            if each.call.persona and not keys.intersection(each.call.candidates) - {each.key}
        ]

    async def _called(self, asked: Asked) -> list[str]:
        """Return the keys of those that a message calls by name, in the order in which it does."""
        cast, place = asked.cast, asked.message.place
        shelf = self._casting.library.at(place.guild_id)
        calls = calls_in(asked.heard, self._personas(place, cast.keys), shelf)
        found = [await self._meant(each, asked) for each in calls]
        return list(dict.fromkeys(key for key in found if key is not None))

    async def _meant(self, called: Called, asked: Asked) -> str | None:
        """Return the key of the persona that a name means: of several, the one that spoke last.

        A guest that has the name is meant where the bot itself is not asked, and its owner has not set who
        plays.
        """
        cast, keys, candidates = asked.cast, frozenset(asked.cast.keys), called.call.candidates
        if asked.addressed or "persona" in cast.fixed:
            candidates &= keys
        own = called.key if called.call.persona else None
        if candidates <= {called.key}:
            return own
        last = await self._history.last_persona(cast.scene.id, candidates) if cast.scene else None
        if last is not None and self._may_answer(last, asked.message.place, cast):
            return last
        return own if candidates.isdisjoint(keys - {called.key}) else None

    async def _latest(self, cast: ChannelCast) -> str | None:
        if cast.scene is None or len(cast.members) == 1:
            return None
        return await self._history.last_persona(cast.scene.id, cast.keys)

    def _personas(self, place: Place, keys: Iterable[str]) -> list[Persona]:
        shelf = self._casting.library.at(place.guild_id)
        return [persona for key in keys if (persona := shelf.get(key)) is not None]

    def _may_answer(self, key: str, place: Place, cast: ChannelCast) -> bool:
        return isinstance(self._casting.speaker(place, cast, key), Persona)

    def _members(self, place: Place, cast: ChannelCast) -> Sequence[CastMember]:
        """Return the cast; those that can't speak now come last, and take part in nothing unasked."""
        able = [member for member in cast.members if self._may_answer(member.key, place, cast)]
        unable = [replace(each, talkativeness=0) for each in cast.members if each not in able]
        return [*able, *unable] if able else cast.members

    def _speakers(
        self, found: Speaking, facts: CastFacts, place: Place, cast: ChannelCast
    ) -> tuple[Persona | NoReply, tuple[Persona, ...]]:
        """Return the first that speaks, or would, or why it can't, and those that speak after it."""
        if found.muted is not None:
            persona = self._casting.library.at(place.guild_id).get(found.muted)
            return NoReply(NoReplyReason.MUTED, persona.name if persona else found.muted), ()
        keys = found.keys or (facts.members[0].key,)
        asked = [self._casting.speaker(place, cast, key) for key in keys]
        ready = [each for each in asked if isinstance(each, Persona)]
        return (ready[0], tuple(ready[1:])) if ready else (asked[0], ())


def _names_wake(cast: ChannelCast) -> bool:
    return cast.bound and cast.settings.respond in {Respond.NAME, Respond.ALWAYS}


def _cue(facts: CastFacts, found: Speaking, *, is_called: bool) -> Cue:
    if found.unasked:
        return Cue.CHANCE
    if is_called:
        return Cue.NAME
    return Cue.NO_CHANCE if facts.open else Cue.NONE


def _never(_key: str) -> float:
    """Return a number of chance that brings nobody in."""
    return 1.0
