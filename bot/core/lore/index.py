"""The index of a lorebook: its entries, ready to be told, and its keys, ready to be found.

Law: it follows from the book alone. What an entry's decorators say goes before what its keys say.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.core.lore.decorators import Decorated, decorated
from bot.core.lore.keys import KeyFault, Keys, is_key
from bot.core.lorebook import DEPTH_LIMIT, SCAN_DEPTH, TIMER_LIMIT, Logic, Lorebook, LoreEntry, Spot
from bot.core.macros.seeking import sought_in, told_of

EVERY_TIME: Final = 100
"""Percent of what is told whenever it might be."""

_TEXTS_KEPT: Final = 2_000
"""Texts of which the keys are remembered: the turns of a few rooms, and the contents of entries."""


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


@dataclass(frozen=True, slots=True)
class Ready:
    """An entry as its book and its decorators have it.

    Attributes:
        number: its place in the book, from 0.
        entry: what was written.
        marks: what its decorators ask for, and its text without comments.
        sought: that of its text in which keys of others are looked for, with `{{char}}` as written.
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

    @property
    def name(self) -> str:
        """What it is called: by its writer, else by its first key or words."""
        if self.entry.name.strip():
            return " ".join(self.entry.name.split())
        first = next((key for key in self.entry.keys if key.strip()), self.marks.text)
        return " ".join(first.split())[:_NAME]

    @property
    def is_constant(self) -> bool:
        """Whether it needs no key."""
        return self.entry.constant or self.marks.activate

    @property
    def rank(self) -> float:
        """Where there is no room for all, those with lower ranks go first."""
        return self.entry.order if self.entry.priority is None else self.entry.priority

    @property
    def sticky(self) -> int:
        """For how many messages it stays once it was told."""
        return TIMER_LIMIT if self.marks.keeps else min(self.entry.sticky, TIMER_LIMIT)

    @property
    def cooldown(self) -> int:
        """For how many messages it rests after that."""
        return min(self.entry.cooldown, TIMER_LIMIT)

    @property
    def delay(self) -> int:
        """How many messages there must be."""
        return min(self.entry.delay, TIMER_LIMIT)

    @property
    def groups(self) -> Sequence[str]:
        """The groups of which only one entry is told."""
        return tuple(filter(None, map(str.strip, self.entry.group.split(","))))

    @property
    def is_timed(self) -> bool:
        """Whether it matters what was told before."""
        entry, marks = self.entry, self.marks
        return bool(entry.sticky or entry.cooldown or marks.keeps or marks.once)

    @property
    def counts(self) -> bool:
        """Whether it matters how much was said before."""
        return bool(self.entry.delay or self.marks.after or self.marks.every)


class Index:
    """A book whose keys can be looked for.

    Attributes:
        book: it.
        name: what the book is called.
        entries: those that may be told.
        fixed: those that every prompt tells, which stand in `system`.
        unfixed: those that need no key, and aren't told in every prompt.
        by_key: the entries that a key belongs to.
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
        self._found: OrderedDict[str, frozenset[int]] = OrderedDict()
        self.entries: Mapping[int, Ready] = MappingProxyType(
            {ready.number: ready for ready in self._ready(book.entries)}
        )
        self._keys.close()
        self.fixed = [ready for ready in self.entries.values() if ready.spot is not None]
        self.unfixed = [ready for ready in self.entries.values() if ready.is_constant and ready.spot is None]
        self.by_key = self._owners()
        self.depth = max((ready.depth for ready in self.entries.values()), default=0)
        self.is_timed = any(ready.is_timed for ready in self.entries.values())
        self.counts = any(ready.counts for ready in self.entries.values())

    def matches(self, text: str) -> frozenset[int]:
        """Return the numbers of the keys that a text has; of the newest texts this is remembered."""
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = self._keys.matches(text)
            if len(self._found) > _TEXTS_KEPT:
                self._found.popitem(last=False)
        else:
            self._found.move_to_end(text)
        return found

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
            (Logic.NOT_ANY, marks.excluded),
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

    def _owners(self) -> Mapping[int, tuple[Ready, ...]]:
        owners: dict[int, list[Ready]] = {}
        for ready in self.entries.values():
            if ready.spot is None:
                for key in dict.fromkeys(ready.keys):
                    owners.setdefault(key, []).append(ready)
        return {key: tuple(each) for key, each in owners.items()}


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
