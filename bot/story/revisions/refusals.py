"""Why a turn that exists is not changed.

Law: a refusal is a value that a frontend words; whatever is refused has changed nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.routing import NoReply


class RefusalReason(StrEnum):
    """Why a turn is not revised."""

    GONE = "gone"  # the turn, its scene or the removal is deleted, or it cannot be revised
    ELSEWHERE = "elsewhere"  # it belongs to another channel
    REMOVED = "removed"  # it is out of the story, and must be put back first
    WRITING = "writing"  # it is being written
    PAUSED = "paused"
    LIMITED = "limited"  # its person has asked for as many replies as a minute allows
    SPENT_PERSON = "spent_person"  # a budget is used up
    SPENT_CHANNEL = "spent_channel"
    SPENT_SERVER = "spent_server"
    SPENT_BOT = "spent_bot"
    TOO_SMALL = "too_small"  # a limit is less than a reply costs
    QUIET = "quiet"  # it is the time of day in which nobody is answered
    PERSONA_MISSING = "persona_missing"  # the persona's file is gone
    AGE_RESTRICTED = "age_restricted"  # the persona is for age-restricted channels, and this is none
    SPOKEN = "spoken"  # a person said it as the persona: no model can write it again
    NOTHING_BEFORE = "nothing_before"  # there is nothing that it answers
    NO_SUCH_SWIPE = "no_such_swipe"
    EMPTY = "empty"  # the text has no visible character
    FOLLOWED = "followed"  # something was said since the exchange was undone
    UNDONE_SINCE = "undone_since"  # the exchange before it was undone since, and must come back first


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was changed.

    `about` is the persona's key or name that it concerns, the seconds to wait, or when there is more to
    spend, in seconds since 1970.
    """

    reason: RefusalReason
    about: str = ""


def refusal_of(why: NoReply) -> Refusal:
    """Return a refusal for what keeps a reply from being written."""
    return Refusal(RefusalReason(why.reason.value), why.about)
