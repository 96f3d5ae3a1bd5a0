"""The tries of one reply: the same prompt again after a failure that may pass, another after a refusal.

Law: one count of tries and one patience for all prompts of a reply. Nothing is tried again once something has
come. Time spent waiting at the gate counts for nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential, wait_random

from bot.core.completion import OWN_ROLES, TOKEN_LIMIT, ErrorKind, ModelError, Prompt, Question
from bot.core.endpoint.ladder import UNKNOWN_ERROR
from bot.llm.gate import Way

RETRIED = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.OVERLOADED,
        ErrorKind.UNREACHABLE,
        ErrorKind.TIMED_OUT,
        ErrorKind.CUT_SHORT,
    }
)
"""Failures by the server's state, which may pass. What is refused for the request, the key or the balance
is refused in good health: asking again brings the same, and leaving the model alone would hide why."""

TOKEN_PAUSE = 4.0
"""Seconds before a prompt is tried again that met the limit of tokens; ours, a fair part of the patience.

If it is the prompt that is too long, the limit is met again at once.
"""

LAST_CHANCE = 3.0
"""Seconds for a try that begins as patience runs out; ours: nobody is to wait 20 s for a dead model."""

T = TypeVar("T")
_BACKOFF = wait_exponential(multiplier=0.5, max=4) + wait_random(0, 0.3)
"""Seconds between tries: jittered, and yet each clearly longer than the one before."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How often one reply is tried for, and for how long.

    Attributes:
        retries: further tries of prompts that were tried before, in all.
        patience: seconds after which no further request begins.
        first_token: seconds in which the first words of a try must come.
        clock: seconds that never go backwards.
        sleep: waits between tries.
    """

    retries: int = 2
    patience: float = 15.0
    first_token: float = 18.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def longest(self) -> float:
        """Seconds in which a reply must have begun, over all its tries."""
        return max(self.first_token, self.patience + LAST_CHANCE)


@dataclass(slots=True)
class Tries:
    """One reply's tries; `asked` in turn until something comes."""

    policy: Policy
    way: Way
    began: float = field(init=False)
    retried: int = 0
    token_limits: int = 0

    def __post_init__(self) -> None:
        """Begin to count."""
        self.began = self.policy.clock()

    @property
    def left(self) -> float:
        """Seconds that a try which begins now has for its first words."""
        return min(self.policy.first_token, self.policy.longest - self._spent())

    async def asked(self, question: Question, ask: Callable[[Prompt], Awaitable[T]]) -> T:
        """Return what `ask` gets for the first prompt that is neither refused nor fails for good.

        Raises:
            ModelError: what the last prompt met.
        """
        while True:
            try:
                return await self._retrying(question.prompt)(ask, question.prompt)
            except ModelError as error:
                is_over = error.kind is ErrorKind.RESTING or self._spent() >= self.policy.patience
                if is_over or not await question.refused(self._meant(error)):
                    raise

    def _retrying(self, prompt: Prompt) -> AsyncRetrying:
        """A fresh one for each prompt: tenacity keeps a call's state on the object."""

        def is_over(state: RetryCallState) -> bool:
            error = _error_of(state)
            # One further try tells a passing fault from a form of prompt that this endpoint does not take.
            enough = state.attempt_number > 1 and may_be_the_form(error, prompt)
            enough = enough or self.retried >= self.policy.retries or self.token_limits > 1
            return enough or self._spent() + state.upcoming_sleep >= self.policy.patience

        return AsyncRetrying(
            sleep=self.policy.sleep,
            retry=retry_if_exception(_may_pass),
            after=self._note_failure,
            wait=_pause,
            stop=is_over,
            before_sleep=self._note_retry,
            reraise=True,
        )

    def _note_failure(self, state: RetryCallState) -> None:
        error = _error_of(state)
        self.token_limits += error is not None and error.code == TOKEN_LIMIT

    def _note_retry(self, _: RetryCallState) -> None:
        self.retried += 1

    def _meant(self, error: ModelError) -> ModelError:
        """Return what an error means for the prompt: a limit of tokens that is met again is its length."""
        if error.code != TOKEN_LIMIT or self.token_limits < 2:  # noqa: PLR2004 -- again
            return error
        return ModelError(ErrorKind.OVERFLOW, error.detail, code=error.code, status=error.status)

    def _spent(self) -> float:
        return self.policy.clock() - self.began - self.way.waited


def is_unwell(error: ModelError, prompt: Prompt) -> bool:
    """Tell whether a failed reply says that the model is unwell, rather than what was asked of it."""
    return error.kind in RETRIED and not may_be_the_form(error, prompt)


def may_be_the_form(error: ModelError | None, prompt: Prompt) -> bool:
    """Tell whether a fault may be M2-her's way to refuse her own roles: a plainer prompt will tell."""
    special = any(message.role in OWN_ROLES for message in prompt.messages)
    return error is not None and error.code == UNKNOWN_ERROR and special


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ModelError) and error.kind in RETRIED


def _error_of(state: RetryCallState) -> ModelError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, ModelError) else None


def _pause(state: RetryCallState) -> float:
    """Wait as long as the server asked, and a jittered, growing while longer."""
    error = _error_of(state)
    asked = error.retry_after if error else None
    if asked is None and error is not None and error.code == TOKEN_LIMIT:
        asked = TOKEN_PAUSE
    return (asked or 0.0) + _BACKOFF(state)
