"""The writing of recaps: a model summarises what leaves the window, beside the replies.

Law: no reply waits for a recap. A scene has one request at a time, and what fails is tried again later; a
stop loses a request and no recap. The host's log tells of a failure once, players see it only in `/memory`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Final, Protocol

from bot.core.budgets.charges import Charge, Purpose
from bot.core.budgets.rule import Amount
from bot.core.completion import (
    ChatModel,
    Delta,
    ErrorKind,
    Finish,
    Message,
    ModelError,
    Prompt,
    Sampling,
    Usage,
)
from bot.core.endpoint.price import bill
from bot.core.memory import recap as rules_of_recap
from bot.core.memory.recap import (
    RecapError,
    RecapFault,
    RecapRules,
    asked,
    asked_shorter,
    first_piece,
    fits,
    is_lost,
    written,
)
from bot.core.memory.table import NO_RULES, TableRules
from bot.core.prompting.prompt import size_of
from bot.core.scene import START, Position, Scene, Turn
from bot.core.settings import Language
from bot.core.tokens import Counter
from bot.storage.costs import Spent
from bot.storage.errors import StorageError
from bot.storage.recaps import Backlog, Recap, Step
from bot.storage.stores import Stores
from bot.story.budgets.spending import Reservation, Spending
from bot.story.places.casting import Casting
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

QUIET: Final = 10.0
"""Seconds without a change under a recap, after which it is made again: one request for many edits."""

AT_ONCE: Final = 2
"""Requests for recaps at the same time, of all scenes: replies go before."""

KNOWN: Final = 10_000
"""Of how many scenes it is remembered how far their recaps reach."""

TRIES: Final = 2
"""How often a recap that is too long is asked for in fewer words."""

ASIDES: Final = 3
"""How often in a row a recap gives way to replies, where the model serves one at a time."""

TURNS: Final = 2000
"""The most turns that are read for one request; a piece has fewer."""

TEMPERATURE: Final = 0.3
"""Below a reply's: a recap is to be true, not new."""


REFUSED: Final = frozenset({ErrorKind.INPUT_REFUSED, ErrorKind.OUTPUT_REFUSED})
"""A moderation's refusals: the same turns are refused again."""


class _Busy(Protocol):
    """What is asked whether any reply is being written."""

    @property
    def busy(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class RecapState:
    """What becomes of a scene's recap: it is being made, or why it failed and when it is tried again."""

    making: bool = False
    failed: str | None = None
    again: datetime | None = None


IDLE: Final = RecapState()


class _Request:
    """One request, as a `Question` with one prompt."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self.is_out = False
        self.lost = 0

    async def refused(self, error: ModelError) -> bool:
        """No other prompt would help."""
        del error
        return False


@dataclass(slots=True)
class _Work:
    """What is to be done for one scene.

    `past` is the last turn that the provider refuses, `most` are the turns of the next request at most.
    """

    until: Position
    past: Position = START
    most: int = TURNS
    asked_for: bool = False
    restless: bool = False
    changes: int = 0
    failures: int = 0
    task: "asyncio.Task[None] | None" = None
    request: "asyncio.Task[str] | None" = None
    asides: int = 0
    state: RecapState = IDLE


class RecapWriter:
    """Makes the recaps of all scenes.

    Attributes:
        model: the model that is asked; the composition root sets another one than the replies'.
    """

    def __init__(
        self,
        model: ChatModel,
        stores: Stores,
        casting: Casting,
        counter: Counter,
        spending: Spending,
        clock: Callable[[], datetime],
    ) -> None:
        """Ask `model` by the rules in `casting.rules`, as far as `spending` allows.

        `clock` returns aware UTC times.
        """
        self.model = model
        self.floor: _Busy | None = None
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._spending = spending
        self._stores = stores
        self._casting = casting
        self._counter = counter
        self._clock = clock
        self._work: dict[int, _Work] = {}
        self._reached: dict[int, Position] = {}
        self._turnstile = asyncio.Semaphore(AT_ONCE)
        self._piece_share = 1.0
        self._told_host = False

    @property
    def rules(self) -> RecapRules | None:
        """How recaps are made; None where they are turned off."""
        return self._casting.rules.recap

    @property
    def most(self) -> int:
        """The most tokens of a recap."""
        rules = self.rules
        return rules.most(self._casting.rules.context_window) if rules else 0

    def state(self, scene_id: int) -> RecapState:
        """Return what becomes of a scene's recap."""
        work = self._work.get(scene_id)
        return work.state if work else IDLE

    def due(self, scene_id: int, until: Position, *, asked_for: bool = False) -> None:
        """Let the recap of a scene reach to a position, soon; `asked_for` by a person, whatever it costs."""
        if self.rules is None or (until <= self._reached.get(scene_id, START) and not asked_for):
            return
        work = self._work.get(scene_id)
        if work is None:
            work = self._work[scene_id] = _Work(until)
        work.until = max(work.until, until)
        work.asked_for = work.asked_for or asked_for
        if asked_for and work.task is not None and work.state.again is not None:
            work.task.cancel()  # it only waits for its next try
            work.task, work.failures, work.past = None, 0, START
        if work.task is None:
            work.task = asyncio.create_task(self._run(scene_id, work), name=f"recap {scene_id}")

    def overtaken(self, scene_id: int) -> None:
        """Make the recap of a scene again, some quiet seconds after its turns have changed."""
        self._reached.pop(scene_id, None)
        work = self._work.get(scene_id)
        if work is None and self.rules is not None:
            work = self._work[scene_id] = _Work(START)
        if work is None:
            return
        work.restless, work.past = True, START
        work.changes += 1
        if work.task is None:
            work.task = asyncio.create_task(self._run(scene_id, work), name=f"recap {scene_id}")

    def give_way(self) -> None:
        """Let a reply go before the requests that are out, where the model serves one at a time."""
        rules = self.rules
        if rules is None or not rules.gives_way:
            return
        for work in self._work.values():
            if work.request is not None and work.asides < ASIDES:
                work.asides += 1
                work.request.cancel()

    async def close(self) -> None:
        """Cancel all requests; what they would have written is made after the next start."""
        tasks = [work.task for work in self._work.values() if work.task is not None]
        self._work.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def is_paid_for(self, scene: Scene) -> bool:
        """Return whether there is anything left to spend on a recap of a scene."""
        return (await self._spending.verdict(await self._charge(scene))).refused is None

    async def _charge(self, scene: Scene) -> Charge:
        return await self._spending.charge(scene.place, None, Purpose.RECAP)

    async def backlog(self, scene: Scene, until: Position) -> Backlog:
        """Return how much of a scene before and at a position is in no recap."""
        base = await self._stores.recaps.newest(scene.id)
        return await self._stores.recaps.backlog(scene.id, base.reaches if base else START, until)

    async def _run(self, scene_id: int, work: _Work) -> None:
        """Work until nothing is left to do for a scene."""
        try:
            while await self._is_left(scene_id, work):
                work.state = RecapState(making=True)
                try:
                    await self._step(scene_id, work)
                except (ModelError, RecapError, StorageError) as error:
                    await self._wait_after(scene_id, work, error)
                else:
                    self._succeeded(work)
        except Exception:
            log.exception("the recap of scene %s broke off", scene_id)
        finally:
            if self._work.get(scene_id) is work and work.task is asyncio.current_task():
                del self._work[scene_id]

    async def _is_left(self, scene_id: int, work: _Work) -> bool:
        """Return whether the recap does not reach far enough yet, once the turns have come to rest."""
        was_restless = work.restless
        while work.restless:
            work.restless = False
            await self.sleep(QUIET)
        with suppress(StorageError):
            scene = await self._stores.scenes.get(scene_id)
            if scene is None or self.rules is None or await self._stores.recaps.is_paused(scene_id):
                return False
            if (await self._casting.settings(scene.place)).paused or not await self.is_paid_for(scene):
                return False  # the next prompt asks for it again
            if was_restless:
                work.until = max(work.until, Position(scene.window_start - 1))
            until, changes = work.until, work.changes
            base = await self._stores.recaps.newest(scene_id)
            after = max(base.reaches if base else START, work.past)
            left = bool(await self._stores.recaps.turns_after(scene_id, after, until, 1))
            if not left and base is not None and work.changes == changes:
                self._note(scene_id, until)
            return left
        return False

    def _note(self, scene_id: int, until: Position) -> None:
        """Remember how far a scene's recap reaches, so that not each prompt has to look."""
        self._reached[scene_id] = until
        while len(self._reached) > KNOWN:
            del self._reached[next(iter(self._reached))]

    async def _step(self, scene_id: int, work: _Work) -> None:
        """Make one recap: of the one before it and the next piece of turns.

        Raises:
            ModelError, RecapError, StorageError: it could not be made.
        """
        rules, store = self.rules, self._stores.recaps
        assert rules is not None
        base = await store.newest(scene_id)
        reaches = base.reaches if base else START
        after, most = max(reaches, work.past), rules_of_recap.UNASKED
        if not work.asked_for and (await store.backlog(scene_id, after, work.until)).tokens > most:
            after = await store.latest(scene_id, after, work.until, most)
        left_out = (await store.backlog(scene_id, reaches, after)).turns if after > reaches else 0
        turns = await store.turns_after(scene_id, after, work.until, work.most)
        room = max(1, int(rules.piece * self._piece_share))
        piece = turns[: first_piece(turns, room)]
        if not piece:
            return
        try:
            text = await self._text(scene_id, work, base, piece)
        except ModelError as error:
            if error.kind in REFUSED and len(piece) == 1:
                work.past = piece[0].position  # the recap goes on without it
            if error.kind not in {ErrorKind.OVERFLOW, *REFUSED} or len(piece) == 1:
                raise
            if error.kind is ErrorKind.OVERFLOW:
                self._piece_share /= 2  # the model reads less at once than the host has said
            work.most = len(piece) // 2  # one of these is refused, or they are too many
            return
        work.most = TURNS
        step = Step(base, piece, left_out, text, self._counter.count(text), self._clock())
        if await store.add(scene_id, step) is None:
            work.restless = True  # the turns have changed meanwhile

    async def _text(self, scene_id: int, work: _Work, base: Recap | None, turns: list[Turn]) -> str:
        """Return the recap of a recap and the turns after it, within the bound.

        Raises:
            ModelError: the model failed.
            RecapError: it wrote none, too much again and again, or next to nothing.
        """
        (language, table), before = await self._place(scene_id), base.text if base else ""
        text = await self._ask(scene_id, work, asked(before, turns, self.most, language, table))
        for _ in range(TRIES):
            if fits(text, self.most, self._counter):
                break
            text = await self._ask(scene_id, work, asked_shorter(text, self.most, language, table))
        if not fits(text, self.most, self._counter):
            raise RecapError(RecapFault.TOO_LONG)
        if is_lost(text, before, turns, self._counter):
            raise RecapError(RecapFault.LOST)
        return text

    async def _place(self, scene_id: int) -> tuple[Language, TableRules]:
        """Return the language and the rules of the place of a scene."""
        scene = await self._stores.scenes.get(scene_id)
        if scene is None:
            return Language.AUTO, NO_RULES
        settings = await self._casting.settings(scene.place)
        return settings.language, await self._casting.table_rules(scene.place)

    async def _ask(self, scene_id: int, work: _Work, messages: tuple[Message, ...]) -> str:
        """Return what the model writes, in a task that may be cancelled for a reply."""
        while True:
            while self._is_in_the_way:
                await self.sleep(1.0)
            async with self._turnstile:
                request = work.request = asyncio.create_task(self._answer(scene_id, messages))
                try:
                    return await request
                except asyncio.CancelledError:
                    if not request.cancelled() or _is_cancelled():
                        request.cancel()
                        await asyncio.wait([request])
                        raise
                finally:
                    work.request = None

    @property
    def _is_in_the_way(self) -> bool:
        """Whether a reply is written by a model that serves one at a time."""
        return bool(self.rules and self.rules.gives_way and self.floor and self.floor.busy)

    async def _answer(self, scene_id: int, messages: tuple[Message, ...]) -> str:
        """Send one request, store its cost, and return the answer's text."""
        rules = self.rules
        assert rules is not None
        sampling = Sampling(TEMPERATURE, 0.95, rules.answer(self.most))
        request = _Request(Prompt(messages, sampling, size_of(messages, self._counter)))
        reserved = await self._reserve(scene_id, request.prompt)
        heard, usage, finish = "", None, None
        try:
            queue = reserved.charge.guild_id or 0, -scene_id
            model = await self._spending.keys.model_for(reserved.charge) or self.model
            async with aclosing(model.stream(request, queue=queue)) as deltas:
                async for delta in deltas:
                    heard = _taken(heard, delta)
                    usage, finish = delta.usage or usage, delta.finish or finish
        finally:
            asked = [self._spent(request.prompt, "", None)] * request.lost
            if heard or usage is not None or request.is_out:
                asked.append(self._spent(request.prompt, heard, usage))
            if asked:
                spent = reserved.pays(reduce(Spent.__add__, asked))
                await asyncio.shield(self._stores.history.costs.spend_on_recap(scene_id, spent))
            else:
                await asyncio.shield(self._spending.waive(reserved))
            reserved.release()
        if finish is None:
            raise ModelError(ErrorKind.CUT_SHORT)
        text = written(heard)
        # What was cut at its limit is too long, however much of it is thoughts.
        return text if finish is Finish.STOP else _cut(text, self.most, self._counter)

    async def _reserve(self, scene_id: int, prompt: Prompt) -> Reservation:
        """Reserve what a request may cost.

        Raises:
            RecapError: a budget is used up, or the scene is gone.
        """
        scene = await self._stores.scenes.get(scene_id)
        if scene is None:
            raise RecapError(RecapFault.UNPAID)
        read, written = _guess(prompt), prompt.sampling.max_completion_tokens
        costs = self._spending.prices.microdollars(self.model.name, read, written) or 0
        most = Amount(read + written, costs)
        reserved = await self._spending.reserve(
            await self._charge(scene), most, self._spent(prompt, "", None)
        )
        if not isinstance(reserved, Reservation):
            raise RecapError(RecapFault.UNPAID)
        return reserved

    def _spent(self, prompt: Prompt, heard: str, usage: Usage | None) -> Spent:
        counted = bill(usage, _guess(prompt), self._counter.count(heard))
        parts = counted.prompt_tokens, counted.completion_tokens
        total = usage.total_tokens if usage and usage.total_tokens else sum(parts)
        name, prices = self.model.name, self._spending.prices
        costs = prices.microdollars(name, *parts)
        return Spent(Usage(*parts, total), name, self._clock(), counted.reported, costs)

    async def _wait_after(self, scene_id: int, work: _Work, error: Exception) -> None:
        """Note a failure, and wait until the next try."""
        work.failures += 1
        pause = rules_of_recap.pause_after(work.failures)
        if isinstance(error, ModelError) and error.retry_after is not None:
            pause = max(pause, timedelta(seconds=error.retry_after))
        reason = str(error.kind if isinstance(error, ModelError | StorageError) else error)
        work.state = RecapState(failed=reason, again=self._clock() + pause)
        if not self._told_host:
            self._told_host = True
            log.warning(HOST.say("host.no_recap", scene=scene_id, reason=reason, minutes=pause.seconds // 60))
        await self.sleep(pause.total_seconds())

    def _succeeded(self, work: _Work) -> None:
        if self._told_host:
            self._told_host = False
            log.info(HOST.say("host.recap_again"))
        work.failures = work.asides = 0


def _guess(prompt: Prompt) -> int:
    """Return about how many tokens a request has."""
    return prompt.size.text + 10 * prompt.size.messages


def _taken(heard: str, delta: Delta) -> str:
    return delta.whole if delta.whole is not None else heard + delta.text


def _cut(text: str, most: int, counter: Counter) -> str:
    """Return a text that ended at the answer's limit: it is asked for again unless it is within the bound."""
    if fits(text, most, counter):
        raise RecapError(RecapFault.TOO_LONG)  # it lacks its end, and nobody knows how much of it
    return text


def _is_cancelled() -> bool:
    """Return whether the task that waits is to end, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
