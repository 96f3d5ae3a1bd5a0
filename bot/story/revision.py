"""Revision: the use cases of turns that exist (another variant, more of one, an edit, a removal).

Law: what people see is what the story remembers. A revision keeps the previous state until people see the new
one; whatever cannot be done is returned as a `Refusal`, and changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from weakref import WeakKeyDictionary, WeakValueDictionary

from bot.core.budgets.charges import Charge, Purpose
from bot.core.budgets.rule import Refused
from bot.core.names import clean_name
from bot.core.notes import content_of
from bot.core.persona import Persona
from bot.core.posts.buttons import TurnStatus
from bot.core.posts.pages import shows
from bot.core.pressing import LATELY, PressFacts, Verdict, verdict_on
from bot.core.routing import Denial, NoReply, refusal_of_command, unpaid
from bot.core.safe_text import defuse
from bot.core.scene import END, START, Ending, IncomingMessage, Participant, Place, Post, Scene, Turn
from bot.core.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.removals import NOBODY, Removal, Removed
from bot.storage.steering import Steer, SteeringKind
from bot.storage.stores import Stores
from bot.storage.swipes import Variants
from bot.story.casting import Casting, ChannelCast, language_of
from bot.story.elsewhere import Stop
from bot.story.floor import Floor
from bot.story.post_record import PostRecord
from bot.story.prompter import Prompter, PromptSpec
from bot.story.reply import OpenedTurn, Reply


class RefusalReason(StrEnum):
    """Why a turn is not revised."""

    GONE = "gone"  # the turn, its scene or the removal is deleted, or it cannot be revised
    ELSEWHERE = "elsewhere"  # it belongs to another channel
    REMOVED = "removed"  # it is out of the story, and must be put back first
    WRITING = "writing"  # it is being written
    PAUSED = "paused"
    LIMITED = "limited"  # its person has asked for as many replies as a minute allows
    SPENT_PERSON = "spent_person"  # a budget is used up
    SPENT_CHANNEL = "spent_channel"
    SPENT_SERVER = "spent_server"
    SPENT_BOT = "spent_bot"
    TOO_SMALL = "too_small"  # a limit is less than a reply costs
    QUIET = "quiet"  # it is the time of day in which nobody is answered
    PERSONA_MISSING = "persona_missing"  # the persona's file is gone
    AGE_RESTRICTED = "age_restricted"  # the persona is for age-restricted channels, and this is none
    SPOKEN = "spoken"  # a person said it as the persona: no model can write it again
    NOTHING_BEFORE = "nothing_before"  # there is nothing that it answers
    NO_SUCH_SWIPE = "no_such_swipe"
    EMPTY = "empty"  # the text has no visible character
    FOLLOWED = "followed"  # something was said since the exchange was undone
    UNDONE_SINCE = "undone_since"  # the exchange before it was undone since, and must come back first


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was changed.

    `about` is the persona's key or name that it concerns, the seconds to wait, or when there is more to
    spend, in seconds since 1970.
    """

    reason: RefusalReason
    about: str = ""


def status_of(turn: Turn, place: Place, count: int) -> TurnStatus:
    """Return the status of a persona's turn that has so many variants."""
    told, bare = shows(turn.text), place.is_personal
    return TurnStatus(turn.ending, told, turn.swipe, count, turn.editor, turn.spoken_by, bare=bare)


@dataclass(frozen=True, slots=True)
class TurnState:
    """A persona's turn as it is now, and what can be done with it.

    Attributes:
        turn: the turn with the variant on screen: its ending is `turn.ending`, its number `turn.swipe`.
        place: the place of its scene.
        posts: the posts that show it, in the order of its pages.
        count: the number of variants; `turn.swipe` goes from 1 to this.
        newest: whether it is its persona's newest turn, and its scene is the running one.
        followed: whether any turn of the story comes after it.
        writing: whether it is being written, or will be once the channel's floor is free.
    """

    turn: Turn
    place: Place
    posts: tuple[Post, ...]
    count: int
    newest: bool
    followed: bool
    writing: bool

    @property
    def status(self) -> TurnStatus:
        """The status of the turn, from which its buttons follow."""
        return status_of(self.turn, self.place, self.count)

    @property
    def removed(self) -> bool:
        """Whether the turn is out of the story."""
        return self.turn.removal_id is not None


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A turn whose posts have to be brought up to its text.

    The frontend that does so reports the result: `Revision.settle` if people see it, else `Revision.revert`.

    Attributes:
        turn: the turn as it is now.
        place: the place of its posts.
        posts: the posts, which show the turn as it was before.
        record: the record of its posts.
        count: the number of variants.
    """

    turn: Turn
    place: Place
    posts: tuple[Post, ...]
    record: PostRecord
    count: int

    @property
    def status(self) -> TurnStatus:
        """The status of the turn, from which its buttons follow."""
        return status_of(self.turn, self.place, self.count)


@dataclass(frozen=True, slots=True)
class _Found:
    variants: Variants
    scene: Scene


class Revision:
    """The use cases of turns that exist. One instance serves all channels."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        prompter: Prompter,
        stores: Stores,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._prompter = prompter
        self._history = stores.history
        self._swipes = stores.swipes
        self._removals = stores.removals
        self._scenes = stores.scenes
        self._steering = stores.steering
        self._preferences = stores.preferences
        self._clock = clock
        self._asked: WeakValueDictionary[int, Reply] = WeakValueDictionary()
        floor.elsewhere.hear(Stop.TURN, self._stop)
        self._unopened: WeakKeyDictionary[Reply, Refusal] = WeakKeyDictionary()

    # -- look-ups -------------------------------------------------------------------------------

    async def state(self, turn_id: int) -> TurnState | None:
        """Return a persona's turn as it is now; None if it is gone or a person's."""
        found = await self._find(turn_id)
        if found is None:
            return None
        variants = found.variants
        return TurnState(
            turn=variants.turn,
            place=found.scene.place,
            posts=variants.posts,
            count=variants.count,
            newest=variants.newest,
            followed=variants.followed,
            writing=variants.turn.ending is None or self._waits(turn_id),
        )

    async def following(self, turn_id: int) -> int:
        """Return the number of turns after one in its scene."""
        turn = await self._history.turn(turn_id)
        return await self._history.count_after(turn.scene_id, turn.position) if turn else 0

    async def removal(self, removal_id: int) -> Removal | None:
        """Return a removal; None if it does not exist, or its scene is gone."""
        return await self._removals.get(removal_id)

    async def turn_of(self, message_id: int) -> Turn | None:
        """Return the turn of a message: a person's, or the one that a post shows; None if there is none."""
        return await self._history.turn_of(message_id)

    def post_record(self, state: TurnState) -> PostRecord:
        """Return the record of a turn's posts, for a frontend that shows the turn again as it is."""
        return PostRecord(self._history, state.turn.id, state.posts)

    async def old_buttons(self, channel_id: int, turn_id: int) -> list[Post]:
        """Return the posts that may still have buttons although a newer turn has them now."""
        return await self._history.old_buttons(channel_id, turn_id)

    async def clear_buttons(self, message_id: int) -> None:
        """Note that a post has no buttons anymore."""
        await self._history.clear_buttons(message_id)

    async def why_unopened(self, reply: Reply, turn_id: int, place: Place) -> Refusal | None:
        """Return why a reply that was to revise a turn has not begun; None if somebody stopped it."""
        if (why := self._unopened.get(reply)) is not None:
            return why
        found = self._may_speak(await self._check(turn_id, place), place, await self._casting.settings(place))
        return found if isinstance(found, Refusal) else None

    async def may_press(self, state: TurnState, user_id: int, *, moderator: bool) -> Verdict:
        """Return when a person may press a button that changes a turn for everybody.

        `moderator` is whether they moderate its channel.
        """
        turn = state.turn
        scene = await self._scenes.get(turn.scene_id)
        lately = await self._history.recent(turn.scene_id, START, END, LATELY)
        last_word = await self._history.costs.last_word(turn.id) or turn.created_at
        return verdict_on(
            PressFacts(
                user_id=user_id,
                moderator=moderator,
                rights=(await self._casting.settings(state.place)).story_rights,
                starter_id=scene.starter_id if scene else None,
                askers=await self.askers(turn),
                lately=frozenset(each.user_id for each in lately if each.user_id is not None),
                last_word=None if state.writing else last_word,
                now=self._clock(),
            )
        )

    async def askers(self, turn: Turn) -> frozenset[int]:
        """Return who asked for a turn or had it written again; after a restart, who spoke last before it."""
        known = self._floor.askers(turn.id)
        return await self._before(turn) if known is None else known

    async def answers(self, turn: Turn, user_id: int) -> bool:
        """Return whether a turn answers a person, even if others had it written again."""
        known = self._floor.addressees(turn.id)
        return user_id in (await self._before(turn) if known is None else known)

    async def _before(self, turn: Turn) -> frozenset[int]:
        before = await self._history.recent(turn.scene_id, START, turn.position, LATELY)
        people = [each.user_id for each in before if each.user_id is not None]
        return frozenset(people[-1:])

    def why_hidden(self, turns: Iterable[Turn], place: Place) -> Refusal | None:
        """Return why no text of turns, stored or new, is shown in a place; None if it may be."""
        hidden = self._casting.why_hidden(place, (turn.persona_key for turn in turns))
        return Refusal(RefusalReason.AGE_RESTRICTED, hidden.about) if hidden else None

    # -- text by the model ----------------------------------------------------------------------

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

    def is_at_work(self, turn_id: int) -> bool:
        """Return whether a reply writes a turn, or waits for the floor to do so."""
        return self._floor.writing(turn_id) is not None or self._waits(turn_id)

    def stop(self, turn_id: int) -> bool:
        """Stop the reply that is being written or waits; return False if there is none in this process."""
        is_here = self._stop(turn_id)
        if not is_here:
            self._floor.elsewhere.tell(Stop.TURN, turn_id)
        return is_here

    def _stop(self, turn_id: int) -> bool:
        found = [reply for reply in (self._floor.writing(turn_id), self._asked.get(turn_id)) if reply]
        for reply in found:
            reply.stop()
        return bool(found)

    async def close_left(self, turn_id: int) -> TurnState | None:
        """Close a turn whose ending could not be stored, as when the disk was full; return its state.

        None if a reply is still at work on it, or if it is gone.
        """
        state = await self.state(turn_id)
        if state is None or not state.writing or not self._floor.left(turn_id):
            return None
        turn = state.turn
        await self._history.close_left(turn_id, self._floor.cost(turn.text), Ending.CUT_SHORT)
        state = await self.state(turn_id)
        return None if state is None or state.writing else state

    # -- text that exists -----------------------------------------------------------------------

    async def swipe(self, turn_id: int, step: int, place: Place) -> PendingChange | Refusal:
        """Show the variant before (-1) or after (1); past the last the reason is NO_SUCH_SWIPE."""

        async def choose(variants: Variants) -> Turn | None:
            return await self._swipes.choose(turn_id, variants.turn.swipe + step)

        return await self._change(turn_id, place, choose, RefusalReason.NO_SUCH_SWIPE)

    async def rewrite(
        self, turn_id: int, text: str, place: Place, editor: Participant
    ) -> PendingChange | Refusal:
        """Replace a turn's text by `editor`'s; the previous text is deleted once the change is settled."""
        text = defuse(text)
        named = replace(editor, name=clean_name(editor.name, f"Member {editor.id % 10_000:04}"))

        async def put(_variants: Variants) -> Turn | None:
            return await self._swipes.rewrite(turn_id, text, self._floor.cost(text), named)

        if not shows(text):
            return Refusal(RefusalReason.EMPTY)
        return await self._change(turn_id, place, put, RefusalReason.GONE)

    async def settle(self, change: PendingChange) -> None:
        """Note that people see a change."""
        await self._swipes.settle(change.turn)

    async def revert(self, change: PendingChange) -> Turn | None:
        """Restore the state before a change that could not be shown; None if the turn is gone.

        The next start shows the restored state again, unless it is settled before.
        """
        async with self._floor.ears(change.place.channel_id):
            now = await self._history.turn(change.turn.id)
            # The turn may have been changed again meanwhile: then that change decides.
            if now != change.turn:
                return now
            return await self._swipes.revert(change.turn.id)

    # -- out of the story, and back -------------------------------------------------------------

    async def remove(self, turn_id: int, by_user: int, place: Place) -> Removal | Refusal:
        """Take a turn, a person's or a persona's, out of the story; if it is out, return its removal."""
        return await self._remove(turn_id, Removed.TURN, by_user, place)

    async def cover(self, turn_id: int, place: Place, told: str) -> Removal | Refusal:
        """Take a persona's turn out of the story and name nobody; the next reply is `told` why."""
        return await self._remove(turn_id, Removed.COVERED, NOBODY, place, told)

    async def remove_after(self, turn_id: int, by_user: int, place: Place) -> Removal | Refusal | None:
        """Take all turns after one out of the story; None if there are none."""
        found = await self._remove(turn_id, Removed.AFTER, by_user, place)
        return None if isinstance(found, Refusal) and found.reason is RefusalReason.REMOVED else found

    async def put_back(self, removal_id: int, place: Place) -> list[Turn] | Refusal:
        """Put back the turns of a removal, and return them in their order; the second time there are none."""
        removal = await self._removals.get(removal_id)
        scene = await self._scenes.get(removal.scene_id) if removal else None
        if scene is None:
            return Refusal(RefusalReason.GONE)
        if scene.place.key != place.key:
            return Refusal(RefusalReason.ELSEWHERE)
        async with self._floor.ears(place.channel_id):
            return await self._removals.put_back(removal_id)

    # -- steps ----------------------------------------------------------------------------------

    def _waits(self, turn_id: int) -> bool:
        """Return whether a reply that is to revise a turn waits for the floor."""
        waiting = self._asked.get(turn_id)
        return waiting is not None and waiting.halted is None

    async def _find(self, turn_id: int) -> _Found | None:
        variants = await self._swipes.variants(turn_id)
        scene = await self._scenes.get(variants.turn.scene_id) if variants else None
        return _Found(variants, scene) if variants and scene else None

    async def _check(self, turn_id: int, place: Place) -> _Found | Refusal:
        """Return the turn if it can be revised from this place."""
        found = await self._find(turn_id)
        if found is None:
            return Refusal(RefusalReason.GONE)
        turn = found.variants.turn
        if found.scene.place.key != place.key:
            return Refusal(RefusalReason.ELSEWHERE)
        if turn.removal_id is not None:
            return Refusal(RefusalReason.REMOVED)
        return Refusal(RefusalReason.WRITING) if turn.ending is None else found

    def _may_speak(self, found: _Found | Refusal, place: Place, settings: Settings) -> Persona | Refusal:
        """Return the persona of the turn if it may speak in its place."""
        if isinstance(found, Refusal):
            return found
        persona = self._casting.persona(place, found.variants.turn.persona_key or "")
        missing = persona if isinstance(persona, NoReply) else None
        refusal = refusal_of_command(paused=settings.paused, missing=missing)
        if refusal is not None:
            return _refusal(refusal)
        assert isinstance(persona, Persona)
        return persona

    async def _revise(
        self, turn_id: int, trigger: IncomingMessage, *, goes_on: bool
    ) -> Reply | Refusal | None:
        async def open_turn(reply: Reply) -> OpenedTurn | None:
            async with self._floor.ears(trigger.place.channel_id):
                self._asked.pop(turn_id, None)
                # While it waited, the turn may have gone, or its persona's file may have been saved.
                now = await self._check(turn_id, trigger.place)
                cast = await self._casting.lookup(trigger.place)
                speaker = self._may_speak(now, trigger.place, cast.settings)
                if isinstance(speaker, Refusal):
                    self._floor.give_back(reply)
                    self._unopened[reply] = speaker
                    return None
                assert not isinstance(now, Refusal)  # else there is no speaker
                askers = await self.askers(now.variants.turn)
                whole = await self._floor.is_wanted_whole(askers | {trigger.author.id})
                opened = await self._open(now, speaker, cast, trigger, goes_on=goes_on)
                if isinstance(opened, Refusal):
                    self._floor.give_back(reply)
                    self._unopened[reply] = opened
                    return None
                self._floor.begun(turn_id, reply, askers)
                return replace(opened, whole=whole)

        async with self._floor.ears(trigger.place.channel_id):
            if self._waits(turn_id):
                return None
            found = await self._check(turn_id, trigger.place)
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
                return _refusal(denied)
            reply = self._asked[turn_id] = self._floor.reply(persona, trigger, cast, open_turn)
            return reply

    async def _unpaid(self, found: _Found, trigger: IncomingMessage, *, goes_on: bool) -> Denial | None:
        charge = await self._charge(found, trigger, goes_on=goes_on)
        spent = (await self._floor.spending.verdict(charge)).refused
        return None if spent is None else unpaid(spent)

    async def _charge(self, found: _Found, trigger: IncomingMessage, *, goes_on: bool) -> Charge:
        """Return who is charged for a revision: the person who asked for it."""
        purpose = Purpose.CONTINUE if goes_on and found.variants.turn.text else Purpose.AGAIN
        return await self._floor.spending.charge(found.scene.place, trigger.author.id, purpose)

    async def _open(
        self, found: _Found, persona: Persona, cast: ChannelCast, trigger: IncomingMessage, *, goes_on: bool
    ) -> OpenedTurn | Refusal:
        before = found.variants.turn
        goes_on = goes_on and bool(before.text)
        charge = await self._charge(found, trigger, goes_on=goes_on)
        verdict = await self._floor.spending.verdict(charge)
        spent = None if verdict.refused is None else unpaid(verdict.refused)
        denial = self._floor.pacing.quiet(cast.settings) or spent  # it may be quiet since it was pressed
        if denial is not None:
            return _refusal(denial.no_reply)
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
            return _refusal(unpaid(reserved).no_reply)
        begin = self._swipes.proceed if goes_on else self._swipes.regenerate
        turn: Turn | None = None
        try:
            turn = await begin(before.id)
            now = await self._swipes.variants(before.id) if turn else None
        except BaseException:  # cancelled, or the storage failed: restore it
            await asyncio.shield(self._floor.spending.waive(reserved))
            if turn is not None:
                with suppress(StorageError):
                    await asyncio.shield(self._swipes.revert(before.id))
            raise
        if turn is None or now is None:
            await self._floor.spending.waive(reserved)
            return Refusal(RefusalReason.NOTHING_BEFORE)
        return OpenedTurn(
            turn, persona, cast, question, reserved, now.posts, found.variants, now.count, goes_on
        )

    async def _change(
        self,
        turn_id: int,
        place: Place,
        make: Callable[[Variants], Awaitable[Turn | None]],
        otherwise: RefusalReason,
    ) -> PendingChange | Refusal:
        async with self._floor.ears(place.channel_id):
            found = await self._check(turn_id, place)
            if isinstance(found, Refusal):
                return found
            if hidden := self.why_hidden([found.variants.turn], place):
                return hidden
            turn = await make(found.variants)
            now = await self._swipes.variants(turn_id) if turn else None
            if turn is None or now is None:
                return Refusal(otherwise)
            record = PostRecord(self._history, turn_id, now.posts)
            return PendingChange(turn, place, now.posts, record, now.count)

    async def _remove(
        self, turn_id: int, kind: Removed, by_user: int, place: Place, told: str = ""
    ) -> Removal | Refusal:
        async with self._floor.ears(place.channel_id):
            turn = await self._history.turn(turn_id)
            scene = await self._scenes.get(turn.scene_id) if turn else None
            if turn is None or scene is None:
                return Refusal(RefusalReason.GONE)
            if scene.place.key != place.key:
                return Refusal(RefusalReason.ELSEWHERE)
            at = self._clock()
            steer = Steer(SteeringKind.STEP_BACK, told, self._floor.cost(told), at) if told else None
            if await self._preferences.opted_out([by_user]):
                by_user = NOBODY
            removal = await self._removals.remove(turn_id, kind, by_user, at, steer)
            if removal is not None:
                for out in removal.turns:
                    self.stop(out.id)
                return removal
            already = await self._removals.get(turn.removal_id) if turn.removal_id else None
            return already or Refusal(RefusalReason.REMOVED)


def _refusal(why: NoReply) -> Refusal:
    return Refusal(RefusalReason(why.reason.value), why.about)


def _is_cause(turns: Sequence[Turn], persona: Persona) -> bool:
    """Return whether a persona has something to answer: not nothing, and not only its own words."""
    return bool(turns) and turns[-1].persona_key != persona.key and bool(content_of(turns[-1]).strip())
