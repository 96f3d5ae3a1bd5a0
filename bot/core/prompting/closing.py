"""The closing notes of a prompt: what a persona is told after the newest words.

Law: they follow from the persona's own turns in the window and from nothing else, so that a prompt can be
built again. What changes with each reply stands here, and nowhere before the newest message.
"""

from collections.abc import Sequence
from typing import Final

from bot.core.asides import is_aside
from bot.core.prose import Words, words_in

REMINDED_FROM: Final = 7
"""Own turns in the window from which on a persona is reminded whose turn it is."""

RUN, OPENING = 5, 3
"""The words in a row that are compared, and those at a reply's beginning."""

COMPARED, OPENINGS_COMPARED = 6, 3
"""How many of the replies before are compared as a whole, and by their beginnings."""

MOST_SHARED, MOST_OPENINGS = 0.5, 1
"""The share of its runs that a reply may have in common with another, and how many may begin like it."""

RESUMED: Final = "in character again"

AFRESH: Final = "in other words than the last ones, and with another beginning"


def end_note(name: str, own: Sequence[str], voice: str | None) -> str:
    """Return the text of the note that it is the persona's turn; "" as long as none is needed.

    Args:
        name: the persona's name.
        own: its replies in the window, oldest first.
        voice: how it talks, as its file says in a few words.
    """
    resumes = bool(own) and is_aside(own[-1])
    drifts, repeated = len(own) >= REMINDED_FROM, repeats(own)
    if not (drifts or repeated or resumes):
        return ""
    told = [
        RESUMED if resumes else "",
        voice.rstrip(" .;。") if voice and drifts else "",
        AFRESH if repeated else "",
    ]
    told = [part for part in told if part]
    return f"{name}'s turn: {'; '.join(told)}." if told else f"{name}'s turn."


def longest_end_note(name: str, voice: str | None) -> str:
    """Return the longest text that `end_note` may return for a persona."""
    return f"{name}'s turn: {RESUMED}; {voice or ''}; {AFRESH}."


def repeats(replies: Sequence[str]) -> bool:
    """Return whether the last of the replies says again what the ones before it said, or begins like them.

    It does if more than half of its runs of five words are in one of the last six, or if it has the first
    three words of two of the last three.
    """
    if not replies:
        return False
    newest, before = words_in(replies[-1]), [words_in(reply) for reply in replies[:-1][-COMPARED:]]
    opening = _opening(newest)
    alike = sum(_opening(earlier) == opening for earlier in before[-OPENINGS_COMPARED:]) if opening else 0
    return alike > MOST_OPENINGS or any(overlap(newest, earlier) > MOST_SHARED for earlier in before)


def overlap(newest: Words, earlier: Words) -> float:
    """Return the share of a text's runs of five words that another has too; fewer words are one run."""
    length = newest.units_of(RUN)
    runs, others = _runs(newest.units, length), _runs(earlier.units, length)
    return len(runs & others) / len(runs) if runs else 0.0


def _runs(units: Sequence[str], length: int) -> set[tuple[str, ...]]:
    last = max(1, len(units) - length + 1)
    return {tuple(units[at : at + length]) for at in range(last)} if units else set()


def _opening(words: Words) -> tuple[str, ...]:
    return tuple(words.units[: words.units_of(OPENING)])
