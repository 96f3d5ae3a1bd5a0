"""The tries of one reply: the same prompt again after a temporary failure, another prompt after a refusal.

Law: all prompts of a reply share one number of tries and one patience. Nothing is tried again once something
has arrived. Time spent waiting at the gate isn't counted.
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
"""Temporary failures because of the server's state.

Refusals because of the request, the key or the balance come from a healthy server: another try has the same
result, and an open breaker would hide the reason.
"""

TOKEN_PAUSE = 4.0
"""Seconds before a prompt is tried again after the token limit; our own value, a fair part of the patience.

If the prompt itself is too long, it meets the limit again at once.
"""

LAST_CHANCE = 3.0
"""Seconds for a try that starts when patience is almost over; our own, so that nobody waits 20 s."""

T = TypeVar("T")
_BACKOFF = wait_exponential(multiplier=0.5, max=4) + wait_random(0, 0.3)
"""Seconds between tries: with jitter, but each clearly longer than the one before."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, for the first words, and then for each further piece."""

    connect: float = 5.0
    first_token: float = 18.0
    between_tokens: float = 20.0


DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits for the tries of one reply.

    Attributes:
        retries: maximum further tries of prompts in total, only while nothing was yielded.
        patience: seconds after which no further try and no other prompt starts, without the time spent
            waiting at the gate. A server that asks for a longer wait isn't asked again, and the error carries
            its `retry_after`.
        timeouts: the times of one try.
        clock: a monotonic clock in seconds.
        sleep: waits between tries.
    """

    retries: int = 2
    patience: float = 15.0
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def longest(self) -> float:
        """Seconds until the first words of a reply, over all its tries."""
        return max(self.timeouts.first_token, self.patience + LAST_CHANCE)


@dataclass(slots=True)
class Tries:
    """The tries of one reply; `asked` returns the first success."""

    policy: Policy
    way: Way
    began: float = field(init=False)
    retried: int = 0
    token_limits: int = 0

    def __post_init__(self) -> None:
        """Start the clock."""
        self.began = self.policy.clock()

    @property
    def left(self) -> float:
        """Seconds that a try that starts now has for its first words."""
        return min(self.policy.timeouts.first_token, self.policy.longest - self._spent())

    async def asked(self, question: Question, ask: Callable[[Prompt], Awaitable[T]]) -> T:
        """Return the result of `ask` for the first prompt that is neither refused nor fails for good.

        Raises:
            ModelError: the failure of the last prompt.
        """
        while True:
            try:
                return await self._retrying(question.prompt)(ask, question.prompt)
            except ModelError as error:
                is_over = error.kind is ErrorKind.RESTING or self._spent() >= self.policy.patience
                if is_over or not await question.refused(self._meant(error)):
                    raise

    def _retrying(self, prompt: Prompt) -> AsyncRetrying:
        """Return a new retrying object per prompt, because tenacity keeps a call's state in it."""

        def is_over(state: RetryCallState) -> bool:
            error = _error_of(state)
            # One more try distinguishes a temporary failure from a form of prompt that this endpoint refuses.
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
        """Return the error as it applies to the prompt: a repeated token limit means it is too long."""
        if error.code != TOKEN_LIMIT or self.token_limits < 2:  # noqa: PLR2004 -- again
            return error
        return ModelError(ErrorKind.OVERFLOW, error.detail, code=error.code, status=error.status)

    def _spent(self) -> float:
        return self.policy.clock() - self.began - self.way.waited


def is_unwell(error: ModelError, prompt: Prompt) -> bool:
    """Return whether a failure is the model's fault, and not the request's."""
    return error.kind in RETRIED and not may_be_the_form(error, prompt)


def may_be_the_form(error: ModelError | None, prompt: Prompt) -> bool:
    """Return whether an error may be a refusal of M2-her's own roles, which a simpler prompt would show."""
    special = any(message.role in OWN_ROLES for message in prompt.messages)
    return error is not None and error.code == UNKNOWN_ERROR and special


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ModelError) and error.kind in RETRIED


def _error_of(state: RetryCallState) -> ModelError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, ModelError) else None


def _pause(state: RetryCallState) -> float:
    """Return the seconds to wait: those the server asked for, plus a growing, jittered pause."""
    error = _error_of(state)
    asked = error.retry_after if error else None
    if asked is None and error is not None and error.code == TOKEN_LIMIT:
        asked = TOKEN_PAUSE
    return (asked or 0.0) + _BACKOFF(state)
