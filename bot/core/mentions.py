"""Mentions: which of the people present a persona's words turn to by `@Name`.

Law: pure. Names are hostile input: what comes out is accounts of people who are given, and nothing of a name
or of the text. Where people would confuse two names, neither is mentioned.
"""

from collections.abc import Iterable
from typing import Final

import regex

from bot.core.asides import NO_BLANKS
from bot.core.names import key_of
from bot.core.speech import Kind, parts_of

MOST: Final = 5
"""The most people that one reply mentions."""

_SIGN: Final = "@"
_SILENT: Final = frozenset({Kind.CODE, Kind.LINK})
"""The parts of a text in which nobody is mentioned."""


def mentioned(text: str, present: Iterable[tuple[str, int | None]]) -> tuple[int, ...]:
    """Return the accounts that a text mentions, in the order in which it does, at most `MOST`.

    `present` are those who play, each by name and account; None for somebody who is never mentioned.
    """
    accounts = dict[str, set[int | None]]()
    for name, account in present:
        accounts.setdefault(key_of(name), set()).add(account)
    names = sorted(filter(None, accounts), key=len, reverse=True)
    found = dict[int, None]()
    for part in parts_of(text):
        if part.kind not in _SILENT:
            for name in _names_in(key_of(part.text), names):
                account, *others = accounts[name]
                if account is not None and not others:
                    found[account] = None
    return tuple(found)[:MOST]


def _names_in(said: str, names: Iterable[str]) -> Iterable[str]:
    """Yield the names that stand after an `@`; of several that do, the longest."""
    names = tuple(names)
    at = said.find(_SIGN)
    while at >= 0:
        rest = said[at + 1 :]
        begins = at == 0 or not (said[at - 1].isalnum() or said[at - 1] in "@_.<")
        name = next((each for each in names if rest.startswith(each) and _ends(rest, len(each))), None)
        if begins and name is not None:
            yield name
        at = said.find(_SIGN, at + 1)


def _ends(rest: str, length: int) -> bool:
    """Return whether no word goes on over the end of a name; in Chinese and Japanese nothing shows one."""
    edge = rest[length - 1 : length + 1]
    return not edge.isalnum() or len(edge) == 1 or regex.search(NO_BLANKS, edge) is not None
