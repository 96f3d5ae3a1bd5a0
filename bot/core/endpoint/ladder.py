"""The naming ladder: which form of prompt an endpoint takes, found out by its refusals.

Law: a step down needs a refusal that the prompt's shape explains, or a fault of the server that came twice;
it is remembered only once the lower step has worked, for a day. A host's pin is never left.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.completion import ErrorKind, ModelError, Naming

REMEMBERED = timedelta(hours=24)
"""How long a lower step is used before the highest is tried again."""

PROBING = timedelta(minutes=10)
"""For how long after that only the one request that tries again is on the highest step."""

UNKNOWN_ERROR = 1000
"""MiniMax's code for a fault of its own; special roles it does not like have been seen to cause it."""

_SHAPE = re.compile(
    r"user name must be consistent|invalid chat setting|\broles?\b|user_system|sample_message|\bgroup\b"
    r"|\bnames?\b|invalid params(?:,? ?\d*)? ?(?:\(2013\))?$",
    re.IGNORECASE,
)
"""What refusals of a prompt's shape say."""

_OTHER = re.compile(
    r"model ['\"`]?[\w./-]*['\"`]? ?(?:not|does)|unknown model|no such model|invalid model", re.IGNORECASE
)
"""What looks like one, and is about the model's name."""


@dataclass(frozen=True, slots=True)
class Step:
    """The step an endpoint was last found to take, and until when that counts."""

    naming: Naming
    until: datetime


def choose(remembered: Step | None, highest: Naming, at: datetime) -> tuple[Naming, Step | None]:
    """Return the step for the next request, and what is to be remembered from now on.

    When a memory has run out, this one request tries the highest step; those beside it stay where they were.
    """
    if remembered is None or _depth(remembered.naming) <= _depth(highest):
        return highest, None
    if at < remembered.until:
        return remembered.naming, remembered
    return highest, Step(remembered.naming, at + PROBING)


def below(naming: Naming, error: ModelError, *, own_roles: bool = True) -> Naming | None:
    """Return the step to try after a refusal; None if a lower one would not help, or there is none.

    `own_roles` says whether the prompt had M2-her's own roles: without them a fault is no answer to them.
    """
    steps = list(Naming)
    if naming is steps[-1] or not error.of_form or (error.code == UNKNOWN_ERROR and not own_roles):
        return None
    return steps[steps.index(naming) + 1]


def explained(error: ModelError) -> bool:
    """Tell whether the form of the prompt may be why it was refused, by all of the server's words.

    What is told of an error later lacks what a server quotes, and a name may be one of these words.
    """
    if error.code == UNKNOWN_ERROR:
        return True
    if error.kind is not ErrorKind.BAD_REQUEST or _OTHER.search(error.detail):
        return False
    return _SHAPE.search(error.detail.strip()) is not None


def remember(naming: Naming, highest: Naming, at: datetime) -> Step | None:
    """Return what to remember of a step that has worked; the highest needs no memory."""
    return Step(naming, at + REMEMBERED) if _depth(naming) > _depth(highest) else None


def _depth(naming: Naming) -> int:
    return list(Naming).index(naming)
