"""Reply: one reply being written, saved as it grows. The seam between the story and a frontend.

    async with reply:                     # waits for the channel's floor, builds the prompt, asks the model
        async for text in reply.texts():  # the text so far, each time it has grown; on disk already
            ...                           # show it
    reply.ending, reply.error             # how it went

Law: the model is read in a task of its own, so a slow frontend never stalls the stream and a
stop is immediate. What is yielded is the whole text so far: all that came meanwhile is the next edit.
A reply may revise a turn that exists: then nothing of that is lost if nothing comes of it.
Nobody sees or remembers what leaks from the model beside the persona's words (`core.leaks`); where nothing
else came, the model is asked once more.
The turn exists before the first word, so a crash leaves something that can be closed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from math import isinf
from types import TracebackType
from typing import Self

from bot.core.completion import ChatModel, Delta, ErrorKind, Finish, ModelError, Usage
from bot.core.output.continuation import joined
from bot.core.output.leaks import Sieve, sieve_for
from bot.core.persona import Persona
from bot.core.posts.buttons import Showing
from bot.core.posts.pages import shows
from bot.core.scene import Ending, IncomingMessage, Post, Slice, Turn
from bot.core.settings import Settings
from bot.endpoint.meter import Budget
from bot.storage.history import History, Spent
from bot.storage.swipes import Swipes, Variants
from bot.story.prompter import Asking
from bot.texts.sentences import say

log = logging.getLogger(__name__)

_ENDINGS = {Finish.STOP: Ending.DONE, Finish.LENGTH: Ending.LENGTH}


async def _at_once() -> None:
    """Hold nothing up."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a reply starts from once it has the floor.

    Attributes:
        turn: its turn in the story, as it is now.
        asking: how to ask the model for it.
        posts: what shows the turn already, if it is a turn that exists.
        was: the turn as it was; None for a new one. It is back if nothing comes.
        count: how many variants there are with the one to be written.
        goes_on: whether what comes is written after the text it had, and not in its place.
    """

    turn: Turn
    asking: Asking
    posts: tuple[Post, ...] = ()
    was: Variants | None = None
    count: int = 1
    goes_on: bool = False

    @property
    def before(self) -> str | None:
        """The text it had; None for a new turn."""
        return self.was.turn.text if self.was else None


class PostLog:
    """The record of which messages show a turn: planned before they are sent, noted once they are there."""

    def __init__(self, history: History, turn_id: int, posts: Sequence[Post] = (), shown: str = "") -> None:
        """Keep the record of one turn; `posts` are there already, and people see `shown`."""
        self._history = history
        self._turn_id = turn_id
        # Not as they were planned: a page is planned anew before it shows another text.
        self._planned: dict[int, Slice | None] = {post.page: None for post in posts}
        self._bearing: set[int] | None = None if posts else set()
        self.shown = shown
        """The text that people see: what the posts were last brought up to."""

    async def plan(self, slices: Sequence[Slice]) -> None:
        """Record which part of the text each page is about to show, before it is sent."""
        for planned in slices:
            if self._planned.get(planned.page) != planned:
                await self._history.plan_post(
                    self._turn_id,
                    planned.page,
                    planned.start,
                    planned.end,
                    planned.nonce,
                    hook_id=planned.hook_id,
                    heading=planned.heading,
                )
                self._planned[planned.page] = planned
        # A text that became shorter leaves pages that show nothing any more.
        end = slices[-1].end if slices else 0
        empty = [page for page in self._planned if page >= len(slices)]
        if empty:
            await self._history.set_slices(self._turn_id, [(page, end, end) for page in empty])
        for page in empty:
            del self._planned[page]

    async def note(self, page: int, message_id: int) -> None:
        """Record the message a page has become."""
        await self._history.posted(self._turn_id, page, message_id)

    async def bear(self, pages: Collection[int]) -> None:
        """Record which pages may bear buttons from now on."""
        if self._bearing != set(pages):
            await self._history.bear(self._turn_id, pages)
            self._bearing = set(pages)


class Reply:
    """One reply of a persona, from getting the floor to its ending.

    Attributes:
        persona: who speaks, as their file was when the floor was got: a reply in flight keeps it.
        trigger: the newest message it answers.
        settings: those of its place when it was asked for, and from the floor on those of that moment.
        ending: how it ended; None before.
        error: why, if the model failed.
        turn: its turn in the story; None before it has the floor, and where there was nothing to answer.
        log: which messages show that turn; None where there is none.
        posts: those that showed it before the reply began: it revises a turn that exists.
        restored: whether nothing came of a revision, and the text is what was there before.
    """

    def __init__(
        self,
        *,
        persona: Persona,
        trigger: IncomingMessage,
        settings: Settings,
        floor: asyncio.Lock,
        open_turn: Callable[["Reply"], Awaitable[Opening | None]],
        model: ChatModel,
        history: History,
        swipes: Swipes,
        budget: Budget,
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare a reply; nothing has happened yet."""
        self.persona = persona
        self.trigger = trigger
        self.settings = settings
        self.ending: Ending | None = None
        self.error: ModelError | None = None
        self.turn: Turn | None = None
        self.log: PostLog | None = None
        self.posts: tuple[Post, ...] = ()
        self.restored = False
        self._floor = floor
        self._open_turn = open_turn
        self._model = model
        self._history = history
        self._swipes = swipes
        self._budget = budget
        self._clock = clock
        self._was: Variants | None = None  # the turn before, if it is one that exists
        self._before: str | None = None  # what it said
        self._count = 1
        self._goes_on = ""  # what of that is gone on with
        self._text = ""  # that, and the persona's words as the sieve has let them through
        self._came = ""  # what the model has said, and what is paid for
        self._new_sieve: Callable[[], Sieve] = lambda: sieve_for(persona, ())
        self._sieve = self._new_sieve()
        self._asking: Asking | None = None
        self._answered = False
        self._usage: Usage | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stopped = False
        self._changed = asyncio.Event()
        self._frozen = False
        self._over = self._closed = False
        self._kept: str | None = None

    async def __aenter__(self) -> Self:
        """Wait for the floor, then start the model."""
        try:
            await self._floor.acquire()
        except BaseException:
            self._stopped = True
            raise
        try:
            opening = None if self._stopped else await self._open_turn(self)
            if opening is not None and self._stopped:
                await self._undo(opening)  # stopped meanwhile: the model is not asked
                opening = None
            if opening is None:
                self.ending = Ending.STOPPED
                return self
            self._begin(opening)
            self._asking = asking = opening.asking
            self._new_sieve = lambda: sieve_for(self.persona, asking.prompt.speakers, self._goes_on)
            self._sieve = self._new_sieve()
            self._reader = asyncio.create_task(self._read(asking), name=f"reply {opening.turn.id}")
            # A task cancelled before its first step runs none of its code.
            self._reader.add_done_callback(lambda _: self.ending or self._end(Ending.STOPPED))
        except BaseException:
            self._floor.release()
            raise
        return self

    def _begin(self, opening: Opening) -> None:
        self.turn, self.posts, self._before = opening.turn, opening.posts, opening.before
        self._was, self._count = opening.was, opening.count
        self._goes_on = self._text = (opening.before or "") if opening.goes_on else ""
        self.log = PostLog(self._history, opening.turn.id, opening.posts, opening.before or "")

    async def _undo(self, opening: Opening) -> None:
        if opening.before is None:
            await self._history.drop(opening.turn.id)
        else:
            await self._swipes.revert(opening.turn.id)
            await self._swipes.shown(opening.turn.id)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store the ending, whatever happened, and give the floor back."""
        try:
            await asyncio.shield(asyncio.ensure_future(self._close()))
        finally:
            self._over = True
            self._floor.release()

    async def texts(self, due: Callable[[], Awaitable[None]] = _at_once) -> AsyncIterator[str]:
        """Yield the text so far each time it has grown, saved first; end when the reply has ended.

        `due` returns when a text may be shown: what is yielded is the newest there is then.
        """
        if self.turn is None:
            return
        saved = self._goes_on
        while True:
            await self._changed.wait()
            await due()
            self._changed.clear()
            text, ended = self._text, self.ending is not None
            if text != saved or self.restored:
                if not await self._save(self.turn.id, text):
                    self.freeze()
                if self._frozen:
                    return
                saved = text
                if shows(text):
                    yield text
            if ended and text == self._text:
                return

    async def _save(self, turn_id: int, text: str) -> bool:
        """Store what is about to be shown; False if the turn is closed, and no more may come."""
        if self.restored:
            return await self._swipes.revert(turn_id) is not None
        return await self._history.save_text(turn_id, text if shows(text) else "")

    @property
    def text(self) -> str:
        """All that has come so far and may be shown."""
        return self._text

    @property
    def showing(self) -> Showing:
        """What there is to see of its turn, as far as buttons depend on it."""
        assert self.turn is not None
        if self.restored and self._was is not None:
            was = self._was.turn
            return Showing(was.ending, shows(was.text), was.swipe, self._was.count)
        return Showing(self.ending, shows(self._text), self.turn.swipe, self._count)

    @property
    def frozen(self) -> bool:
        """Whether a page of it was deleted while it was written: nothing more is to be shown."""
        return self._frozen

    @property
    def stopped(self) -> bool:
        """Whether somebody said stop, or whoever waited for it went away."""
        return self._stopped

    @property
    def ended(self) -> bool:
        """Whether the model is done with it."""
        return self.ending is not None

    @property
    def over(self) -> bool:
        """Whether it was left, be it that its ending could not be stored."""
        return self._over

    @property
    def closed(self) -> bool:
        """Whether its ending is stored."""
        return self._closed

    async def wait_ended(self, seconds: float) -> None:
        """Return when the reply has ended, or after `seconds`, whichever is first."""
        if self._reader is not None and seconds > 0:
            await asyncio.wait([self._reader], timeout=None if isinf(seconds) else seconds)

    def stop(self) -> None:
        """Stop writing at once; what has come stays."""
        self._stopped = True
        if self._reader is not None and self.ending is None:
            self._reader.cancel()

    def freeze(self) -> None:
        """A page of it was deleted while it was written: its turn is closed, nothing more is to be shown."""
        self._frozen = True
        self._changed.set()
        self.stop()

    def keep_only(self, text: str) -> None:
        """No more of it can be shown: stop, and remember what people saw of it, or nothing."""
        self._kept = text
        self.stop()

    async def _read(self, asking: Asking) -> None:
        """Follow the stream to its end, and say how it ended."""
        try:
            finish = await self._follow(asking)
            self._let_through()
            if not shows(self._sieve.text) and shows(self._came):
                await self._begin_anew(asking)
                finish = await self._follow(asking)
                self._let_through()
            if self._sieve.cut:
                finish = Finish.STOP  # the persona had said all it had to say
            self._end(_ENDINGS[finish] if finish else Ending.CUT_SHORT)
        except asyncio.CancelledError:
            self._let_through()
            self._end(Ending.STOPPED)
        except ModelError as error:
            self.error = error
            self._end(self._ending_of(error))
        except Exception:
            log.exception("the reply to message %s broke off", self.trigger.id)
            self.error = ModelError(ErrorKind.CUT_SHORT)
            self._end(self._ending_of(self.error))

    async def _begin_anew(self, asking: Asking) -> None:
        """Forget an answer that was none of the persona's: nobody saw a word of it, but it is paid for."""
        why = say("host.spoken_for_others" if self._sieve.cut else "host.no_words")
        log.info(say("host.asked_again", channel=self.trigger.place.channel_id, reason=why))
        spent = self._spent()
        asking.is_out = False  # it has been answered; stopping costs nothing until it goes out again
        self._came, self._usage, self._sieve = "", None, self._new_sieve()
        self._text = joined(self._goes_on, self._sieve.text)
        if self.turn is not None and spent is not None:
            await asyncio.shield(self._history.spend(self.turn.id, spent))  # a stop undoes no bill

    async def _follow(self, asking: Asking) -> Finish | None:
        """Follow the answer, to the first prompt or to the one that is asked instead where it is refused."""
        finish = None
        async with aclosing(self._model.stream(asking, place=self.trigger.place.channel_id)) as deltas:
            async for delta in deltas:
                finish = delta.finish or finish
                self._take(delta)
                if self._sieve.cut:
                    break  # what follows is somebody else's; the usage that would come last is let go
        return finish

    def _take(self, delta: Delta) -> None:
        self._answered = self._answered or bool(delta.text or delta.whole)
        if delta.whole is None:
            self._came += delta.text
            self._sieve.take(delta.text)
        else:
            self._came = delta.whole
            self._sieve = self._new_sieve()
            self._sieve.take(delta.whole)
            self._sieve.end()  # or what it holds back would be gone for a moment
        self._text = joined(self._goes_on, self._sieve.text)
        self._usage = delta.usage or self._usage
        if delta.text or delta.whole is not None:
            self._changed.set()

    def _let_through(self) -> None:
        """Nothing more comes: show what the sieve has held back and turns out to be the persona's."""
        self._sieve.end()
        self._text = joined(self._goes_on, self._sieve.text)

    def _ending_of(self, error: ModelError) -> Ending:
        self._let_through()
        if error.kind is ErrorKind.OUTPUT_REFUSED:
            return Ending.WITHDRAWN if shows(self._sieve.text) else Ending.FAILED
        return Ending.CUT_SHORT if shows(self._sieve.text) else Ending.FAILED

    def _end(self, ending: Ending) -> None:
        if ending is Ending.WITHDRAWN:
            self._text = ""
        elif not shows(self._sieve.text) and ending in (Ending.DONE, Ending.LENGTH, Ending.CUT_SHORT):
            # An empty answer with a clean end is a failure for whoever waits for words.
            why = say("host.spoken_for_others" if self._sieve.cut else "host.empty_reply")
            self.error = self.error or ModelError(ErrorKind.CUT_SHORT, why)
            ending = Ending.FAILED
        if self._before is not None and (ending is Ending.WITHDRAWN or not shows(self._sieve.text)):
            self._text, self.restored = self._before, True
        self.ending = ending
        self._changed.set()

    async def _close(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self.turn is None or self.ending is None:
            return
        spent = self._spent()
        text, ending = self._text, self.ending
        if self._kept is not None and self._kept != text and ending is not Ending.WITHDRAWN:
            text, ending = self._text, self.ending = self._kept, Ending.CUT_SHORT
            self.restored = self.restored or text == self._before  # people saw nothing else
        text = text if shows(text) and not self.restored else ""
        tokens = self._budget.counter.count(text)
        await self._history.finish(self.turn.id, text=text, tokens=tokens, ending=ending, spent=spent)
        self._closed = True
        if self.restored and self._kept is None:
            await self._swipes.shown(self.turn.id)  # else it is shown anew at the next start
        if self._kept is not None and not shows(text) and self._before is None:
            await self._history.drop(self.turn.id)  # nobody saw a word of it
        await self._learn()

    async def _learn(self) -> None:
        """Note what the answer, or a refusal, tells of the endpoint: what it takes, and how it counts."""
        if self._asking is None:
            return
        await self._asking.overflowed(self._clock(), answered=self._answered)
        if self._answered:
            await self._asking.answered()
        await self._budget.learn(self._asking.prompt, self._came, self._usage, self._clock())

    def _spent(self) -> Spent | None:
        """Return what it cost, if anything: a refusal is free, an answer that was broken off is not."""
        asking = self._asking
        if asking is None:
            return None
        was_left = self.ending is Ending.STOPPED and asking.is_out
        if not (self._came or self._usage is not None or was_left):
            return None
        return self._budget.spent(asking.prompt, self._came, self._usage, self._clock())
