"""Decorators: lines such as `@@scan_depth 5` at the top of an entry's content, by version 3 of the cards.

Law: they never reach a model. Of two with one name the first counts; in place of one that isn't known, or
whose value isn't one, its first known fallback (`@@@…`) does. What asks for a place between the messages is
known and noted, because lore has its own place.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from bot.core.lorebook import DEPTH_LIMIT, Spot

FALLBACKS: Final = 8
"""Most fallbacks of one decorator that are looked at; the specification asks for five."""


@dataclass(frozen=True, slots=True)
class Decorated:
    """The content of an entry, and what its decorators ask for.

    Attributes:
        text: the content without them.
        scan_depth: the newest turns in which its keys count.
        after: own turns of the persona from which on it can be told.
        every: it is told only at every so many own turns.
        greeting: the number of the greeting (0 is the first) with which a story must have begun.
        keeps: whether it stays for good once it was told.
        once: whether it is told only once.
        activate: whether it is told in any case.
        dont_activate: whether it is never told.
        additional: keys of which one must be there too.
        excluded: keys of which none may be there.
        yields: whether it goes first where there is no room.
        spot: where it stands in `system` if it is constant.
        wishes: places that it asks for and doesn't get, as they were written.
    """

    text: str
    scan_depth: int | None = None
    after: int = 0
    every: int = 0
    greeting: int | None = None
    keeps: bool = False
    once: bool = False
    activate: bool = False
    dont_activate: bool = False
    additional: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    yields: bool = False
    spot: Spot | None = None
    wishes: tuple[str, ...] = field(default=())


@lru_cache(maxsize=4096)
def decorated(content: str) -> Decorated:
    """Return a content without the decorators at its top, and what they ask for."""
    if not content.lstrip().startswith("@@"):
        return Decorated(content.strip())
    lines = content.strip().splitlines()
    count = next(
        (at for at, line in enumerate(lines) if line.strip() and not _is_decorator(line)), len(lines)
    )
    asked: dict[str, Any] = {}
    wishes: list[str] = []
    for chain in _chains(lines[:count]):
        for name, value in chain[: FALLBACKS + 1]:
            if name in _PLACED:
                wishes.append(f"@@{name} {value}".strip())
                break
            found = _known(name, value)
            if found is not None:
                attribute, meaning = found
                asked.setdefault(attribute, meaning)
                break
    text = "\n".join(lines[count:]).strip()
    return Decorated(text, **asked, wishes=tuple(dict.fromkeys(wishes)))


def _is_decorator(line: str) -> bool:
    return line.lstrip().startswith("@@")


def _chains(lines: list[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield each decorator with its fallbacks, as names and values."""
    chain: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, lines)):
        is_fallback = line.startswith("@@@")
        name, _, value = line.lstrip("@").partition(" ")
        if not is_fallback and chain:
            yield chain
            chain = []
        if chain or not is_fallback:
            chain.append((name.strip().lower(), value.strip()))
    if chain:
        yield chain


def _known(name: str, value: str) -> tuple[str, Any] | None:
    if name not in _MEANINGS:
        return None
    attribute, read = _MEANINGS[name]
    meaning = read(value)
    return None if meaning is None else (attribute, meaning)


def _number(most: int, least: int = 0) -> Callable[[str], int | None]:
    def read(value: str) -> int | None:
        if not value.isascii() or not value.isdigit() or len(value) > len(str(most)):
            return None
        return max(least, min(int(value), most))

    return read


def _flag(value: str) -> bool | None:
    return True if value.lower() in {"", "true"} else None


def _words(value: str) -> tuple[str, ...] | None:
    return tuple(filter(None, map(str.strip, value.split(",")))) or None


def _spot(value: str) -> Spot | None:
    return {"before_desc": Spot.BEFORE, "after_desc": Spot.AFTER}.get(value)


_COUNT_LIMIT: Final = 1_000_000
_MEANINGS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "scan_depth": ("scan_depth", _number(DEPTH_LIMIT)),
    "activate_only_after": ("after", _number(_COUNT_LIMIT)),
    "activate_only_every": ("every", _number(_COUNT_LIMIT, 1)),
    "is_greeting": ("greeting", _number(_COUNT_LIMIT)),
    "keep_activate_after_match": ("keeps", _flag),
    "dont_activate_after_match": ("once", _flag),
    "activate": ("activate", _flag),
    "dont_activate": ("dont_activate", _flag),
    "additional_keys": ("additional", _words),
    "exclude_keys": ("excluded", _words),
    "ignore_on_max_context": ("yields", _flag),
    "position": ("spot", _spot),
}
_PLACED: Final = frozenset({"depth", "role", "reverse_depth"})
"""Decorators that ask for a place between the messages, which only triggered notes and `system` have."""
