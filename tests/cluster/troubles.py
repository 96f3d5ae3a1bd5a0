"""What befalls a cluster while people talk to it, and what is counted of each trouble.

People talk evenly all the time, so that each shard is asked several times a second whenever something happens.
A scene is over when everybody has an answer, or never will.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.cluster.ledger import End
from tests.cluster.stage import Incident, Stage

CALM: Final = 3.0
"""Seconds of talk before and after the troubles."""

AFTER_A_KILL: Final = 1.0
"""Seconds after which a process is started again."""

UPDATE: Final = "update"
"""The kind of incident in which no gap may be: a process is replaced."""

REACH: Final = {"kill -9": 10.0, "lease cut": 10.0, "stopped": 20.0}
"""Seconds in which another process must have taken over."""

MOST_GAP: Final = 1.0
"""Seconds that people may wait longer for an answer to begin while a process is replaced."""

MOST_IN_A_SECOND: Final = 50
"""Requests that Discord takes in any second (its page "Rate Limits")."""

Trouble = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scene came to.

    Attributes:
        scene: what befell the bots.
        face: under whose name replies were posted.
        times: how often it befell them.
        ends: what became of the mentions.
        accepted_unanswered: the mentions that were stored and never answered.
        twice: the mentions that were answered twice.
        takeovers: seconds of each trouble until everyone is answered that the lost process would have answered.
        reach: the most seconds that this may take; None where it is only told.
        gap: seconds that people waited longer than usual; None where nothing was replaced.
        most: requests in any second.
        late: seconds by which the stand-ins themselves were late then.
        refused: answers 429.
        wrong: a line for each fault.
    """

    scene: str
    face: str
    times: int
    ends: Counter[End]
    accepted_unanswered: int
    twice: int
    takeovers: tuple[float, ...]
    reach: float | None
    gap: float | None
    most: int
    late: float
    refused: int
    wrong: tuple[str, ...]

    @property
    def takeover(self) -> float:
        """The longest takeover, in seconds; 0 if nothing had to be taken over."""
        return max(self.takeovers, default=0.0)

    def missed(self, *, timed: bool = True) -> list[str]:
        """Return what is not as it is to be; where not `timed`, nothing that goes by seconds is looked at.

        How many requests came in a second does: on a busy machine the stand-in reads late what was sent evenly.
        """
        found = list(self.wrong)
        if self.accepted_unanswered or self.twice:
            found.append(f"{self.accepted_unanswered} accepted and unanswered, {self.twice} answered twice")
        if timed and self.reach is not None and self.takeover > self.reach:
            found.append(f"taken over after {self.takeover:.1f} s, not {self.reach:.0f}")
        if timed and self.gap is not None and self.gap > MOST_GAP:
            found.append(f"a gap of {self.gap:.1f} s, not {MOST_GAP:.0f}")
        if timed and self.most > MOST_IN_A_SECOND:
            late = f", which the stand-ins read {self.late:.2f} s late" if self.late else ""
            found.append(f"{self.most} requests in a second, not {MOST_IN_A_SECOND}{late}")
        return found + ([f"{self.refused} × 429"] if timed and self.refused else [])


async def play(stage: Stage, scene: str, trouble: Trouble, rate: float, face: str) -> Outcome:
    """Let so many people a second talk to the bots while a trouble befalls them, and count what came of it."""
    began, refused, asked = stage.clock(), stage.world.limits.given, len(stage.world.requests)
    incidents = len(stage.incidents)
    talking = asyncio.create_task(stage.talk(rate))
    try:
        await asyncio.sleep(CALM)
        await trouble(stage)
        await asyncio.sleep(CALM)
    finally:
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking
    await stage.settle()
    ledger, befell = stage.ledger.since(began), stage.incidents[incidents:]
    updates = [each for each in befell if each.kind == UPDATE]
    takeovers = [ledger.takeover(each.at, each.shards) for each in befell if each.kind in REACH]
    return Outcome(
        scene,
        face,
        len(befell),
        Counter(ledger.ends().values()),
        len(ledger.accepted_unanswered()),
        len(ledger.twice()),
        tuple(takeovers),
        min((REACH[each.kind] for each in befell if each.kind in REACH), default=None),
        _gap(stage, updates, began) if updates else None,
        *stage.most_in_a_second(asked),
        stage.world.limits.given - refused,
        tuple(ledger.wrong()),
    )


def _gap(stage: Stage, updates: Iterable[Incident], began: float) -> float:
    """Return how much longer people waited while processes were replaced than those who asked in the calm before."""
    usual = median(stage.ledger.waits(began, began + CALM))
    waits = [wait for each in updates for wait in stage.ledger.waits(each.at, each.until)]
    return max(max(waits, default=usual) - usual, 0.0)


# -- what may befall them ----------------------------------------------------------------------


async def _restart(stage: Stage, machine: str) -> None:
    await asyncio.sleep(AFTER_A_KILL)
    await stage.members[machine].start()


def kills(number: int, apart: tuple[float, float], dice: random.Random, *, shared: bool = True) -> Trouble:
    """Kill bots at random moments: one of those that have another beside them, which is ready.

    Where not `shared`, also while shards change hands: Discord takes a session every five seconds, so nobody
    can say then how long a takeover may be.
    """

    async def trouble(stage: Stage) -> None:
        for _ in range(number):
            if shared:
                await stage.all_shared()
            await asyncio.sleep(dice.uniform(*apart))
            victim = dice.choice(sorted(stage.members))
            await stage.served_without(victim)
            stage.befalls("kill -9" if shared else "kill -9 at once again", victim)
            await stage.members[victim].kill()
            stage.new_day()
            await _restart(stage, victim)
        await stage.all_ready()

    return trouble


def cuts(number: int, apart: float) -> Trouble:
    """Cut the connections by which bots hold their leases, one after another."""

    async def trouble(stage: Stage) -> None:
        for turn in range(number):
            machine = sorted(stage.members)[turn % len(stage.members)]
            incident = stage.befalls("lease cut", machine)
            if not await stage.cut_lease(machine):
                incident.shards = frozenset()
            await asyncio.sleep(apart)
        await stage.all_ready()

    return trouble


def database_restarts(apart: float) -> Trouble:
    """Let the database's server die and come back."""

    async def trouble(stage: Stage) -> None:
        stage.befalls("database restarted")
        await stage.database.stop()
        await asyncio.sleep(1)
        await stage.database.start()
        await asyncio.sleep(apart)
        await stage.all_ready()

    return trouble


def stops(seconds: float) -> Trouble:
    """Let a process stand still for a time, and go on."""

    async def trouble(stage: Stage) -> None:
        machine = min(stage.members)
        stage.befalls("stopped", machine)
        stage.members[machine].signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        stage.members[machine].signal(signal.SIGCONT)
        await asyncio.sleep(CALM)
        await stage.all_ready()

    return trouble


def updates(rounds: int, apart: float) -> Trouble:
    """Replace each process, one after another, as an update does: SIGTERM, and a new one when the old has ended."""

    async def trouble(stage: Stage) -> None:
        for turn in range(rounds * len(stage.members)):
            machine = sorted(stage.members)[turn % len(stage.members)]
            incident = stage.befalls(UPDATE, machine)
            stage.members[machine].signal(signal.SIGTERM)
            await stage.ended(machine)
            await stage.members[machine].start()
            await stage.ready(machine)
            await asyncio.sleep(apart)
            incident.until = stage.clock()
            stage.new_day()

    return trouble
