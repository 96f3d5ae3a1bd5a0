"""Opening: a reply that has the floor begins its turn, with a prompt of all that was said.

Law: who speaks and what is said is looked up at this moment. A turn that cannot be opened leaves nothing.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from weakref import WeakKeyDictionary

from bot.core import names
from bot.core.budgets.charges import Charge
from bot.core.budgets.rule import Refused, Verdict
from bot.core.persona import Persona
from bot.core.proxies import counts_for, is_member
from bot.core.routing import Denial, NoReply, refusal_of_command, unpaid
from bot.core.scene import END, START, IncomingMessage, Place, Scene
from bot.storage.errors import StorageError
from bot.storage.stores import Stores
from bot.story.budgets.spending import Reservation
from bot.story.places.access import Access
from bot.story.places.casting import Casting, ChannelCast, language_of
from bot.story.places.other_bots import OtherBots
from bot.story.prompts.prompt_fallbacks import PromptFallbacks
from bot.story.prompts.prompt_spec import PromptSpec
from bot.story.prompts.prompter import Prompter
from bot.story.replies.bursts import Bursts
from bot.story.replies.floor import Floor
from bot.story.replies.opened_turn import OpenedTurn
from bot.story.replies.reply import Reply


class Waiting:
    """The replies to people that wait for the floor of their places."""

    def __init__(self) -> None:
        self._replies: dict[tuple[tuple[int, int], str], Reply] = {}

    def add(self, reply: Reply) -> None:
        """Note that a reply waits."""
        self._replies[reply.trigger.place.key, reply.persona.key] = reply

    def of(self, place: Place, persona: Persona) -> Reply | None:
        """Return a persona's reply that waits for the floor of a place; None if there is none."""
        waiting = self._replies.get((place.key, persona.key))
        return waiting if waiting is not None and waiting.halted is None else None

    def at(self, place: Place) -> list[Reply]:
        """Return the replies that wait for the floor of a place."""
        return [reply for (key, _), reply in self._replies.items() if key == place.key]

    def over(self, reply: Reply) -> None:
        """Note that a reply has the floor."""
        key = reply.trigger.place.key, reply.persona.key
        if self._replies.get(key) is reply:
            del self._replies[key]


@dataclass(frozen=True, slots=True)
class Chain:
    """The talk of personas since a person spoke.

    Attributes:
        depth: how many personas have answered another one.
        heard: the newest message of the channel by then: a newer one ends it.
        turn_id: the turn that is answered next.
    """

    depth: int
    heard: int
    turn_id: int


class Opening:
    """Opens the turns of replies to people, and of personas to each other."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        prompter: Prompter,
        stores: Stores,
        bursts: Bursts,
        clock: Callable[[], datetime],
    ) -> None:
        """Begin turns in `stores`; `clock` returns aware UTC times."""
        self.waiting = Waiting()
        self._floor = floor
        self._casting = casting
        self._prompter = prompter
        self._history = stores.history
        self._scenes = stores.scenes
        self._steering = stores.steering
        self._access = Access(casting, stores.records.blocks)
        self._other_bots = OtherBots(stores)
        self._bursts = bursts
        self._clock = clock
        self._unopened: WeakKeyDictionary[Reply, NoReply] = WeakKeyDictionary()
        self._chains: WeakKeyDictionary[Reply, Chain] = WeakKeyDictionary()

    def why_unopened(self, reply: Reply) -> NoReply | None:
        """Return what the person who asked for a reply is told in its place; None for nothing."""
        return self._unopened.get(reply)

    def chain(self, reply: Reply) -> Chain | None:
        """Return the talk of personas that a reply would go on with; None if it was never opened."""
        return self._chains.get(reply)

    async def open(self, reply: Reply, chain: Chain | None = None) -> OpenedTurn | None:
        """Begin the turn of a reply that has the floor; None if there is nothing to answer anymore.

        `chain` is the talk of personas that it goes on with; None if it answers people.
        """
        place = reply.trigger.place
        await self._floor.others.ends(partial(self._another_writes, place))
        async with self._floor.ears(place.channel_id):
            self.waiting.over(reply)
            # The persona's file may have been saved while the reply waited; from here on the reply keeps it.
            persona = self._casting.library.at(place.guild_id).get(reply.persona.key) or reply.persona
            cast = await self._casting.lookup(place)
            if await self._is_answered(reply) or not await self._leave_out_blocked(reply):
                return None
            charge = await self._floor.spending.charge(place, counts_for(reply.triggers[0]))
            verdict = await self._floor.spending.verdict(charge)
            if not await self._may_begin(reply, persona, cast, verdict, is_told=chain is None):
                return None
            scene = cast.scene or await self._scenes.active(place, self._clock())
            if chain is not None and not await self._is_next(chain, scene):
                return None
            if await self._is_hushed(reply, cast, scene):
                return None
            whole = await self._floor.is_wanted_whole({each.author.id for each in reply.triggers})
            heard = self._floor.newest(place.channel_id)
            turn = await self._history.begin_reply(
                scene.id,
                persona_key=persona.key,
                name=names.persona_name(persona),
                at=self._clock(),
                heard=heard,
            )
            language, host = language_of(cast, persona), cast.host_of(persona)
            spec = PromptSpec(scene, persona, turn.position, language, turn.id, host=host)
            spec = replace(spec, company=cast.keys, thrifty=verdict.thrifty)
            paid = await self._paid_question(spec, charge, reply, is_chained=chain is not None)
            if paid is None:
                return None
            question, reserved = paid
            self._floor.begun(turn.id, reply, is_asked=chain is None)
            self._bursts.opened(reply, turn.id)
            self._chains[reply] = Chain(chain.depth if chain else 0, heard, turn.id)
        newest = question.built.turns[-1] if question.built.turns else None
        follows = newest is not None and newest.persona_key is not None and heard <= reply.trigger.id
        settled = partial(self._bursts.settled, reply)
        return OpenedTurn(
            turn, persona, cast, question, reserved, whole=whole, settled=settled, follows=follows
        )

    async def _another_writes(self, place: Place) -> bool:
        """Return whether another process writes a reply in a place."""
        scene = (await self._casting.lookup(place)).scene
        return scene is not None and await self._history.unfinished.another_writes(scene.id)

    async def _is_answered(self, reply: Reply) -> bool:
        """Return whether another process has answered what a reply is to answer; it counts nothing then."""
        if not self._floor.others.are_there:
            return False
        is_answered = await self._history.debts.another_has_answered(reply.trigger.id, reply.persona.key)
        if is_answered:
            self._floor.give_back(reply)
        return is_answered

    async def _leave_out_blocked(self, reply: Reply) -> bool:
        """Let a reply answer nobody who was blocked while it waited; return whether anybody is left."""
        askers = {each.author.id for each in reply.triggers}
        blocked = await self._access.blocked(reply.trigger.place, askers)
        reply.leave_out({each.id for each in reply.triggers if each.author.id in blocked})
        return not askers <= blocked

    async def _is_hushed(self, reply: Reply, cast: ChannelCast, scene: Scene) -> bool:
        """Return whether a reply is to bots alone, and a person has to speak first: others came before it."""
        bots = cast.settings.bots
        askers = [each.author for each in reply.triggers]
        is_to_bots = all(each.id in bots and not is_member(each.character) for each in askers)
        return is_to_bots and await self._other_bots.is_hushed(scene.id, bots)

    async def _may_begin(
        self, reply: Reply, persona: Persona, cast: ChannelCast, verdict: Verdict, *, is_told: bool
    ) -> bool:
        """Return whether nothing bars a reply; else its people will be told why, if they still wait.

        While it waited, the server may have been paused, its channel opened to all ages, a budget used up, or
        quiet hours have begun.
        """
        barred, paused = self._casting.barred(reply.trigger.place, persona), cast.settings.paused
        spent = None if verdict.refused is None else unpaid(verdict.refused)
        denial = self._floor.pacing.quiet(cast.settings) or spent
        refusal = refusal_of_command(paused=paused, missing=barred, denial=denial)
        if refusal is not None:
            self._floor.give_back(reply)
        if refusal is not None and is_told and not paused:
            await self._note_unopened(reply, refusal, denial)
        return refusal is None

    async def _note_unopened(self, reply: Reply, why: NoReply, denial: Denial | None) -> None:
        """Note what the people of a reply are told in its place, if they still wait."""
        if not await self._is_kept(reply.trigger):
            return
        if denial is None or self._floor.tells(denial, reply.trigger):
            self._unopened[reply] = why

    async def _paid_question(
        self, spec: PromptSpec, charge: Charge, reply: Reply, *, is_chained: bool
    ) -> tuple[PromptFallbacks, Reservation] | None:
        """Return the prompts of a turn with what is reserved for them; without either, drop the turn.

        A reply to people is dropped if they have taken back what they asked; `is_chained` is for one to a
        persona.
        """
        assert spec.turn_id is not None
        reserved: Reservation | Refused | None = None
        try:
            question = await self._prompter.question(spec)
            if question is not None and (is_chained or await self._is_asked(question, reply)):
                reserved = await self._floor.reserve(charge, question)
            if len(reply.triggers) > 1 and isinstance(reserved, Reservation):
                reply.leave_out({each.id for each in reply.triggers if not await self._is_kept(each)})
            if not isinstance(reserved, Reservation):
                await self._history.drop(spec.turn_id)
        except BaseException:  # cancelled, or the storage failed: else the open turn would stay
            if isinstance(reserved, Reservation):
                await asyncio.shield(self._floor.spending.waive(reserved))
            with suppress(StorageError):
                await asyncio.shield(self._history.drop(spec.turn_id))
            raise
        if isinstance(reserved, Refused) and not is_chained:
            self._floor.give_back(reply)
            denial = unpaid(reserved)
            await self._note_unopened(reply, denial.no_reply, denial)
        return (question, reserved) if question is not None and isinstance(reserved, Reservation) else None

    async def _is_next(self, chain: Chain, scene: Scene) -> bool:
        """Return whether a persona's turn is still the newest in a scene, and nobody has spoken since."""
        if self._floor.newest(scene.place.channel_id) != chain.heard:
            return False
        newest = await self._history.recent(scene.id, START, END, 1)
        return bool(newest) and newest[0].id == chain.turn_id

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
        return is_turn or await self._steering.of_message(message.id) is not None
