"""One moment of a story: which entries a reply is told there, and which it isn't.

Law: it follows from what was said, from what was told before, and from the circumstances. An entry is told
once, within the budget; one that isn't told brings up no other. Of more entries than there can be room for,
only the most important are looked at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from bot.core.chance import number_for
from bot.core.lore.index import CANDIDATES, EVERY_TIME, Index, Ready
from bot.core.lore.said import Said
from bot.core.lore.telling import NO_CAUSE, Activation, Cause, Circumstances, Held, Told, Untold, Why
from bot.core.lorebook import REACH

STEPS: Final = 5
"""How often what is told may bring up something else, which may bring up something else."""

CHOSEN: Final = 128
"""Most entries with a reason that are looked at in one step: more have no room anyway."""

LONGEST: Final = 100
"""A text with more characters for each token that there is room for isn't counted: it has no room."""

Id = tuple[int, int]
"""An entry: the number of its book, and its own."""


@dataclass
class Ledger:
    """What is told and what isn't, and what it costs.

    Attributes:
        around: the circumstances, with the room that there is.
        told: what is told.
        untold: what isn't, although there was a reason to.
        texts: what is told already.
        spent: the tokens of all.
        spent_by: those of each book.
    """

    around: Circumstances
    told: dict[Id, Told] = field(default_factory=dict)
    untold: dict[Id, Untold] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    spent: int = 0
    spent_by: dict[int, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, books: Sequence[Index], around: Circumstances) -> "Ledger":
        """Return a ledger with what stands in `system` whatever was said."""
        ledger = cls(around)
        fixed = ((number, book, ready) for number, book in enumerate(books) for ready in book.fixed)
        for number, book, ready in islice(fixed, CHOSEN):
            if is_elsewhere(ready, around):
                ledger.hold(number, Untold(book, ready, Held.GREETING))
            else:
                ledger.pay(number, Told(book, ready, Why.CONSTANT))
        return ledger

    def copy(self) -> "Ledger":
        """Return one that can be written on without changing this one."""
        sets = (dict(self.told), dict(self.untold), set(self.texts))
        return Ledger(self.around, *sets, self.spent, dict(self.spent_by))

    def pay(self, book: int, each: Told) -> bool:
        """Tell an entry of a book if there is room for it, and its text isn't told already."""
        index, ready, why, cause, _ = each
        text, room, budget = ready.marks.text, self.around.room, index.book.token_budget
        if text in self.texts:
            return False
        tokens = self.around.count(text) if len(text) <= LONGEST * room else room + 1
        spent = self.spent_by.get(book, 0)
        if self.spent + tokens > room or (budget is not None and spent + tokens > budget):
            self.hold(book, Untold(index, ready, Held.ROOM, cause))
            return False
        self.spent += tokens
        self.spent_by[book] = spent + tokens
        self.texts.add(text)
        self.told[book, ready.number] = Told(index, ready, why, cause, tokens)
        return True

    def hold(self, book: int, each: Untold) -> None:
        """Note why an entry of a book isn't told."""
        self.untold[book, each.ready.number] = each

    @property
    def closed(self) -> Activation:
        """What the reply is told, in its order."""
        told = sorted(self.told.items(), key=lambda each: (each[1].ready.entry.order, each[0]))
        held = [each for id_, each in sorted(self.untold.items()) if id_ not in self.told]
        return Activation(tuple(each for _, each in told), tuple(held))


@dataclass
class Past:
    """What was told before.

    Attributes:
        start: the turn from which on it is known, and the persona's turns are counted.
        began: at how many turns which entry was last told for a new reason, of those that stay or rest.
    """

    start: int
    began: dict[Id, int] = field(default_factory=dict)


@dataclass
class _Opened:
    """A book in a moment.

    Attributes:
        number: its place among the books.
        index: it.
        said: the keys that were said, each with how many turns ago.
        lore: the keys in what is told, each with the entry that has it.
        brought: the entries that have one of these or need none, by their places in `loose`.
        settled: those of them of which is decided whether they are told.
    """

    number: int
    index: Index
    said: Mapping[int, int]
    brought: set[int]
    lore: dict[int, str] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)


class _Candidate(NamedTuple):
    """An entry that there is a reason to tell, and the key that is the reason if one is."""

    book: _Opened
    place: int
    ready: Ready
    why: Why
    key: int = -1

    @property
    def id(self) -> Id:
        return self.book.number, self.ready.number

    @property
    def is_sticky(self) -> bool:
        return self.why is Why.STICKY


class Moment:
    """One reply's turn to be told something.

    `past` is what was told before, and the ledger has what stands in `system`. Only the moment of which
    people may ask explains what it tells.
    """

    def __init__(self, said: Said, at: int, ledger: Ledger, past: Past) -> None:
        """Begin with `at` turns before it."""
        self._said = said
        self._at = at
        self._explains = at == len(said.heard)
        self._ledger = ledger
        self._began = past.began
        self._start = past.start
        self._books = [self._opened(number) for number in range(len(said.books))]
        for number, entry in past.began:
            index = said.books[number]
            if self._stays((number, entry), index.entries[entry]):
                self._books[number].brought.add(index.places[entry])

    def _opened(self, number: int) -> _Opened:
        index, said = self._said.books[number], self._said.keys(number, self._at)
        return _Opened(number, index, said, _owned(index, said) | index.unfixed)

    def step(self) -> Ledger:
        """Return the ledger with what is told."""
        new = [*self._ledger.told.values(), *self._chosen(again=False)]
        for _ in range(STEPS):
            if not self._bring_up(new):
                break
            new = self._chosen(again=True)
        return self._ledger

    def _bring_up(self, new: Iterable[Told]) -> bool:
        """Look for keys in what was just told; return whether any is new."""
        persona = self._ledger.around.persona
        texts = [
            (each.ready.name, each.ready.sought.replace("{{char}}", persona))
            for each in new
            if each.source.book.recursive and not each.ready.entry.prevent_recursion
        ]
        found = False
        for book in self._books if texts else ():
            if not book.index.book.recursive:
                continue
            before = len(book.lore)
            for name, text in texts:
                for key in book.index.found_in_lore(text).keys:
                    book.lore.setdefault(key, name)
            if len(book.lore) > before:
                book.brought |= _owned(book.index, book.lore)
                found = True
        return found

    def _chosen(self, *, again: bool) -> list[Told]:
        """Return those of the entries that are told now, the most important first."""
        candidates = list(islice(self._candidates(again=again), CHOSEN))
        chosen = [each for each in self._grouped(candidates) if self._allowed(each)]
        for each in candidates:
            each.book.settled.add(each.place)
        told = self._ledger.told
        return [told[each.id] for each in chosen if self._ledger.pay(each.book.number, self._told(each))]

    def _candidates(self, *, again: bool) -> Iterator[_Candidate]:
        """Yield the entries that there is a reason to tell, the most important first."""
        looked = 0
        for book in self._books:
            for place in sorted(book.brought - book.settled)[: CANDIDATES - looked]:
                looked += 1
                found = self._reason(book, place, again=again)
                if found is not None:
                    yield found

    def _reason(self, book: _Opened, place: int, *, again: bool) -> _Candidate | None:
        """Return an entry with the reason to tell it; None if there is none now."""
        ready = book.index.loose[place]
        if self._began and self._stays((book.number, ready.number), ready):
            return _Candidate(book, place, ready, Why.STICKY)
        if ready.entry.delay_until_recursion and not again and not ready.marks.activate:
            return None
        if ready.is_constant:
            return _Candidate(book, place, ready, Why.CONSTANT)
        said, lore = book.said, {} if ready.entry.exclude_recursion else book.lore

        def hits(key: int) -> bool:
            return said.get(key, ready.depth) < ready.depth or key in lore

        key = next(filter(hits, ready.keys), None)
        if key is None:
            return None
        why = Why.SAID if said.get(key, ready.depth) < ready.depth else Why.LORE
        found = _Candidate(book, place, ready, why, key)
        if not all(condition.holds(hits) for condition in ready.conditions):
            self._hold(found, Held.KEYS)
            return None
        return found

    def _told(self, each: _Candidate) -> Told:
        return Told(each.book.index, each.ready, each.why, self._cause(each))

    def _hold(self, each: _Candidate, why: Held) -> None:
        self._ledger.hold(each.book.number, Untold(each.book.index, each.ready, why, self._cause(each)))

    def _cause(self, each: _Candidate) -> Cause:
        if each.key < 0 or not self._explains:
            return NO_CAUSE
        by = each.book.lore.get(each.key, "")
        if each.why is Why.SAID:
            by = self._said.heard[self._at - 1 - each.book.said[each.key]].name
        return Cause(each.book.index.written(each.ready, each.key), by)

    def _stays(self, id_: Id, ready: Ready) -> bool:
        began = self._began.get(id_)
        return began is not None and (ready.marks.keeps or self._at < began + ready.sticky)

    def _allowed(self, each: _Candidate) -> bool:
        """Return whether nothing but the room is in the way of an entry."""
        held = self._obstacle(each)
        if held is not None:
            self._hold(each, held)
        return held is None

    def _obstacle(self, each: _Candidate) -> Held | None:
        return next(self._obstacles(each), None)

    def _obstacles(self, each: _Candidate) -> Iterator[Held]:
        ready, at = each.ready, self._at
        marks, began = ready.marks, self._began.get(each.id)
        if is_elsewhere(ready, self._ledger.around):
            yield Held.GREETING
        if each.is_sticky:
            return
        if at < ready.delay or (marks.after and at < REACH and self._said.own(at) < marks.after):
            yield Held.EARLY
        if marks.every and self._said.own(at, self._start) % marks.every:
            yield Held.EARLY
        if marks.once and began is not None:
            yield Held.ONCE
        if began is not None and at < began + ready.sticky + ready.cooldown:
            yield Held.REST
        chance = ready.entry.probability
        if chance < EVERY_TIME and self._roll(each.id, "chance") * EVERY_TIME >= chance:
            yield Held.CHANCE

    def _grouped(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Return the candidates with one of each group, which none has yet."""
        groups: dict[str, list[_Candidate]] = {}
        for each in candidates:
            for group in each.ready.groups:
                groups.setdefault(group, []).append(each)
        if not groups:
            return list(candidates)
        out: set[Id] = set()
        taken = {group for told in self._ledger.told.values() for group in told.ready.groups}
        for group, members in sorted(groups.items()):
            left = [] if group in taken else [each for each in members if each.id not in out]
            able = [each for each in left if self._obstacle(each) is None]
            winner = self._winner(group, able)
            # Those that could not be told anyway say why themselves.
            for each in able if group not in taken else members:
                if each is not winner:
                    out.add(each.id)
                    self._hold(each, Held.GROUP)
        return [each for each in candidates if each.id not in out]

    def _winner(self, group: str, members: Sequence[_Candidate]) -> _Candidate | None:
        sticky = next((each for each in members if each.is_sticky), None)
        weights = [each.ready.entry.group_weight for each in members]
        if sticky is not None or not sum(weights):
            return sticky or next(iter(members), None)
        at = self._roll((0, 0), f"group {group}") * sum(weights)
        for each, weight in zip(members, weights, strict=True):
            at -= weight
            if at < 0:
                return each
        return members[-1]

    def _roll(self, id_: Id, what: str) -> float:
        """Return a number from 0 up to 1, the same for each try of a reply."""
        position, name = self._said.position(self._at) or 0, self._said.books[id_[0]].name
        return number_for(self._ledger.around.seed, position, what, name, id_[1])


def is_elsewhere(ready: Ready, around: Circumstances) -> bool:
    """Return whether an entry is for stories that began with another greeting."""
    return ready.marks.greeting is not None and ready.marks.greeting != around.greeting


def _owned(index: Index, keys: Iterable[int]) -> set[int]:
    """Return the entries that any of the keys belongs to, by their places."""
    return set().union(*(index.by_key[key] for key in keys if key in index.by_key))
