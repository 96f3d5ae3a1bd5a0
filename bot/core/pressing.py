"""Who may press the buttons that change a reply for everybody: Stop, ↻, ◀ and ▶.

Law: pure. A reply belongs first to those it answers; a little later everybody who plays has a say. Retry and
Continue are not asked about here: a reply that broke off is everybody's trouble.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.settings import StoryRights

OTHERS_WAIT: Final = timedelta(seconds=60)
"""How long after a reply's last word the others wait: as long as it takes to read it and decide."""

LATELY: Final = 20
"""The turns of a scene whose speakers play in it now."""


class Right(StrEnum):
    """When a person may press."""

    NOW = "now"
    LATER = "later"  # at a certain time
    ONCE_DONE = "once_done"  # `OTHERS_WAIT` after the reply's last word, which has yet to come
    APART = "apart"  # once they have said something in the scene


@dataclass(frozen=True, slots=True)
class PressFacts:
    """What decides whether a person may press.

    Attributes:
        user_id: the person.
        moderator: whether they moderate the channel.
        rights: the setting of the channel.
        starter_id: the person who started the scene; None if nobody did.
        askers: the people whose messages the reply answers, and who had it written again.
        lately: the people who spoke within the scene's last `LATELY` turns.
        last_word: when the reply's last word came; None while it is written.
        now: the time of the press.
    """

    user_id: int
    moderator: bool
    rights: StoryRights
    starter_id: int | None
    askers: frozenset[int]
    lately: frozenset[int]
    last_word: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """When a person may press; `at` is the time of `Right.LATER`, None otherwise."""

    right: Right
    at: datetime | None = None


def verdict_on(facts: PressFacts) -> Verdict:
    """Return when a person may press a button that changes a reply for everybody."""
    has_a_say = facts.moderator or facts.rights is StoryRights.ALL or facts.user_id == facts.starter_id
    if has_a_say or facts.user_id in facts.askers:
        return Verdict(Right.NOW)
    if facts.user_id not in facts.lately:
        return Verdict(Right.APART)
    if facts.last_word is None:
        return Verdict(Right.ONCE_DONE)
    at = facts.last_word + OTHERS_WAIT
    # A last word of the future is that of a clock that was set back: nobody waits for it.
    return Verdict(Right.LATER, at) if facts.last_word <= facts.now < at else Verdict(Right.NOW)
