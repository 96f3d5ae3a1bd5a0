"""The index of a lorebook: its entries, ready to be told, and its keys, ready to be found.

Law: it follows from the book alone. What an entry's decorators say goes before what its keys say.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple

from bot.core.lore.decorators import Decorated, decorated
from bot.core.lore.keys import KeyFault, Keys, is_key
from bot.core.lorebook import DEPTH_LIMIT, SCAN_DEPTH, TIMER_LIMIT, Logic, Lorebook, LoreEntry, Spot
from bot.core.macros.seeking import sought_in, told_of

EVERY_TIME: Final = 100
"""Percent of what is told whenever it might be."""

CANDIDATES: Final = 1_000
"""Most entries that are looked at in one step."""

PAIRS: Final = 10_000
"""Most pairs of a key and an entry that are looked at in one text, or in the turns in which keys count."""

_TEXTS_KEPT, _CONTENTS_KEPT = 2_000, 16_384
"""Texts of which the keys are remembered: the turns of a few rooms; and the contents of entries."""

_GROUPS: Final = 8
"""Most groups of one entry."""

_KEYS_AT_ONCE: Final = 16
"""How many keys of an entry are looked at in the time in which an entry is."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Keys beside an entry's own, by number, and what they must do; `size` counts those that never match."""

    logic: Logic
    keys: tuple[int, ...]
    size: int

    def holds(self, has: Callable[[int], bool]) -> bool:
        """Return whether the condition holds; `has` says whether a key was found."""
        there = sum(map(has, self.keys))
        return {
            Logic.AND_ANY: there > 0,
            Logic.AND_ALL: there == self.size,
            Logic.NOT_ANY: there == 0,
            Logic.NOT_ALL: there < self.size,
        }[self.logic]


@dataclass(frozen=True)
class Ready:
    """An entry as its book and its decorators have it.

    Attributes:
        number: its place in the book, from 0.
        entry: what was written.
        marks: what its decorators ask for, and its text without comments.
        sought: that of its text in which keys of others are looked for; of its macros it has only `{{char}}`.
        keys: its own keys, by number.
        conditions: what further keys must do.
        depth: the newest turns in which keys count.
        spot: where it stands in `system` if it is told in each prompt; None for one that isn't.
    """

    number: int
    entry: LoreEntry
    marks: Decorated
    sought: str
    keys: tuple[int, ...]
    conditions: tuple[Condition, ...]
    depth: int
    spot: Spot | None

    @cached_property
    def name(self) -> str:
        """What it is called: by its writer, else by its first key or words."""
        if self.entry.name.strip():
            return " ".join(self.entry.name.split())
        first = next((key for key in self.entry.keys if key.strip()), self.marks.text)
        return " ".join(first.split())[:_NAME]

    @cached_property
    def is_constant(self) -> bool:
        """Whether it needs no key."""
        return self.entry.constant or self.marks.activate

    @property
    def importance(self) -> tuple[object, ...]:
        """What comes first where there isn't room for all entries of a book, as the smallest."""
        entry = self.entry
        rank = entry.order if entry.priority is None else entry.priority
        return (not self.is_constant, self.marks.yields, -rank, -entry.order, self.number)

    @cached_property
    def sticky(self) -> int:
        """For how many messages it stays once it was told."""
        return TIMER_LIMIT if self.marks.keeps else min(self.entry.sticky, TIMER_LIMIT)

    @cached_property
    def cooldown(self) -> int:
        """For how many messages it rests after that."""
        return min(self.entry.cooldown, TIMER_LIMIT)

    @cached_property
    def delay(self) -> int:
        """How many messages there must be."""
        return min(self.entry.delay, TIMER_LIMIT)

    @cached_property
    def groups(self) -> Sequence[str]:
        """The groups of which only one entry is told."""
        return tuple(islice(filter(None, map(str.strip, self.entry.group.split(","))), _GROUPS))

    @cached_property
    def is_timed(self) -> bool:
        """Whether it matters what was told before."""
        entry, marks = self.entry, self.marks
        return self.spot is None and bool(entry.sticky or entry.cooldown or marks.keeps or marks.once)

    @cached_property
    def counts(self) -> bool:
        """Whether it matters how much was said before."""
        return bool(self.entry.delay or self.marks.after or self.marks.every)

    @property
    def weight(self) -> int:
        """How much there is to look at in it."""
        keys = len(self.keys) + sum(len(each.keys) for each in self.conditions)
        return 1 + keys // _KEYS_AT_ONCE


class Found(NamedTuple):
    """The keys of a text by number, how much there is to look at for them, and whether an entry is timed."""

    keys: frozenset[int]
    pairs: int = 0
    is_timed: bool = False


NO_KEYS: Final = Found(frozenset())


class Index:
    """A book whose keys can be looked for.

    Attributes:
        book: it.
        name: what the book is called.
        entries: those that may be told, by number.
        fixed: those that every prompt tells, which stand in `system`, the most important first.
        loose: the others, the most important first.
        unfixed: those of `loose` that need no key, by their places there.
        by_key: the entries that a key belongs to, by their places in `loose`.
        depth: the most turns in which any key counts.
        is_timed: whether what was told before matters to any entry.
        counts: whether it matters to any entry how much was said before.
        faults: the patterns that can't be used, each with the entry's number.
    """

    def __init__(self, book: Lorebook, name: str = "") -> None:
        """Read a book; `name` is that of its file, for one that has none."""
        self.book = book
        self.name = " ".join(book.name.split()) or name
        self.faults: list[tuple[int, KeyFault]] = []
        self._keys = Keys()
        self.entries: Mapping[int, Ready] = MappingProxyType(
            {ready.number: ready for ready in self._ready(book.entries)}
        )
        self._keys.close()
        ranked = sorted(self.entries.values(), key=lambda ready: ready.importance)
        self.fixed = [ready for ready in ranked if ready.spot is not None]
        self.loose = [ready for ready in ranked if ready.spot is None]
        self.unfixed = frozenset(place for place, ready in enumerate(self.loose) if ready.is_constant)
        self.by_key = self._owners()
        self.depth = max((ready.depth for ready in self.entries.values()), default=0)
        self.is_timed = any(ready.is_timed for ready in self.loose)
        self.counts = any(ready.counts for ready in self.loose)
        # Several threads may ask.
        self.found = lru_cache(_TEXTS_KEPT)(self._found_in)
        self.found_in_lore = lru_cache(_CONTENTS_KEPT)(self._found_in)

    @property
    def size(self) -> int:
        """That of its patterns, in RE2's instructions."""
        return self._keys.size

    @cached_property
    def places(self) -> Mapping[int, int]:
        """The places in `loose` of entries by their numbers."""
        return {ready.number: place for place, ready in enumerate(self.loose)}

    def _found_in(self, text: str) -> Found:
        """Return the keys of a text; of more than `PAIRS` take, those of the book's first entries."""
        keys = self._keys.matches(text)
        if not keys:
            return NO_KEYS
        pairs, is_timed, taken = 0, False, list[int]()
        for key in sorted(keys):
            weight, timed = self._weights.get(key, _NOBODY)
            pairs, is_timed = pairs + weight, is_timed or timed
            taken.append(key)
            if pairs >= PAIRS:
                break
        return Found(frozenset(taken), pairs, is_timed)

    def weight(self, keys: Iterable[int]) -> int:
        """Return how much there is to look at in the entries of these keys."""
        return sum(self._weights.get(key, _NOBODY)[0] for key in keys)

    def written(self, ready: Ready, key: int) -> str:
        """Return a key of an entry as it was written."""
        texts = zip(ready.keys, self._texts[ready.number], strict=True)
        return next((text for number, text in texts if number == key), "")

    def _ready(self, entries: Sequence[LoreEntry]) -> Iterator[Ready]:
        self._texts: dict[int, tuple[str, ...]] = {}
        for number, entry in enumerate(entries):
            written = decorated(entry.content)
            marks = replace(written, text=told_of(written.text))
            if not entry.enabled or not marks.text or (marks.dont_activate and not marks.activate):
                continue
            keys = self._numbered(number, entry, entry.keys)
            conditions = tuple(self._conditions(number, entry, marks))
            depth = next(
                depth
                for depth in (marks.scan_depth, entry.scan_depth, self.book.scan_depth, SCAN_DEPTH)
                if depth is not None
            )
            self._texts[number] = tuple(text for _, text in keys)
            spot = (marks.spot or entry.position) if _is_fixed(entry, marks) else None
            depth = min(depth, DEPTH_LIMIT)
            own = tuple(key for key, _ in keys)
            yield Ready(number, entry, marks, sought_in(written.text), own, conditions, depth, spot)

    def _conditions(self, number: int, entry: LoreEntry, marks: Decorated) -> Iterator[Condition]:
        asked = (
            (entry.logic, entry.secondary_keys),
            (Logic.AND_ANY, marks.additional),
            # By version 3 of the cards, what is looked for by patterns excludes nothing.
            (Logic.NOT_ANY, () if entry.regex else marks.excluded),
        )
        for logic, texts in asked:
            written = [text for text in texts if is_key(text)]
            keys = [key for key, _ in self._numbered(number, entry, written)]
            if written:
                yield Condition(logic, tuple(keys), len(written))

    def _numbered(self, number: int, entry: LoreEntry, keys: Iterable[str]) -> list[tuple[int, str]]:
        book, before = self.book, len(self._keys.faults)
        sensitive = book.case_sensitive if entry.case_sensitive is None else entry.case_sensitive
        whole = book.whole_words if entry.whole_words is None else entry.whole_words
        found = [
            (self._keys.add(key, regex=entry.regex, case_sensitive=sensitive, whole=whole), key)
            for key in keys
        ]
        self.faults += ((number, fault) for fault in self._keys.faults[before:])
        return [(key, text) for key, text in found if key is not None]

    def _owners(self) -> Mapping[int, Sequence[int]]:
        owners: dict[int, list[int]] = {}
        for place, ready in enumerate(self.loose):
            for key in dict.fromkeys(ready.keys):
                owners.setdefault(key, []).append(place)
        found = {key: each[:CANDIDATES] for key, each in owners.items()}
        weights = [ready.weight for ready in self.loose]
        timed = [ready.is_timed for ready in self.loose]
        self._weights = {
            key: (1 + sum(weights[place] for place in each), any(timed[place] for place in each))
            for key, each in found.items()
        }
        return found


_NOBODY: Final = (1, False)
"""The weight of a key that only counts together with others, and that no timed entry has."""


def _is_fixed(entry: LoreEntry, marks: Decorated) -> bool:
    """Return whether an entry is told in each prompt, whatever was said, so that it stands in `system`."""
    conditional = (
        entry.probability < EVERY_TIME
        or entry.cooldown
        or entry.delay
        or entry.delay_until_recursion
        or entry.group.strip()
        or marks.after
        or marks.every
        or marks.once
        or marks.additional
        or marks.excluded
    )
    return marks.activate or (entry.constant and not conditional)


_NAME: Final = 60
"""Characters of a name that is made from an entry's words."""
