"""One answer of the model: its text so far, which part of it is the persona's, and how it ended.

Law: pure. Deltas, finishes, errors and halts go in; the text so far comes out, and at the end one `Outcome`,
decided by one function (`outcome_of`). Shown text is never taken back, except by moderation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from bot.core.asides import SHUT, as_aside
from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Silence, Usage
from bot.core.output.continuation import joined
from bot.core.output.leaks import Sieve
from bot.core.output.substitutions import Substituted
from bot.core.persona import Substitution
from bot.core.posts.pages import shows
from bot.core.scene import Ending

CHARACTERS_A_TOKEN: Final = 8
"""The most characters that an answer may have for each token it may have: a model may ignore its limit."""

LONGEST: Final = timedelta(minutes=5)
"""The longest time in which a model may write one answer."""


class Phase(Enum):
    """The states of a reply, from its request to its stored ending."""

    WAITING = "waiting"  # for the channel's floor
    OPENING = "opening"  # its turn begins, its prompt is built
    WRITING = "writing"  # the model writes
    ENDED = "ended"  # the model is done, the ending is not stored yet
    CLOSED = "closed"  # its ending is stored, or there was nothing to answer
    UNSTORED = "unstored"  # it has exited, and storing its ending failed


MOVES: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.WAITING: frozenset({Phase.OPENING, Phase.CLOSED}),
    Phase.OPENING: frozenset({Phase.WRITING, Phase.CLOSED}),
    Phase.WRITING: frozenset({Phase.ENDED, Phase.UNSTORED}),
    Phase.ENDED: frozenset({Phase.CLOSED, Phase.UNSTORED}),
    Phase.CLOSED: frozenset(),
    Phase.UNSTORED: frozenset(),
}
"""The legal moves of a reply; `docs/architecture.md` draws them."""

LEFT: Final = frozenset({Phase.CLOSED, Phase.UNSTORED})
"""The phases after which a reply is no longer written, shown or stored."""


def move(phase: Phase, to: Phase) -> Phase:
    """Return `to`.

    Raises:
        ValueError: `MOVES` has no move from `phase` to it.
    """
    if to not in MOVES[phase]:
        raise ValueError(f"a reply cannot go from {phase.value} to {to.value}")
    return to


class Halt(Enum):
    """The causes that stop a reply from outside, the weakest first."""

    ENOUGH = 1  # it has as many posts as a reply may have
    PRESSED = 2  # a person pressed Stop or paused the server, or the bot shuts down
    REFUSED = 3  # Discord refuses its words
    NOT_SHOWN = 4  # no more of it can be shown
    PAGE_DELETED = 5  # one of its posts was deleted: its turn is closed already


_ENDINGS: Final[Mapping[Halt, Ending]] = {Halt.ENOUGH: Ending.LENGTH, Halt.PRESSED: Ending.STOPPED}
"""The endings of replies that were shown in part; the others are cut short."""


@dataclass(frozen=True, slots=True)
class Halted:
    """A halt of a reply; `seen` is the text that people saw if not all of it could be shown."""

    halt: Halt
    seen: str | None = None

    def and_then(self, later: "Halted") -> "Halted":
        """Return the combination of two halts: the stronger cause, with the last known seen text."""
        seen = self.seen if later.seen is None else later.seen
        return Halted(max(self.halt, later.halt, key=lambda halt: halt.value), seen)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an answer at its end.

    Attributes:
        text: the text to show: the text that it continues, if any, and the new words.
        new: whether any of the new words is visible.
        before: the turn's text before this answer; None for a new turn.
        silence: why there are no new words, if there are none.
    """

    text: str
    new: bool = True
    before: str | None = None
    silence: Silence = Silence.EMPTY


End = Finish | ModelError | None
"""How reading an answer ended: with a finish, with an error, or by a halt (None)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reply ended.

    Attributes:
        ending: the ending of its turn.
        text: the text to show.
        error: the model's error, if it failed or broke off.
        restored: True if nothing came of it and `text` is the text before it.
    """

    ending: Ending
    text: str
    error: ModelError | None = None
    restored: bool = False


def outcome_of(words: Words, end: End, halted: Halted | None = None) -> Outcome:
    """Return how a reply ended.

    Args:
        words: the words of the answer.
        end: how reading it ended.
        halted: what stopped it, if anything did.
    """
    ending, error = _as_read(words, end)
    if ending is Ending.WITHDRAWN or not words.new:
        outcome = Outcome(ending, words.before or "", error, restored=words.before is not None)
    else:
        outcome = Outcome(ending, words.text, error)
    seen = halted.seen if halted else None
    if halted is None or seen is None or seen == outcome.text or outcome.ending is Ending.WITHDRAWN:
        return outcome
    restored = outcome.restored or seen == words.before  # people saw nothing else
    if halted.halt is Halt.REFUSED and not shows(seen):
        return replace(outcome, ending=Ending.FAILED, text=seen, restored=restored)
    ending = _ENDINGS.get(halted.halt, Ending.CUT_SHORT)
    return replace(outcome, ending=ending, text=seen, restored=restored)


def _as_read(words: Words, end: End) -> tuple[Ending, ModelError | None]:
    """Return the ending and the error as far as the model decides them."""
    if end is None:
        return Ending.STOPPED, None
    if isinstance(end, ModelError):
        if end.kind is ErrorKind.OUTPUT_REFUSED and words.new:
            return Ending.WITHDRAWN, end
        return Ending.CUT_SHORT if words.new else Ending.FAILED, end
    if not words.new:
        # A clean end without words is a failure for people who wait for an answer.
        return Ending.FAILED, ModelError(ErrorKind.CUT_SHORT, silence=words.silence)
    return Ending.LENGTH if end is Finish.LENGTH else Ending.DONE, None


class Answer:
    """An answer while it is received.

    Attributes:
        text: the text that may be shown so far, with the text that it continues.
        came: all text of the model, which is paid for.
        usage: the tokens that the API reported; None if it did not.
        heard: whether the model has written anything, in this or an earlier try.
        is_enough: whether the model has written as much, or for as long, as an answer may take.
    """

    def __init__(
        self,
        new_sieve: Callable[[], Sieve],
        *,
        begun: str = "",
        before: str | None = None,
        most_tokens: int | None = None,
        substitutions: Sequence[Substitution] = (),
        is_aside: bool = False,
    ) -> None:
        """Expect an answer that `new_sieve` cleans; it continues `begun`, and replaces `before`.

        `most_tokens` is what the model was told to write at most; None if it was told nothing.
        `substitutions` are what is replaced in what the sieve leaves; `is_aside` is whether it is out of
        character.
        """
        self._is_aside = is_aside
        self._most = None if most_tokens is None else most_tokens * CHARACTERS_A_TOKEN
        self._began: datetime | None = None
        self._new_sieve = new_sieve
        self._begun = begun
        self._before = before
        self._sieve = new_sieve()
        self._own = Substituted(substitutions, begun)
        self.text = begun
        self.came = ""
        self.usage: Usage | None = None
        self.heard = False
        self.is_enough = False

    def take(self, delta: Delta, at: datetime | None = None) -> bool:
        """Add the next delta; return whether there may be more to show.

        `at` is the time, if that counts. Of a text that is too long, the end is left out.
        """
        self.usage = delta.usage or self.usage
        self._began = self._began or at
        if at is not None and self._began is not None and at - self._began >= LONGEST:
            self.is_enough = True
        if delta.whole is not None:
            self.came, self._sieve = self._within(delta.whole), self._new_sieve()
            self._sieve.take(self.came)
            self._sieve.end()  # else the text that it holds back would be missing for a moment
            self._own.take(self._sieve.text, ended=True)
        elif delta.text:
            text = self._within(delta.text, len(self.came))
            self.came += text
            self._sieve.take(text)
            self._own.take(self._sieve.text)
        else:
            return False
        self.heard = self.heard or bool(self.came)
        self.text = self._shown(ended=False)
        return True

    def _shown(self, *, ended: bool) -> str:
        if not self._is_aside:
            return joined(self._begun, self._own.text)
        return as_aside(joined(self._begun.removesuffix(SHUT), self._own.text), ended=ended)

    def _within(self, text: str, length: int = 0) -> str:
        """Return what may be added of a text where there are `length` characters already."""
        if self._most is None or length + len(text) <= self._most:
            return text
        self.is_enough = True
        return text[: self._most - length]

    @property
    def is_over(self) -> bool:
        """Whether the persona's text is complete, because what follows is spoken for somebody else."""
        return self._sieve.cut

    def let_through(self) -> None:
        """Show the text that was held back and is the persona's, because nothing follows."""
        self._sieve.end()
        self._own.take(self._sieve.text, ended=True)
        self.text = self._shown(ended=True)

    @property
    def is_none_of_its_own(self) -> bool:
        """Whether the model wrote visible text, and none of it is the persona's."""
        return shows(self.came) and not shows(self._own.text)

    @property
    def silence(self) -> Silence:
        """Why there are no words of the persona's, if there are none."""
        if self.is_over:
            return Silence.SPOKEN_FOR_OTHERS
        return Silence.NO_WORDS if shows(self.came) else Silence.EMPTY

    def start_again(self) -> None:
        """Discard the answer, which was never shown, before the model is asked again."""
        self.came, self.usage, self._sieve = "", None, self._new_sieve()
        self._own.take("", ended=False)
        self.text = self._begun

    @property
    def words(self) -> Words:
        """The words of the answer so far."""
        text = self._shown(ended=True) if self._is_aside else self.text
        return Words(text, shows(self._own.text), self._before, self.silence)
