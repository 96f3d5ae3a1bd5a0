"""Which buttons stand under a persona's turn.

Law: pure. What a button may do is asked again when it is pressed; this only says what there is to press.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.scene import Ending


class Action(StrEnum):
    """What a button does to its turn."""

    STOP = "stop"
    AGAIN = "again"  # another variant
    BACK = "back"  # the variant before
    NEXT = "next"  # the variant after; past the last it is another
    CONTINUE = "continue"
    RETRY = "retry"
    MORE = "more"  # opens what is seldom needed
    EDIT = "edit"
    REMOVE = "remove"
    RESTORE = "restore"  # puts it back into the story
    FROM_HERE = "from_here"  # another variant, without all that came after


@dataclass(frozen=True, slots=True)
class Control:
    """A button. One without an action says which variant is on screen: its number and how many there are."""

    action: Action | None
    enabled: bool = True
    which: tuple[int, int] = (1, 1)


Row = tuple[Control, ...]
"""The buttons under a post, from left to right; empty for none. Equal rows look the same."""


@dataclass(frozen=True, slots=True)
class TurnStatus:
    """How a turn stands, as far as its buttons depend on it.

    Attributes:
        ending: how it ended; None while it is written.
        words: whether there is anything to read of it.
        number: which variant it is, from 1.
        count: how many there are.
    """

    ending: Ending | None
    words: bool = True
    number: int = 1
    count: int = 1


WRITING: Final = TurnStatus(None)
"""A turn that is being written."""

CUT: Final = frozenset({Ending.LENGTH, Ending.STOPPED, Ending.CUT_SHORT, Ending.CRASHED, Ending.INTERRUPTED})
"""Endings after which there may be more to say."""


def row_under(status: TurnStatus) -> Row:
    """Return the buttons under a turn from left to right; five at most, as Discord has room for."""
    if status.ending is None:
        return (Control(Action.STOP),)
    if not status.words:
        return (Control(Action.RETRY),)
    found = [Control(Action.AGAIN)]
    if status.count > 1:
        back = Control(Action.BACK, enabled=status.number > 1)
        which = Control(None, enabled=False, which=(status.number, status.count))
        found = [back, which, Control(Action.NEXT)]
    if status.ending in CUT:
        found.append(Control(Action.CONTINUE))
    return (*found, Control(Action.MORE))


def way_on(row: Row) -> Action | None:
    """Return the button that continues a turn or writes it again; None if there is none."""
    actions = [control.action for control in row]
    order = (Action.RETRY, Action.CONTINUE, Action.AGAIN, Action.NEXT)
    return next((action for action in order if action in actions), None)
