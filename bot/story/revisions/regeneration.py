"""Regeneration: the model writes another variant of a turn, or more of it.

Law: what people see is what the story remembers: the previous state is kept until people see the new one.
What cannot be done is returned as a `Refusal`, and changes nothing.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from weakref import WeakKeyDictionary

from bot.core.budgets.charges import Charge, Purpose
from bot.core.budgets.rule import Refused
from bot.core.notes import content_of
from bot.core.persona import Persona
from bot.core.routing import Denial, NoReply, refusal_of_command, unpaid
from bot.core.scene import START, Ending, IncomingMessage, Place, Turn
from bot.core.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.stores import Stores
from bot.storage.swipes import Variants
from bot.story.budgets.spending import Reservation
from bot.story.places.casting import Casting, ChannelCast, language_of
from bot.story.prompts.prompt_spec import PromptSpec
from bot.story.prompts.prompter import Prompter
from bot.story.replies.floor import Floor
from bot.story.replies.opened_turn import OpenedTurn
from bot.story.replies.other_processes import Stop
from bot.story.replies.reply import Reply
from bot.story.revisions.pressing import Pressing
from bot.story.revisions.refusals import Refusal, RefusalReason, refusal_of
from bot.story.revisions.turn_states import TurnState
from bot.story.revisions.turns import Revisable, Turns


class Regeneration:
    """Has the model write turns again, or go on with them. One instance serves all channels."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        prompter: Prompter,
        stores: Stores,
        turns: Turns,
        pressing: Pressing,
    ) -> None:
        """Write on `floor`; `turns` says what can be written again, `pressing` who has asked for it."""
        self._floor = floor
        self._casting = casting
        self._prompter = prompter
        self._history = stores.history
        self._swipes = stores.swipes
        self._steering = stores.steering
        self._turns = turns
        self._pressing = pressing
        floor.others.hear(Stop.TURN, self._stop)
        self._unopened: WeakKeyDictionary[Reply, Refusal] = WeakKeyDictionary()

    async def regenerate(self, turn_id: int, trigger: IncomingMessage) -> Reply | Refusal | None:
        """Write another variant of a turn; for one that failed, try again.

        The caller must enter the returned reply. Its prompt holds what was said before the turn. None: a
        reply for this turn waits already, and will show it. The turn may change while the reply waits for the
        floor; then `reply.opened` may stay None.
        """
        return await self._revise(turn_id, trigger, goes_on=False)

    async def proceed(self, turn_id: int, trigger: IncomingMessage) -> Reply | Refusal | None:
        """Continue a turn: the new text is appended. A turn without text gets another variant.

        As `regenerate`, except that the prompt ends with the turn's own text.
        """
        return await self._revise(turn_id, trigger, goes_on=True)

    async def why_unopened(self, reply: Reply, turn_id: int, place: Place) -> Refusal | None:
        """Return why a reply that was to revise a turn has not begun; None if somebody stopped it."""
        if (why := self._unopened.get(reply)) is not None:
            return why
        found = self._may_speak(
            await self._turns.check(turn_id, place), place, await self._casting.settings(place)
        )
        return found if isinstance(found, Refusal) else None

    def is_at_work(self, turn_id: int) -> bool:
        """Return whether a reply writes a turn, or waits for the floor to do so."""
        return self._floor.writing(turn_id) is not None or self._turns.waits(turn_id)

    def stop(self, turn_id: int) -> bool:
        """Stop the reply that is being written or waits; return False if there is none in this process."""
        is_here = self._stop(turn_id)
        if not is_here:
            self._floor.others.tell(Stop.TURN, turn_id)
        return is_here

    def _stop(self, turn_id: int) -> bool:
        found = [reply for reply in (self._floor.writing(turn_id), self._turns.asked.get(turn_id)) if reply]
        for reply in found:
            reply.stop()
        return bool(found)

    async def close_left(self, turn_id: int) -> TurnState | None:
        """Close a turn whose ending could not be stored, as when the disk was full; return its state.

        None if a reply is still at work on it, or if it is gone.
        """
        state = await self._turns.state(turn_id)
        if state is None or not state.writing or not self._floor.left(turn_id):
            return None
        turn = state.turn
        await self._history.unfinished.close(turn_id, self._floor.cost(turn.text), Ending.CUT_SHORT)
        state = await self._turns.state(turn_id)
        return None if state is None or state.writing else state

    def _may_speak(self, found: Revisable | Refusal, place: Place, settings: Settings) -> Persona | Refusal:
        """Return the persona of the turn if it may speak in its place."""
        if isinstance(found, Refusal):
            return found
        persona = self._casting.persona(place, found.variants.turn.persona_key or "")
        missing = persona if isinstance(persona, NoReply) else None
        refusal = refusal_of_command(paused=settings.paused, missing=missing)
        if refusal is not None:
            return refusal_of(refusal)
        assert isinstance(persona, Persona)
        return persona

    async def _revise(
        self, turn_id: int, trigger: IncomingMessage, *, goes_on: bool
    ) -> Reply | Refusal | None:
        async def open_turn(reply: Reply) -> OpenedTurn | None:
            await self._floor.others.ends(partial(self._history.unfinished.another_writes, turn.scene_id))
            async with self._floor.ears(trigger.place.channel_id):
                self._turns.asked.pop(turn_id, None)
                # While it waited, the turn may have gone, or its persona's file may have been saved.
                now = await self._turns.check(turn_id, trigger.place)
                cast = await self._casting.lookup(trigger.place)
                speaker = self._may_speak(now, trigger.place, cast.settings)
                if isinstance(speaker, Refusal):
                    self._floor.give_back(reply)
                    self._unopened[reply] = speaker
                    return None
                assert not isinstance(now, Refusal)  # else there is no speaker
                askers = await self._pressing.askers(now.variants.turn)
                whole = await self._floor.is_wanted_whole(askers | {trigger.author.id})
                opened = await self._open(now, speaker, cast, trigger, goes_on=goes_on)
                if isinstance(opened, Refusal):
                    self._floor.give_back(reply)
                    self._unopened[reply] = opened
                    return None
                self._floor.begun(turn_id, reply, askers)
                return replace(opened, whole=whole)

        async with self._floor.ears(trigger.place.channel_id):
            if self._turns.waits(turn_id):
                return None
            found = await self._turns.check(turn_id, trigger.place)
            cast = await self._casting.lookup(trigger.place)
            persona = self._may_speak(found, trigger.place, cast.settings)
            if isinstance(found, Refusal) or isinstance(persona, Refusal):
                return persona if isinstance(persona, Refusal) else None
            turn = found.variants.turn
            if turn.spoken_by is not None:
                return Refusal(RefusalReason.SPOKEN)
            cause = await self._history.recent(turn.scene_id, START, turn.position, 1)
            asked = _is_cause(cause, persona) or bool(await self._steering.told(turn.id))
            if not (goes_on and turn.text) and not asked:
                return Refusal(RefusalReason.NOTHING_BEFORE)
            denial = self._floor.pacing.quiet(cast.settings) or await self._unpaid(
                found, trigger, goes_on=goes_on
            )
            wait = self._floor.limit.wait(trigger.author.id)
            denied = refusal_of_command(wait=wait, denial=denial)
            if denied is not None:
                return refusal_of(denied)
            reply = self._turns.asked[turn_id] = self._floor.reply(persona, trigger, cast, open_turn)
            return reply

    async def _unpaid(self, found: Revisable, trigger: IncomingMessage, *, goes_on: bool) -> Denial | None:
        charge = await self._charge(found, trigger, goes_on=goes_on)
        spent = (await self._floor.spending.verdict(charge)).refused
        return None if spent is None else unpaid(spent)

    async def _charge(self, found: Revisable, trigger: IncomingMessage, *, goes_on: bool) -> Charge:
        """Return who is charged for a revision: the person who asked for it."""
        purpose = Purpose.CONTINUE if goes_on and found.variants.turn.text else Purpose.AGAIN
        return await self._floor.spending.charge(found.scene.place, trigger.author.id, purpose)

    async def _open(
        self,
        found: Revisable,
        persona: Persona,
        cast: ChannelCast,
        trigger: IncomingMessage,
        *,
        goes_on: bool,
    ) -> OpenedTurn | Refusal:
        before = found.variants.turn
        goes_on = goes_on and bool(before.text)
        charge = await self._charge(found, trigger, goes_on=goes_on)
        verdict = await self._floor.spending.verdict(charge)
        spent = None if verdict.refused is None else unpaid(verdict.refused)
        denial = self._floor.pacing.quiet(cast.settings) or spent  # it may be quiet since it was pressed
        if denial is not None:
            return refusal_of(denial.no_reply)
        spec = PromptSpec(
            found.scene,
            persona,
            before.position,
            language_of(cast, persona),
            before.id,
            before if goes_on else None,
            cast.host_of(persona),
            company=cast.keys,
            thrifty=verdict.thrifty,
        )
        question = await self._prompter.question(spec)
        if question is None:
            return Refusal(RefusalReason.NOTHING_BEFORE)
        if not (goes_on or question.is_asked_for or _is_cause(question.built.turns, persona)):
            return Refusal(RefusalReason.NOTHING_BEFORE)
        reserved = await self._floor.reserve(charge, question)
        if isinstance(reserved, Refused):
            return refusal_of(unpaid(reserved).no_reply)
        turn, now = await self._begin(before.id, reserved, goes_on=goes_on)
        if turn is None or now is None:
            await self._floor.spending.waive(reserved)
            return Refusal(RefusalReason.NOTHING_BEFORE)
        return OpenedTurn(
            turn, persona, cast, question, reserved, now.posts, found.variants, now.count, goes_on
        )

    async def _begin(
        self, turn_id: int, reserved: Reservation, *, goes_on: bool
    ) -> tuple[Turn | None, Variants | None]:
        """Begin another variant of a turn, or more of it; return it as it is then, None if it is gone.

        Whatever breaks this off restores the turn, and gives back what was reserved.
        """
        turn: Turn | None = None
        try:
            turn = await (self._swipes.proceed if goes_on else self._swipes.regenerate)(turn_id)
            return turn, await self._swipes.variants(turn_id) if turn else None
        except BaseException:  # cancelled, or the storage failed
            await asyncio.shield(self._floor.spending.waive(reserved))
            if turn is not None:
                with suppress(StorageError):
                    await asyncio.shield(self._swipes.revert(turn_id))
            raise


def _is_cause(turns: Sequence[Turn], persona: Persona) -> bool:
    """Return whether a persona has something to answer: not nothing, and not only its own words."""
    return bool(turns) and turns[-1].persona_key != persona.key and bool(content_of(turns[-1]).strip())
