"""Activation: which entries one reply is told, and why; which it isn't told, and why not.

Law: it follows from the books, the turns before the reply and the scene's seed, and from nothing else. So a
retry is told the same, and what a deleted turn brought about is gone with it. What was told before is worked
out by telling it again. An entry is told once, within the budget; one that isn't told brings up no other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from heapq import nsmallest
from typing import Final, NamedTuple

from bot.core.lore.index import EVERY_TIME, Index, Ready
from bot.core.lorebook import TIMER_LIMIT, Spot
from bot.core.macros.reading import with_names
from bot.core.scene import Position

STEPS: Final = 5
"""How often what is told may bring up something else, which may bring up something else."""

REACH: Final = 2 * TIMER_LIMIT
"""Most turns that are looked at for what was told before: the longest sticky time and rest after it."""

CANDIDATES, CHOSEN = 1000, 128
"""Most entries that are looked at in one step, and most of those with a reason: more have no room anyway."""

LONGEST: Final = 100
"""A text with more characters for each token that there is room for isn't counted: it has no room."""

ANCHOR: Final = 64
"""About every so many turns is one from which what was told before may be worked out."""


class Heard(NamedTuple):
    """A turn as keys are looked for in it; `own` says that the persona said it."""

    name: str
    text: str
    position: Position
    own: bool = False

    @property
    def scanned(self) -> str:
        """The text with its speaker's name in front."""
        return f"{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else counts.

    Attributes:
        seed: the same for all replies of a scene, and for no two scenes.
        room: the most tokens of all entries together.
        count: returns the tokens of a text.
        persona: the name that `{{char}}` stands for.
    """

    seed: int
    room: int
    count: Callable[[str], int]
    persona: str = ""


class Why(StrEnum):
    """Why an entry is told."""

    CONSTANT = "constant"
    SAID = "said"
    LORE = "lore"  # another entry brought it up
    STICKY = "sticky"


class Held(StrEnum):
    """Why an entry isn't told, although one of its keys was said or it needs none."""

    KEYS = "keys"  # its secondary keys
    CHANCE = "chance"
    REST = "rest"
    ONCE = "once"
    EARLY = "early"
    GROUP = "group"
    ROOM = "room"


class Cause(NamedTuple):
    """A key as it was written, and who said it: a speaker or an entry."""

    key: str = ""
    by: str = ""


NO_CAUSE: Final = Cause()


@dataclass(frozen=True, slots=True)
class Told:
    """An entry that is told, and what it costs."""

    index: Index
    ready: Ready
    why: Why
    cause: Cause = NO_CAUSE
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Untold:
    """An entry that isn't told, although there was a reason to."""

    index: Index
    ready: Ready
    why: Held
    cause: Cause = NO_CAUSE


@dataclass(frozen=True, slots=True)
class Activation:
    """What one reply is told, in the order in which it is, and what it isn't told."""

    told: tuple[Told, ...] = ()
    untold: tuple[Untold, ...] = ()

    def standing(self, spot: Spot) -> list[str]:
        """Return the texts that stand in `system`."""
        return [each.ready.marks.text for each in self.told if each.ready.spot is spot]

    @property
    def triggered(self) -> list[str]:
        """The texts that only this reply is told."""
        return [each.ready.marks.text for each in self.told if each.ready.spot is None]


NOTHING: Final = Activation()


def activate(books: Sequence[Index], heard: Sequence[Heard], around: Circumstances) -> Activation:
    """Return what a reply is told; `books` in the order of precedence, `heard` the turns, oldest first.

    Of the turns, those that `turns_needed` asks for are enough.
    """
    began = dict[_Id, int]()
    start = _anchor(heard)
    if any(book.is_timed for book in books):
        for at in (at for at, turn in enumerate(heard) if turn.own and at >= start):
            moment = _Moment(books, heard[:at], around, began, start)
            if moment.may_begin:
                for each in moment.step().told:
                    if each.ready.is_timed:
                        moment.begin(each)
    return _Moment(books, heard, around, began, start).step()


def turns_needed(books: Iterable[Index]) -> int:
    """Return how many of the newest turns decide what is told."""
    books = list(books)
    if any(book.is_timed or book.counts for book in books):
        return REACH
    return max((book.depth for book in books), default=0)


_Id = tuple[int, int]
"""An entry: the number of its book, and its own."""


class _Hit(NamedTuple):
    ago: int
    by: str


@dataclass(slots=True)
class _Candidate:
    """An entry that may be told in this step."""

    id: _Id
    told: Told
    is_sticky: bool = False


@dataclass(slots=True)
class _Moment:
    """One reply's turn to be told something.

    `heard` is all before it, `began` when which entry was last told, and `start` the turn from which on that
    is known.
    """

    books: Sequence[Index]
    heard: Sequence[Heard]
    around: Circumstances
    began: dict[_Id, int]
    start: int
    told: dict[_Id, Told] = field(default_factory=dict)
    untold: dict[_Id, Untold] = field(default_factory=dict)
    spent: int = 0
    spent_by: dict[int, int] = field(default_factory=dict)
    _said: list[dict[int, _Hit]] | None = None
    _lore: list[dict[int, str]] = field(default_factory=list)

    @property
    def may_begin(self) -> bool:
        """Whether an entry may be told of which it matters later; cheap, and sometimes wrongly yes."""
        for number, book in enumerate(self.books):
            if book.is_timed and (book.book.recursive or book.unfixed):
                return True
            if any(ready.is_timed for key in self.said[number] for ready in book.by_key.get(key, ())):
                return True
        return False

    @property
    def said(self) -> list[dict[int, _Hit]]:
        """For each book, where its keys were last said."""
        if self._said is None:
            self._said = []
            for book in self.books:
                found: dict[int, _Hit] = {}
                depth = book.depth
                for ago, turn in enumerate(reversed(self.heard[-depth:] if depth else ())):
                    for key in book.matches(turn.scanned):
                        found.setdefault(key, _Hit(ago, turn.name))
                self._said.append(found)
            self._lore = [{} for _ in self.books]
        return self._said

    def begin(self, told: Told) -> None:
        """Note that a timed entry was told now, unless its time runs."""
        id_ = (self.books.index(told.index), told.ready.number)
        if told.why is not Why.STICKY:
            self.began[id_] = self.now

    @property
    def now(self) -> int:
        """How many messages there are, as far as that matters."""
        return len(self.heard)

    def step(self) -> Activation:
        """Return what is told."""
        new = self._chosen(self._first(), again=False)
        for _ in range(STEPS):
            if not self._bring_up(new):
                break
            new = self._chosen(self._further(), again=True)
        told = sorted(self.told.items(), key=lambda each: (each[1].ready.entry.order, each[0]))
        held = [each for id_, each in sorted(self.untold.items()) if id_ not in self.told]
        return Activation(tuple(each for _, each in told), tuple(held))

    def _first(self) -> Iterator[tuple[_Id, Ready]]:
        """Yield the entries for which there may be a reason from the start."""
        for number, book in enumerate(self.books):
            owners = (ready for key in self.said[number] for ready in book.by_key.get(key, ()))
            for ready in (*book.fixed, *book.unfixed, *owners):
                yield (number, ready.number), ready
        for number, entry in self.began:
            yield (number, entry), self.books[number].entries[entry]

    def _further(self) -> Iterator[tuple[_Id, Ready]]:
        """Yield the entries for which there may be a reason once others were told."""
        for number, book in enumerate(self.books):
            owners = (
                ready
                for key in (*self._lore[number], *self.said[number])
                for ready in book.by_key.get(key, ())
            )
            for ready in (*book.unfixed, *owners):
                yield (number, ready.number), ready

    def _bring_up(self, new: Iterable[Told]) -> bool:
        """Look for keys in what was just told; return whether any is new."""
        texts = [
            (each.ready.name, with_names(each.ready.sought, self.around.persona, ""))
            for each in new
            if each.index.book.recursive and not each.ready.entry.prevent_recursion
        ]
        found = False
        for number, book in enumerate(self.books):
            if not book.book.recursive:
                continue
            for name, text in texts:
                for key in book.matches(text):
                    if key not in self._lore[number]:
                        self._lore[number][key] = name
                        found = True
        return found

    def _chosen(self, entries: Iterable[tuple[_Id, Ready]], *, again: bool) -> list[Told]:
        """Return those of the entries that are told now, most important first."""
        found = {
            id_: ready
            for id_, ready in entries
            if id_ not in self.told and not (again and self._is_settled(id_))
        }
        if len(found) > CANDIDATES:
            found = dict(nsmallest(CANDIDATES, found.items(), key=_importance))
        candidates: list[_Candidate] = []
        for id_, ready in found.items():
            candidate = self._reason(id_, ready, again=again)
            if candidate is not None:
                candidates.append(candidate)
        candidates = nsmallest(CHOSEN, candidates, key=_precedence)
        chosen = [each for each in self._grouped(candidates) if self._allowed(each)]
        return [told for each in sorted(chosen, key=_precedence) if (told := self._paid(each)) is not None]

    def _is_settled(self, id_: _Id) -> bool:
        """Return whether an entry was refused for a reason that holds for the whole reply."""
        held = self.untold.get(id_)
        return held is not None and held.why is not Held.KEYS

    def _reason(self, id_: _Id, ready: Ready, *, again: bool) -> _Candidate | None:
        """Return an entry with the reason to tell it; None if there is none now."""
        book = self.books[id_[0]]
        if self._is_sticky(id_, ready):
            return _Candidate(id_, Told(book, ready, Why.STICKY), is_sticky=True)
        if ready.entry.delay_until_recursion and not again and not ready.marks.activate:
            return None
        if ready.is_constant:
            return _Candidate(id_, Told(book, ready, Why.CONSTANT))
        said, lore = self.said[id_[0]], self._lore[id_[0]]

        def hit(key: int) -> Why | None:
            if key in said and said[key].ago < ready.depth:
                return Why.SAID
            return Why.LORE if key in lore and not ready.entry.exclude_recursion else None

        key = next((key for key in ready.keys if hit(key)), None)
        if key is None:
            return None
        why = hit(key)
        assert why is not None
        cause = Cause(book.written(ready, key), said[key].by if why is Why.SAID else lore[key])
        if not all(condition.holds(lambda key: hit(key) is not None) for condition in ready.conditions):
            self.untold[id_] = Untold(book, ready, Held.KEYS, cause)
            return None
        return _Candidate(id_, Told(book, ready, why, cause))

    def _is_sticky(self, id_: _Id, ready: Ready) -> bool:
        began = self.began.get(id_)
        return began is not None and (ready.marks.keeps or self.now < began + ready.sticky)

    def _allowed(self, each: _Candidate) -> bool:
        """Return whether nothing but the room is in the way of an entry."""
        if each.is_sticky or each.told.ready.spot is not None:
            return True
        held = self._obstacle(each.id, each.told.ready)
        if held is not None:
            self._hold(each, held)
        return held is None

    def _obstacle(self, id_: _Id, ready: Ready) -> Held | None:
        entry, marks = ready.entry, ready.marks
        began = self.began.get(id_)
        rests = began is not None and self.now < began + ready.sticky + ready.cooldown
        is_early = self.now < ready.delay or (self.now < REACH and self._own(0) < marks.after)
        checks = {
            Held.EARLY: is_early or (marks.every and self._own(self.start) % marks.every),
            Held.ONCE: marks.once and began is not None,
            Held.REST: rests,
            Held.CHANCE: self._roll(id_, "chance") * EVERY_TIME >= entry.probability,
        }
        return next((held for held, is_so in checks.items() if is_so), None)

    def _own(self, start: int) -> int:
        """Return how many of the turns from `start` on are the persona's."""
        return sum(turn.own for turn in self.heard[start:])

    def _grouped(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Return the candidates with one of each group, which none has yet."""
        groups: dict[str, list[_Candidate]] = {}
        for each in candidates:
            for group in each.told.ready.groups:
                groups.setdefault(group, []).append(each)
        out: set[_Id] = set()
        taken = {group for told in self.told.values() for group in told.ready.groups}
        for group, members in sorted(groups.items()):
            left = [] if group in taken else [each for each in members if each.id not in out]
            able = [each for each in left if each.is_sticky or not self._obstacle(each.id, each.told.ready)]
            winner = self._winner(group, able)
            # Those that could not be told anyway say why themselves.
            for each in able if group not in taken else members:
                if each is not winner:
                    out.add(each.id)
                    self._hold(each, Held.GROUP)
        return [each for each in candidates if each.id not in out]

    def _winner(self, group: str, members: Sequence[_Candidate]) -> _Candidate | None:
        sticky = next((each for each in members if each.is_sticky), None)
        weights = [each.told.ready.entry.group_weight for each in members]
        if sticky is not None or not sum(weights):
            return sticky or next(iter(members), None)
        at = self._roll((0, 0), f"group {group}") * sum(weights)
        for each, weight in zip(members, weights, strict=True):
            at -= weight
            if at < 0:
                return each
        return members[-1]

    def _paid(self, each: _Candidate) -> Told | None:
        """Tell an entry if there is room for it, and its text isn't told already."""
        told, book = each.told, each.told.index.book
        text = told.ready.marks.text
        if any(other.ready.marks.text == text for other in self.told.values()):
            return None
        if len(text) > LONGEST * self.around.room:
            self._hold(each, Held.ROOM)
            return None
        tokens = self.around.count(text)
        spent = self.spent_by.get(each.id[0], 0)
        budget = self.around.room if book.token_budget is None else book.token_budget
        if self.spent + tokens > self.around.room or spent + tokens > budget:
            self._hold(each, Held.ROOM)
            return None
        self.spent += tokens
        self.spent_by[each.id[0]] = spent + tokens
        told = Told(told.index, told.ready, told.why, told.cause, tokens)
        self.told[each.id] = told
        return told

    def _hold(self, each: _Candidate, why: Held) -> None:
        self.untold[each.id] = Untold(each.told.index, each.told.ready, why, each.told.cause)

    def _roll(self, id_: _Id, what: str) -> float:
        """Return a number from 0 up to 1, the same for each try of a reply."""
        position = self.heard[-1].position if self.heard else 0
        name = self.books[id_[0]].name
        told = f"{self.around.seed}\n{position}\n{what}\n{name}\n{id_[1]}"
        return int.from_bytes(sha256(told.encode("utf-8", "replace")).digest()[:8]) / 2**64


def _precedence(each: _Candidate) -> tuple[object, ...]:
    """Return what comes first where there isn't room for all, as the smallest."""
    return _importance((each.id, each.told.ready))


def _importance(each: tuple[_Id, Ready]) -> tuple[object, ...]:
    id_, ready = each
    return (
        ready.spot is None,
        id_[0],
        not ready.is_constant,
        ready.marks.yields,
        -ready.rank,
        -ready.entry.order,
        id_[1],
    )


def _anchor(heard: Sequence[Heard]) -> int:
    """Return from which turn on what was told before is worked out.

    It is the same for many replies, so that times that follow each other don't shift with every turn.
    """
    latest = len(heard) - REACH // 2 if len(heard) >= REACH else 0
    return next((at for at in range(latest, 0, -1) if _is_anchor(heard[at].position)), 0)


def _is_anchor(position: Position) -> bool:
    """Return whether a turn is one in `ANCHOR`; the last bits of Discord's ids are nearly always the same."""
    return (position * 0x9E3779B97F4A7C15 >> 40) % ANCHOR == 0
