"""Leases: which process has which shard, when one counts as hung, and when as gone.

Law: pure; the caller passes what it sees, and when. All processes see the same, a second earlier or later,
and reckon the same from it: so every shard is somebody's in the end, and none goes to and fro.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of the protocol.

    Attributes:
        beat: between two signs of life of a process.
        deaf: without an answer of the database's, after which a process sends nothing more to Discord.
        stale: without a sign of life, after which another process ends one that is hung.
        grace: from the end of a process until another takes up what it has left; longer than `deaf`.
    """

    beat: float = 1.0
    deaf: float = 2.0
    stale: float = 10.0
    grace: float = 5.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A living process.

    Attributes:
        id: its number; never given twice.
        is_draining: whether it is to end, and has its shards only until others are ready for them.
        held: the shards that it has.
        served: those of them that it is connected with.
    """

    id: int
    is_draining: bool = False
    held: frozenset[int] = frozenset()
    served: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process is to do about shards.

    Attributes:
        take: shards without a holder, to be taken at once.
        adopt: shards to connect beside their holder, which gives them up once it is heard that this is done.
        spare: shards that it has itself and gives up to another that is ready for them.
        useless: shards that it has, is not connected with, and will not be: it gives them up at once.
    """

    take: frozenset[int] = frozenset()
    adopt: frozenset[int] = frozenset()
    spare: frozenset[int] = frozenset()
    useless: frozenset[int] = frozenset()


def plan(me: int, peers: Collection[Peer], count: int, adopting: frozenset[int] = frozenset()) -> Plan:
    """Return what process `me`, one of `peers`, is to do about `count` shards.

    `adopting` are those that it connects beside others already.

    Each process that stays is to have as many as any other, or one more; who has more now keeps that one.
    While nobody serves a shard, nobody begins to connect beside another that stays: sessions begin one after
    another, and whose servers have nobody come first.
    """
    shards = frozenset(range(count))
    staying = sorted((each for each in peers if not each.is_draining), key=lambda each: each.id)
    leaving = sorted(chain(*(each.held & shards for each in peers if each.is_draining)))
    if all(each.id != me for each in staying):
        mine = next((each for each in peers if each.id == me), Peer(me))
        return Plan(spare=mine.held, useless=mine.held - mine.served)
    has = {each.id: each.held & shards for each in staying}
    shares = _shares(staying, count)
    kept = {id_: frozenset(sorted(held)[: shares[id_]]) for id_, held in has.items()}
    taken = frozenset(chain(*has.values(), leaving))
    moving = [*sorted(shards - taken), *leaving, *sorted(chain(*(has[id_] - kept[id_] for id_ in kept)))]
    assigned: frozenset[int] = frozenset()
    for id_, share in shares.items():
        lacks = share - len(kept[id_])
        if id_ == me:
            assigned = frozenset(moving[:lacks])
        moving = moving[lacks:]
    is_whole = shards <= frozenset(chain(*(each.served for each in peers)))
    adopted = assigned & taken
    urgent = adopting | frozenset(leaving)  # who leaves doesn't wait for long
    return Plan(assigned - taken, adopted if is_whole else adopted & urgent, has[me] - kept[me])


def _shares(staying: Collection[Peer], count: int) -> dict[int, int]:
    """Return how many shards each process is to have; who has most now gets what is over."""
    share, over = divmod(count, len(staying))
    by_most = sorted(staying, key=lambda each: (-len(each.held), each.id))
    return {each.id: share + (place < over) for place, each in enumerate(by_most)}


@dataclass(frozen=True, slots=True)
class Seen:
    """A process as one look at the database shows it.

    Attributes:
        beat: what its latest sign of life says; another one with each.
        is_locked: whether its connection is there.
    """

    beat: int
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """Who has come to an end: `hung` are to be ended, and what `gone` have left is to be taken up."""

    hung: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()


@dataclass(slots=True)
class Watch:
    """How long others have been without a sign, as far as a process has watched them without a break.

    Who could not look for a while, as the database was away or it was itself stopped, knows nothing of that
    while, and begins again.
    """

    times: Times = field(default_factory=Times)
    _looked: float = -math.inf
    _beats: dict[int, tuple[int, float]] = field(default_factory=dict)
    _free: dict[int, float] = field(default_factory=dict)

    def look(self, now: float, seen: Mapping[int, Seen]) -> Ends:
        """Note what one look shows at `now`, in seconds that never go back; return who has ended."""
        if now - self._looked > self.times.deaf:
            self._beats, self._free = {}, {}
        self._looked = now
        known = self._beats
        self._beats = {
            id_: known[id_] if id_ in known and known[id_][0] == each.beat else (each.beat, now)
            for id_, each in seen.items()
        }
        self._free = {id_: self._free.get(id_, now) for id_, each in seen.items() if not each.is_locked}
        return Ends(
            frozenset(
                id_
                for id_, (_, since) in self._beats.items()
                if id_ not in self._free and now - since >= self.times.stale
            ),
            frozenset(id_ for id_, since in self._free.items() if now - since >= self.times.grace),
        )
