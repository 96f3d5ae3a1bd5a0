"""The table of the bench: what was measured, what is to be reached, and what the peers take."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.live.counts import Shown

DIGITS = {"s": 2, "ms": 1, "MB": 0, "%": 1}
"""Decimals of each unit; a count has none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        scene: where it was measured.
        figure: what it is.
        measured: how much of it there was.
        unit: of what.
        reach: the most there may be; None where it is only told.
        peers: what peers take for it, where that is known.
    """

    scene: str
    figure: str
    measured: float
    unit: str = "s"
    reach: float | None = None
    peers: str = ""

    @property
    def missed(self) -> bool:
        """Whether it is not what is to be reached."""
        return self.reach is not None and not self.measured <= self.reach

    @property
    def verdict(self) -> str:
        """The last column."""
        return "" if self.reach is None else "missed" if self.missed else "ok"


@dataclass
class Played:
    """What a scene leaves: its rows, its replies, and when it was.

    Attributes:
        lag_reach: milliseconds, where the scene says how late the loop may be.
    """

    scene: str
    rows: list[Row]
    replies: list[Shown] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    lag_reach: float | None = None


def written(value: float, unit: str) -> str:
    """Return a figure as the table prints it."""
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "never"
    return f"{value:.{DIGITS.get(unit, 0)}f} {unit}".rstrip()


def markdown(rows: Iterable[Row]) -> str:
    """Return the table."""
    lines = ["| scene | figure | measured | reach | peers | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        reach = "" if row.reach is None else f"≤ {written(row.reach, row.unit)}"
        cells = (row.scene, row.figure, written(row.measured, row.unit), reach, row.peers, row.verdict)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
