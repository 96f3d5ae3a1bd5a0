"""The script of an evening: who says what, when, in reply to what, and what the model must be told then.

Law: a script is data. It names people by handles, messages by keys, and a persona's post by the key of what
it answers and `ANSWER`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.completion import Naming

ANSWER: Final = ".answer"
"""After a message's key: the persona's answer to it."""

Line = tuple[str, str]
"""Who spoke, under their name for the model, and what; the notes stand in it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request must say, the same in each form; what is empty or None is not held against it.

    Attributes:
        tail: the last lines of the history, exactly, without the note whose turn it is.
        lines: lines that stand somewhere in the history, exactly.
        people: all names in the history besides the persona's.
        here: the people in `user_system`.
        says: words of `system` (in the folded form, of its parts too).
        matches: patterns that are found in the history.
        afresh: whether the persona is told not to repeat itself; None if that is left open.
        lacks: words that stand nowhere in the request.
        samples: how many samples there are.
    """

    tail: Sequence[Line] = ()
    lines: Sequence[Line] = ()
    people: frozenset[str] | None = None
    here: Sequence[str] = ()
    says: Sequence[str] = ()
    matches: Sequence[str] = ()
    afresh: bool | None = False
    lacks: Sequence[str] = ()
    samples: int | None = None


ANYTHING: Final = Asked()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a message shows."""

    file: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The preview that Discord shows of a link in a message."""

    address: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody does.

    Attributes:
        answer: what the persona says to it, which must be asked for; empty if it must stay silent.
        asked: what the request for that says.
        seen: words that the bot's newest post must show to people then.
    """

    answer: str = ""
    asked: Asked = ANYTHING
    seen: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Say(Step):
    """A message: `@bot` and `@handle` in its text are mentions, `to` is the key of what it replies to.

    `meanwhile` is said while the persona writes its answer.
    """

    who: str = ""
    text: str = ""
    key: str = ""
    to: str = ""
    shows: Picture | Link | None = None
    meanwhile: Sequence["Say"] = ()


@dataclass(frozen=True, slots=True)
class Talk(Step):
    """The command `/talk`."""

    who: str = ""
    text: str = ""
    persona: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Roll(Step):
    """The command `/roll`."""

    who: str = ""
    dice: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Edit(Step):
    """An edit of one's own message."""

    key: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Delete(Step):
    """A deletion: of a person's message by themselves, of the persona's post by a moderator."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class NotThis(Step):
    """The button by which somebody covers the persona's newest post."""

    who: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rename(Step):
    """A new nickname."""

    who: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wait(Step):
    """Time passes, while nobody writes."""

    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Evening:
    """A whole evening.

    Attributes:
        key: its name for the command line.
        persona: the key of the channel's persona.
        people: the display name of each handle at the beginning.
        steps: what happens, in order.
        never: words that people wrote and the model must never read.
        forms: the forms of prompts that it is for, in which a quick run plays it.
        others: the keys of other personas that play.
        before: the most tokens, counted by script, of all that stands before the history.
        carried: the least share of a request that stands unchanged at the beginning of the next, in the
            median; 0 for a short evening.
        window: the `context_window`.
    """

    key: str
    persona: str
    people: Mapping[str, str]
    steps: Sequence[Step]
    never: Sequence[str] = ()
    forms: Sequence[Naming] = (Naming.NAMED,)
    others: Sequence[str] = ()
    before: int = 2_000
    carried: float = 0.0
    window: int = 65_536


def asking_in(step: Step) -> list[Step]:
    """Return what in a step asks for an answer of its own, in order."""
    meanwhile = step.meanwhile if isinstance(step, Say) else ()
    return [each for each in (step, *meanwhile) if each.answer]
