"""The naming ladder: finds the form of prompt that an endpoint accepts, from its refusals.

Law: a step down needs a refusal that the prompt's form may explain, or a server error that came twice. It is
remembered for a day, and only once the lower step has worked. A form set by `model.naming` never changes.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.completion import ErrorKind, ModelError, Naming

REMEMBERED = timedelta(hours=24)
"""How long a lower step is used before the highest one is tried again."""

PROBING = timedelta(minutes=10)
"""How long after that only the one testing request uses the highest step."""

UNKNOWN_ERROR = 1000
"""MiniMax's code for an unknown error, which was seen with its own roles in a prompt."""

_SHAPE = re.compile(
    r"user name must be consistent|invalid chat setting|\broles?\b|user_system|sample_message|\bgroup\b"
    r"|\bnames?\b|invalid params(?:,? ?\d*)? ?(?:\(2013\))?$",
    re.IGNORECASE,
)
"""Words in refusals of a prompt's form."""


@dataclass(frozen=True, slots=True)
class Step:
    """The step that an endpoint accepted last, and until when this is remembered."""

    naming: Naming
    until: datetime


def choose(remembered: Step | None, highest: Naming, at: datetime) -> tuple[Naming, Step | None]:
    """Return the step for the next request, and what to remember from now on.

    When a memory has expired, only this request tries the highest step; concurrent ones keep the lower one.
    """
    if remembered is None or _depth(remembered.naming) <= _depth(highest):
        return highest, None
    if at < remembered.until:
        return remembered.naming, remembered
    return highest, Step(remembered.naming, at + PROBING)


def below(naming: Naming, error: ModelError, *, own_roles: bool = True) -> Naming | None:
    """Return the step to try after a refusal; None if a lower step wouldn't help, or there is none.

    `own_roles` says whether the prompt had M2-her's own roles: without them, a server error isn't due to
    them.
    """
    steps = list(Naming)
    if naming is steps[-1] or not error.of_form or (error.code == UNKNOWN_ERROR and not own_roles):
        return None
    return steps[steps.index(naming) + 1]


def explained(error: ModelError) -> bool:
    """Return whether the form of the prompt may be the reason of a refusal, by the server's complete words.

    The words that are kept in an error lack the server's quotes, and a name may be one of these words.
    """
    if error.code == UNKNOWN_ERROR:
        return True
    if error.kind is not ErrorKind.BAD_REQUEST:
        return False
    return _SHAPE.search(error.detail.strip()) is not None


def remember(naming: Naming, highest: Naming, at: datetime) -> Step | None:
    """Return what to remember after a step has worked; the highest step needs no memory."""
    return Step(naming, at + REMEMBERED) if _depth(naming) > _depth(highest) else None


def _depth(naming: Naming) -> int:
    return list(Naming).index(naming)
