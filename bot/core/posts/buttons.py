"""The buttons under a persona's turn.

Law: pure. Whether a press is allowed is checked when it comes; this only says which buttons there are.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from bot.core.scene import Ending, Participant


class Action(StrEnum):
    """What a button does to its turn."""

    STOP = "stop"
    AGAIN = "again"  # another variant
    BACK = "back"  # the variant before
    NEXT = "next"  # the variant after
    CONTINUE = "continue"
    RETRY = "retry"
    MORE = "more"  # opens the less common actions
    EDIT = "edit"
    REMOVE = "remove"
    RESTORE = "restore"  # puts the turn back into the story
    FROM_HERE = "from_here"  # another variant, without the turns after it
    NOT_THIS = "not_this"  # covers the turn for everybody, and names nobody
    WHY_INPUT = "why_input"  # tells who asked that moderation refused the request
    WHY_OUTPUT = "why_output"  # or the answer
    REPORT = "report"  # to the moderators
    ADVANCE = "advance"  # the story goes on without anybody's words


@dataclass(frozen=True, slots=True)
class Control:
    """A button; one without an action shows the number of the variant on screen and how many there are."""

    action: Action | None
    enabled: bool = True
    which: tuple[int, int] = (1, 1)


Row = tuple[Control, ...]
"""The buttons under a post, from left to right; empty for none. Equal rows look the same."""


@dataclass(frozen=True, slots=True)
class TurnStatus:
    """The state of a turn, as far as its buttons and its notices depend on it.

    Attributes:
        ending: its ending; None while it is written.
        words: whether it has any visible text.
        number: the number of its variant, from 1.
        count: the number of variants.
        editor: the name of the person who last rewrote it; empty if nobody did.
        spoken_by: who spoke as the persona, as in `Turn`; None if a model wrote it.
        refused: the button that tells why moderation let no reply through just now; None if it did.
        bare: whether it stands where the bot is only one person's, and no button works.
    """

    ending: Ending | None
    words: bool = True
    number: int = 1
    count: int = 1
    editor: str = ""
    spoken_by: Participant | None = None
    refused: Action | None = None
    bare: bool = False


MOST: Final = 5
"""Buttons in a row (Discord's page "Component Reference", Action Row)."""

WRITING: Final = TurnStatus(None)
"""The status of a turn that is being written."""

CUT: Final = frozenset({Ending.LENGTH, Ending.STOPPED, Ending.CUT_SHORT, Ending.CRASHED, Ending.INTERRUPTED})
"""The endings after which a turn can be continued."""


def row_under(status: TurnStatus) -> Row:
    """Return the buttons under a turn from left to right, at most `MOST`.

    After the last variant another is written only by the button that says so: nobody pays by leafing.
    """
    if status.bare:
        return ()
    if status.ending is None:
        return (Control(Action.STOP),)
    why = (Control(status.refused),) if status.refused is not None else ()
    if not status.words:
        return (Control(Action.RETRY), *why) if status.spoken_by is None else ()
    if status.spoken_by is not None:  # nothing that a model could write again
        return (Control(Action.MORE),)
    found = [Control(Action.AGAIN)]
    if status.count > 1:
        back = Control(Action.BACK, enabled=status.number > 1)
        which = Control(None, enabled=False, which=(status.number, status.count))
        found = [back, which, Control(Action.NEXT) if status.number < status.count else found[0]]
    if status.ending in CUT:
        found.append(Control(Action.CONTINUE))
    if len(found) + len(why) < MOST:
        found += why
    return (*found, Control(Action.MORE))


Way = Action | Literal["talk"]
"""What continues a turn or writes it again: a button, or the command."""


def way_on(status: TurnStatus) -> Way | None:
    """Return what continues a turn or writes it again; None if nothing but a message does."""
    if status.bare:
        return "talk"
    actions = [control.action for control in row_under(status)]
    order = (Action.RETRY, Action.CONTINUE, Action.AGAIN)
    return next((action for action in order if action in actions), None)
