"""Nonces: the identifiers by which Discord recognises a post that it has already accepted.

Law: pure, and the only module that makes them. For a nonce of the last minutes Discord returns the existing
message, even if that was deleted meanwhile; so two posts never share one.
"""

from enum import StrEnum
from typing import Final

NONCE_LIMIT: Final = 25
"""Characters in a nonce: Discord's limit (its page "Message", Create Message)."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """The purposes of posts with a nonce, each with the letter that its nonces begin with."""

    PAGE = "p"  # the time of its plan in ms, the turn and the page
    NOTICE = "n"  # why a message gets no answer, by the message's id
    RESTARTING = "r"  # that the bot is restarting, by the id of the message that gets no answer
    STORED = "s"  # what is stored of people's messages, by the id of the message that made it due
    MENTIONS = "m"  # who is notified of a reply, by the id of its last post
    CARD = "c"  # a persona's card, by the channel's id and a checksum of the persona's key
    REPORT = "a"  # to the admins' channel, by a random number


def nonce(purpose: Purpose, *numbers: int) -> str:
    """Return a nonce for a post, the same for the same numbers and for no others.

    Raises:
        ValueError: the numbers are negative, or too large to fit.
    """
    made = purpose + "-".join(_base36(number) for number in numbers)
    if len(made) > NONCE_LIMIT:
        raise ValueError(f"a nonce of {len(made)} characters is longer than {NONCE_LIMIT}")
    return made


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError(f"{number} is negative")
    made = ""
    while number >= len(_DIGITS):
        number, digit = divmod(number, len(_DIGITS))
        made = _DIGITS[digit] + made
    return _DIGITS[number] + made
