"""One answer of the model: what has come of it, what of that is the persona's, and how it ended.

Law: pure. Deltas, finishes, errors and halts go in; the text so far comes out, and at the end one `Outcome`,
decided by one function (`decide`). Shown words are never taken back, except by moderation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Silence, Usage
from bot.core.output.continuation import joined
from bot.core.output.leaks import Sieve
from bot.core.posts.pages import shows
from bot.core.scene import Ending


class Phase(Enum):
    """Where a reply is between being asked for and being stored."""

    WAITING = "waiting"  # for the channel's floor
    OPENING = "opening"  # its turn begins, its prompt is built
    WRITING = "writing"  # the model writes
    ENDED = "ended"  # the model is done, the ending is not stored yet
    CLOSED = "closed"  # its ending is stored, or there was nothing to answer
    UNSTORED = "unstored"  # it was left, and its ending could not be stored


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
"""Phases in which nobody writes, shows or stores a reply any more."""


def move(phase: Phase, to: Phase) -> Phase:
    """Return `to`.

    Raises:
        ValueError: no reply goes from `phase` to there.
    """
    if to not in MOVES[phase]:
        raise ValueError(f"a reply cannot go from {phase.value} to {to.value}")
    return to


class Halt(Enum):
    """What stops a reply from outside, the weakest first."""

    PRESSED = 1  # somebody pressed Stop, or the bot shuts down
    NOT_SHOWN = 2  # no more of it can be shown
    PAGE_DELETED = 3  # one of its posts was deleted: its turn is closed already


@dataclass(frozen=True, slots=True)
class Halted:
    """That a reply was halted; `seen` is the text that people saw where not all of it could be shown."""

    halt: Halt
    seen: str | None = None

    def and_then(self, later: "Halted") -> "Halted":
        """Return what two halts amount to: the stronger of them, with what people saw."""
        seen = self.seen if later.seen is None else later.seen
        return Halted(max(self.halt, later.halt, key=lambda halt: halt.value), seen)


@dataclass(frozen=True, slots=True)
class Words:
    """What an answer amounts to when it ends.

    Attributes:
        text: what there is to show: the words gone on with, if any, and the new ones.
        new: whether any of the new ones can be seen.
        before: the text that was there before; None for a new turn.
        silence: why there are no new ones, if there are none.
    """

    text: str
    new: bool = True
    before: str | None = None
    silence: Silence = Silence.EMPTY


End = Finish | ModelError | None
"""How the reading of an answer ended: with a finish, by an error, or because it was halted (None)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reply ended.

    Attributes:
        ending: what its turn is closed with.
        text: what people are to see of it.
        error: why it failed or broke off, if the model did so.
        restored: whether nothing came of it and `text` is what was there before.
    """

    ending: Ending
    text: str
    error: ModelError | None = None
    restored: bool = False


def decide(words: Words, end: End, seen: str | None = None) -> Outcome:
    """Return how a reply ended.

    Args:
        words: what came.
        end: how reading it ended.
        seen: what people saw of it, where not all could be shown.
    """
    ending, error = _as_read(words, end)
    if ending is Ending.WITHDRAWN or not words.new:
        outcome = Outcome(ending, words.before or "", error, restored=words.before is not None)
    else:
        outcome = Outcome(ending, words.text, error)
    if seen is None or seen == outcome.text or outcome.ending is Ending.WITHDRAWN:
        return outcome
    restored = outcome.restored or seen == words.before  # people saw nothing else
    return replace(outcome, ending=Ending.CUT_SHORT, text=seen, restored=restored)


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
    """An answer while it comes.

    Attributes:
        text: what may be shown so far, with the words it goes on from.
        came: all that the model has written: it is paid for.
        usage: the tokens the API reported, if it did.
        heard: whether the model has written anything, in this or an earlier try.
    """

    def __init__(self, new_sieve: Callable[[], Sieve], *, begun: str = "", before: str | None = None) -> None:
        """Expect an answer that `new_sieve` cleans; it goes on from `begun`, and replaces `before`."""
        self._new_sieve = new_sieve
        self._begun = begun
        self._before = before
        self._sieve = new_sieve()
        self.text = begun
        self.came = ""
        self.usage: Usage | None = None
        self.heard = False

    def take(self, delta: Delta) -> bool:
        """Take in what came next; return whether there may be more to show."""
        self.usage = delta.usage or self.usage
        if delta.whole is not None:
            self.came, self._sieve = delta.whole, self._new_sieve()
            self._sieve.take(delta.whole)
            self._sieve.end()  # or what it holds back would be gone for a moment
        elif delta.text:
            self.came += delta.text
            self._sieve.take(delta.text)
        else:
            return False
        self.heard = self.heard or bool(self.came)
        self.text = joined(self._begun, self._sieve.text)
        return True

    @property
    def is_over(self) -> bool:
        """Whether the persona has said all it had to say: what follows is spoken for somebody else."""
        return self._sieve.cut

    def let_through(self) -> None:
        """Show what was held back and turns out to be the persona's, since nothing follows."""
        self._sieve.end()
        self.text = joined(self._begun, self._sieve.text)

    @property
    def is_none_of_its_own(self) -> bool:
        """Whether the model wrote something, and none of it is the persona's."""
        return shows(self.came) and not shows(self._sieve.text)

    @property
    def silence(self) -> Silence:
        """Why there are no words of the persona's, if there are none."""
        if self.is_over:
            return Silence.SPOKEN_FOR_OTHERS
        return Silence.NO_WORDS if shows(self.came) else Silence.EMPTY

    def start_again(self) -> None:
        """Forget what came, of which nobody saw a word, before the model is asked once more."""
        self.came, self.usage, self._sieve = "", None, self._new_sieve()
        self.text = self._begun

    @property
    def words(self) -> Words:
        """What it amounts to."""
        return Words(self.text, shows(self._sieve.text), self._before, self.silence)
