"""Reply: one reply being written, stored as it grows. The seam between the story and a frontend.

    async with reply:                     # waits for the channel's floor, builds the prompt, asks the model
        async for text in reply.texts():  # the text so far, each time it has grown; already stored
            ...                           # show it
    reply.outcome                         # how it ended

Law: the model is read in a task of its own, so that a slow frontend never stalls the stream and a stop is
immediate. The turn exists before the first word, so that a crash leaves something that can be closed. Only
the reply changes itself: what it writes comes in with the `OpenedTurn`, what stops it through its methods.
`core.output.answer` decides what the text is and how it ended.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from math import isinf
from types import TracebackType
from typing import Final, Self

from bot.core.completion import ErrorKind, Finish, ModelError
from bot.core.output.answer import LEFT, Answer, End, Halt, Halted, Outcome, Phase, move, outcome_of
from bot.core.output.leaks import sieve_for
from bot.core.persona import Persona
from bot.core.posts.buttons import Action, TurnStatus
from bot.core.posts.pages import shows
from bot.core.scene import IncomingMessage
from bot.core.telemetry import Counted, telemetry
from bot.storage.costs import Spent
from bot.story.places.casting import ChannelCast
from bot.story.prompts.prompt_fallbacks import PromptFallbacks
from bot.story.replies.opened_turn import OpenedTurn, at_once
from bot.story.replies.post_record import PostRecord
from bot.story.replies.read_batching import ReadBatching, Rest, never
from bot.story.replies.reply_services import ReplyServices
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

_UNSEEN: Final = frozenset({Halt.NOT_SHOWN, Halt.PAGE_DELETED})
"""The halts after which no ending is shown."""

_WHY: Final = {
    ErrorKind.INPUT_REFUSED: Action.WHY_INPUT,
    ErrorKind.OUTPUT_REFUSED: Action.WHY_OUTPUT,
}
"""The button that tells why moderation let no reply through."""

OpenTurn = Callable[["Reply"], Awaitable[OpenedTurn | None]]
"""Begins the turn of a reply that has the floor; None if there is nothing to answer anymore."""


class Reply:
    """One reply of a persona, from waiting for the floor to its stored ending.

    Attributes:
        persona: the persona that speaks.
        triggers: the messages it answers, which asked for it, the newest last.
        cast: the persona and the settings of its place: when it was requested, then when it got the floor.
        phase: its state.
        halted: what has stopped it; None if nothing has.
        opened: what it writes; None before it has the floor, and if there was nothing to answer.
        record: the record of its turn's posts; None if there is no turn.
        outcome: how it ended; None before that.
    """

    def __init__(
        self,
        persona: Persona,
        trigger: IncomingMessage,
        cast: ChannelCast,
        *,
        floor: asyncio.Lock,
        open_turn: OpenTurn,
        services: ReplyServices,
    ) -> None:
        """Prepare a reply; nothing happens before it is entered."""
        self.persona = persona
        self.triggers: tuple[IncomingMessage, ...] = (trigger,)
        self.cast = cast
        self.phase = Phase.WAITING
        self.halted: Halted | None = None
        self.opened: OpenedTurn | None = None
        self.record: PostRecord | None = None
        self.outcome: Outcome | None = None
        self._floor = floor
        self._open_turn = open_turn
        self._services = services
        self._answer = Answer(partial(sieve_for, persona, ()))
        self._end: End = None
        self._batching = ReadBatching()
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Wait for the floor, then start the model."""
        try:
            await self._floor.acquire()
        except BaseException:
            self.stop()  # no further message joins it
            self._move(Phase.CLOSED)
            raise
        self._move(Phase.OPENING)
        try:
            await self._open()
        except BaseException:
            self._floor.release()
            self._move(Phase.CLOSED)
            raise
        return self

    async def _open(self) -> None:
        """Begin the turn and start reading the model; without anything to answer, close the reply."""
        opened = None if self.halted else await self._open_turn(self)
        if opened is not None and self.halted:  # while it was opened
            await self._drop(opened)
            opened = None
        if opened is None:
            return
        self.opened, self.persona, self.cast = opened, opened.persona, opened.cast
        services, begun = self._services, opened.begun
        self.record = PostRecord(services.history, opened.turn.id, opened.posts)
        prompt = opened.question.prompt
        sieve = partial(sieve_for, self.persona, prompt.speakers, begun, prompt.notes)
        most = prompt.sampling.max_completion_tokens
        changes = self.persona.substitutions
        self._answer = Answer(
            sieve,
            begun=begun,
            before=opened.before,
            most_tokens=most,
            substitutions=changes,
            is_aside=opened.question.is_aside,
        )
        self._move(Phase.WRITING)
        self._reader = asyncio.create_task(self._read(), name=f"reply {opened.turn.id}")
        # A task cancelled before its first step runs none of its code.
        self._reader.add_done_callback(lambda _: self._conclude())

    async def _drop(self, opened: OpenedTurn) -> None:
        """Undo the opening of a turn for which the model was not asked yet."""
        await self._services.spending.waive(opened.reserved)
        if opened.before is None:
            await self._services.history.drop(opened.turn.id)
        else:
            await self._services.swipes.revert(opened.turn.id)
            await self._services.swipes.shown(opened.turn.id)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store the ending, whatever happened, and release the floor."""
        try:
            await asyncio.shield(asyncio.ensure_future(self._leave()))
        finally:
            self._floor.release()

    async def _leave(self) -> None:
        try:
            await self._close()
        finally:
            if self.opened is not None:
                self.opened.reserved.release()
            if self.outcome is not None:
                telemetry.count(Counted.REPLIES, self.outcome.ending)
            if self.phase not in LEFT:
                self._move(Phase.UNSTORED if self.opened else Phase.CLOSED)

    async def texts(
        self, due: Callable[[], Awaitable[None]] = at_once, *, rest: Rest = never
    ) -> AsyncIterator[str]:
        """Yield the text so far each time it has grown, after storing it; end when the reply has ended.

        `due` returns when a text may be shown; the newest text at that moment is yielded. Until then, the
        model's stream may be left alone for the seconds that `rest` returns, each time.
        """
        if self.opened is None:
            return
        saved, settled = self.opened.begun, self.opened.settled
        self._batching.rest = rest
        while True:
            await self._changed.wait()
            await settled()
            await due()
            await settled()  # meanwhile somebody may have begun to type
            await self._batching.catch_up()
            self._changed.clear()
            text, outcome = self.text, self.outcome
            if text != saved or (outcome and outcome.restored):
                if not await self._save(self.opened.turn.id, text):
                    self.page_deleted()
                if self.is_page_deleted:
                    return
                saved = text
                if shows(text):
                    settled = at_once
                    yield text
            if outcome is not None and text == self.text:
                return

    async def _save(self, turn_id: int, text: str) -> bool:
        """Store a text before it is shown; return False if the turn is closed and takes no more."""
        if self.outcome is not None and self.outcome.restored:
            return await self._services.swipes.revert(turn_id) is not None
        return await self._services.history.save_text(turn_id, text if shows(text) else "")

    @property
    def trigger(self) -> IncomingMessage:
        """The newest message it answers."""
        return self.triggers[-1]

    @property
    def text(self) -> str:
        """The text so far that may be shown."""
        return self._answer.text if self.outcome is None else self.outcome.text

    @property
    def ended(self) -> bool:
        """Whether the model has finished."""
        return self.outcome is not None

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has stopped it, so that nothing more is posted."""
        return self.halted is not None and self.halted.halt is Halt.PRESSED

    @property
    def is_refused(self) -> bool:
        """Whether Discord has refused its words."""
        return self.halted is not None and self.halted.halt is Halt.REFUSED

    @property
    def is_page_deleted(self) -> bool:
        """Whether one of its posts was deleted while it was written, so that nothing more may be shown."""
        return self.halted is not None and self.halted.halt is Halt.PAGE_DELETED

    @property
    def status(self) -> TurnStatus:
        """The status of its turn, from which its buttons follow."""
        assert self.opened is not None
        was, outcome, bare = self.opened.was, self.outcome, self.trigger.place.is_personal
        refused = _WHY.get(outcome.error.kind) if outcome and outcome.error else None
        if outcome is not None and outcome.restored and was is not None:
            turn, text, count, ending = was.turn, was.turn.text, was.count, was.turn.ending
        else:
            turn, text, count = self.opened.turn, self.text, self.opened.count
            ending = outcome.ending if outcome else None
        return TurnStatus(ending, shows(text), turn.swipe, count, turn.editor, refused=refused, bare=bare)

    async def wait_ended(self, seconds: float) -> None:
        """Return when the reply has ended, or after `seconds`, whichever is first."""
        if self._reader is not None and seconds > 0:
            await asyncio.wait([self._reader], timeout=None if isinf(seconds) else seconds)

    async def wait_grown(self, seconds: float) -> None:
        """Return when the text has grown or the reply has ended, or after `seconds`."""
        if not self.ended:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    def join(self, message: IncomingMessage) -> None:
        """Answer this message too, which came while the reply waited for the floor."""
        self.triggers = (*self.triggers, message)

    def take_over(self, messages: Sequence[IncomingMessage]) -> None:
        """Answer these messages too, which came before those that it answers."""
        self.triggers = (*messages, *self.triggers)

    def leave_out(self, gone: Collection[int]) -> None:
        """Answer none of these messages, which are gone, as long as another one is left."""
        self.triggers = tuple(each for each in self.triggers if each.id not in gone) or self.triggers

    def stop(self) -> None:
        """Stop writing and posting at once; what people see stays, and what fits the existing posts."""
        self._halt(Halted(Halt.PRESSED))

    def page_deleted(self) -> None:
        """Stop, because one of its posts was deleted while it was written: its turn is closed already."""
        self._halt(Halted(Halt.PAGE_DELETED))
        self._changed.set()

    def not_shown(self, seen: str) -> None:
        """Stop, because no more of it can be shown. The story keeps `seen`, the text that people saw."""
        self._halt(Halted(Halt.NOT_SHOWN, seen))

    async def keep(self, seen: str, why: Halt) -> None:
        """End it with the part `seen` of its text, because people get to see no more of it; store that.

        Raises:
            StorageError: it is not stored.
        """
        assert self.opened is not None
        assert self._reader is not None
        self._halt(Halted(why, seen))
        await asyncio.wait([self._reader])
        self.outcome = self._decided()
        if not await self._save(self.opened.turn.id, self.text):
            self.page_deleted()
        self._changed.set()

    def _halt(self, halted: Halted) -> None:
        self.halted = self.halted.and_then(halted) if self.halted else halted
        if self._reader is not None and self.outcome is None:
            self._reader.cancel()

    def _move(self, to: Phase) -> None:
        self.phase = move(self.phase, to)

    async def _read(self) -> None:
        """Read the stream to its end, and note how it ended."""
        assert self.opened is not None
        end: End = None
        try:
            finish = await self._follow(self.opened.question)
            if self._answer.is_none_of_its_own and not self._answer.is_enough:
                await self._ask_again(self.opened)
                finish = await self._follow(self.opened.question)
            end = finish or ModelError(ErrorKind.CUT_SHORT)
        except asyncio.CancelledError:
            pass  # it was halted
        except ModelError as error:
            end = error
        except Exception:
            log.exception("the reply to message %s broke off", self.trigger.id)
            end = ModelError(ErrorKind.CUT_SHORT)
        self._end = end
        self._conclude()

    def _conclude(self) -> None:
        """Decide how the reply ended, once no more text comes; a second call does nothing."""
        if self.outcome is not None:
            return
        self._answer.let_through()
        self.outcome = outcome_of(self._answer.words, self._end)
        self._move(Phase.ENDED)
        self._changed.set()

    def _decided(self) -> Outcome:
        """Return how it ended, once no more text comes, with the part of it that people saw."""
        return outcome_of(self._answer.words, self._end, self.halted)

    async def _follow(self, question: PromptFallbacks) -> Finish | None:
        """Follow the answer to the first prompt, or to the one that replaces it after a refusal."""
        finish, answer, clock = None, self._answer, asyncio.get_running_loop().time
        services, opened = self._services, self.opened
        assert opened is not None
        model = await services.spending.keys.model_for(opened.reserved.charge) or services.model
        stream = model.stream(question, queue=self.trigger.place.queue)
        self._batching.begin()
        asked = clock()
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                came = clock()
                finish = delta.finish or finish
                if answer.take(delta, self._services.clock()):
                    self._changed.set()
                if answer.is_over:
                    return Finish.STOP  # the usage that would come last is not waited for
                if answer.is_enough:
                    return Finish.LENGTH
                if finish is None:
                    await self._batching.pause(asked, came)
                asked = clock()
        answer.let_through()
        return Finish.STOP if answer.is_over else finish

    async def _ask_again(self, opened: OpenedTurn) -> None:
        """Discard an answer without any text of the persona's, which was never shown; store its cost."""
        why = HOST.say(f"host.{self._answer.silence}")
        log.info(HOST.say("host.asked_again", channel=self.trigger.place.channel_id, reason=why))
        spent = self._spent(opened)
        opened.question.is_out, opened.question.lost = (
            False,
            0,
        )  # that is paid for, and it is yet to be sent again
        self._answer.start_again()
        if spent is not None:
            await asyncio.shield(
                self._services.history.costs.spend(opened.turn.id, replace(spent, begun=None))
            )  # a stop saves nothing

    async def _close(self) -> None:
        """Store how the reply ended, and what it shows about the endpoint."""
        if self._reader is not None and not self._reader.done():
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self.phase is Phase.WRITING:  # cancelled before its first step; its callback has not run yet
            self._conclude()
        opened = self.opened
        if opened is None or self.outcome is None:
            return
        spent, outcome = self._spent(opened), self._decided()
        self.outcome = outcome
        # What Discord refused has a notice in its place, and a part that was kept is what people see.
        unseen = self.halted is not None and self.halted.seen is not None and self.halted.halt in _UNSEEN
        text = "" if outcome.restored or not shows(outcome.text) else outcome.text
        services = self._services
        tokens = services.meter.counter.count(text)
        await services.history.finish(
            opened.turn.id, text=text, tokens=tokens, ending=outcome.ending, spent=spent
        )
        if spent is None:
            await services.spending.waive(opened.reserved)
        self._move(Phase.CLOSED)
        if outcome.restored and not unseen:
            await services.swipes.shown(opened.turn.id)  # else the next start shows it again
        if unseen and not text and opened.before is None:
            await services.history.drop(opened.turn.id)  # it was never shown
        await self._learn(opened.question)

    async def _learn(self, question: PromptFallbacks) -> None:
        """Note what the answer or the refusal shows: which prompts the endpoint takes, how it counts."""
        answer, now = self._answer, self._services.clock()
        await question.overflowed(now, answered=answer.heard)
        if answer.heard:
            await question.answered()
        await self._services.meter.learn(question.prompt, answer.came, answer.usage, now)

    def _spent(self, opened: OpenedTurn) -> Spent | None:
        """Return the cost of the reply, in place of what is reserved; None if there is none."""
        spent = self._services.spent(opened.question, self._answer)
        return None if spent is None else opened.reserved.pays(spent)
