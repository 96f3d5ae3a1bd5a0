"""Nonces: the names by which Discord recognises a post that it has already taken.

Law: pure, and the only place that makes them. Within some minutes Discord answers a nonce that it knows with
the message that is already there, even if that was deleted meanwhile; so two posts never share one.
"""

from enum import StrEnum
from typing import Final

NONCE_LIMIT: Final = 25
"""Characters in a nonce: Discord's limit (its page "Message", Create Message)."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a post with a nonce is for: its nonce begins with this letter, so no two purposes share one."""

    PAGE = "p"  # made at a time in ms, of a turn, with a page number
    NOTICE = "n"  # why a message gets no answer, by the message's id
    RESTARTING = "r"  # that the bot is restarting, by the id of the message that gets no answer
    STORED = "s"  # what is stored of what people say, by the id of the message that made it due
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
