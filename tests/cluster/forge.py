"""Several bots on one database, and what may befall them: `python -m tests.cluster.forge [scene ...]`, `make cluster`.

It prints a table, and exits with 1 if anything is not as it is to be.
"""

import argparse
import asyncio
import gc
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.cluster import troubles
from tests.cluster.ledger import End
from tests.cluster.stage import FACES, Setting, stage
from tests.cluster.troubles import Outcome, Trouble, play
from tests.postgres import MISSING, programs

RATE: Final = 500 / 60
"""Mentions a second."""

PRECEDENCE: Final = 10
"""Among processes in real time, 1 to 99."""

MOST_LINES: Final = 25
"""Lines that are printed of what is wrong with a scene."""

Scene = Callable[[argparse.Namespace, random.Random], Trouble]

SCENES: Final[dict[str, Scene]] = {
    "kill -9": lambda asked, dice: troubles.kills(asked.kills, (0.5 * asked.apart, 1.5 * asked.apart), dice),
    "kill -9 at once again": lambda asked, dice: troubles.kills(asked.kills, (0.5, 10), dice, shared=False),
    "lease cut": lambda asked, _: troubles.cuts(4, asked.apart),
    "database restarted": lambda *_: troubles.database_restarts(10),
    "stopped for 40 s": lambda *_: troubles.stops(40),
    "rolling update": lambda asked, _: troubles.updates(asked.rounds, 5),
}


async def perform(asked: argparse.Namespace, face: str, folder: Path) -> list[Outcome]:
    """Play scenes one after another on the same bots."""
    dice = random.Random(asked.seed)
    setting = Setting(
        tuple(asked.machines),
        (face,),
        asked.channels,
        asked.identify_pause,
        asked.concurrency,
        patience=asked.patience,
    )
    outcomes = []
    async with stage(folder, setting) as here:
        await here.start(*setting.machines)
        await here.all_ready()
        for scene in asked.scenes or SCENES:
            print(f"{scene}, {face} …", file=sys.stderr, flush=True)
            trouble = SCENES[scene](asked, dice)
            outcomes.append(await play(here, scene, trouble, asked.rate, face))
            print(table(outcomes[-1:]), file=sys.stderr, flush=True)
        if asked.log:
            here.keep(asked.log, face)
    return outcomes


def table(outcomes: Iterable[Outcome]) -> str:
    """Return what was counted, as Markdown."""
    heads = (
        "what befalls them", "face", "times", "mentions", "answered", "cut short, told", "told alone", "never heard of",
        "accepted, unanswered", "answered twice", "takeover, worst", "median", "gap", "most in 1 s", "read late by", "429s", "",
    )  # fmt: skip
    lines = [heads, ("---",) * len(heads)]
    for each in outcomes:
        ends, over = each.ends, sorted(each.takeovers)
        lost = ends[End.NOTHING] + ends[End.HALF] - each.accepted_unanswered
        lines.append((
            each.scene, each.face, str(each.times), str(ends.total()), str(ends[End.WHOLE]), str(ends[End.CUT]),
            str(ends[End.TOLD]), str(lost), str(each.accepted_unanswered), str(each.twice),
            f"{each.takeover:.1f} s" if over else "", f"{over[len(over) // 2]:.1f} s" if over else "",
            "" if each.gap is None else f"{each.gap:.2f} s", str(each.most), f"{each.late:.2f} s", str(each.refused),
            "missed" if each.missed() else "ok",
        ))  # fmt: skip
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def be_prompt() -> None:
    """Let this process go before the bots, where it may, and never pause: what they send must not be read late.

    Nothing of what the stand-ins remember is garbage, and to look through it takes a second after half an hour.
    """
    gc.disable()
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRECEDENCE))


def main() -> int:
    """Play, print, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster.forge", description="Several bots, in trouble."
    )
    parser.add_argument("scenes", nargs="*", metavar="scene", help=", ".join(SCENES))
    parser.add_argument("--face", choices=FACES, action="append", help="whose names replies are posted under")
    parser.add_argument("--machines", nargs="+", default=["a", "b"])
    parser.add_argument("--kills", type=int, default=50, help="with each face")
    parser.add_argument(
        "--apart", type=float, default=15.0, help="seconds between two troubles, on the average"
    )
    parser.add_argument("--rate", type=float, default=RATE, help="mentions a second")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument(
        "--identify-pause", type=float, default=5.0, help="seconds between two sessions that begin"
    )
    parser.add_argument("--concurrency", type=int, default=1, help="keys whose sessions may begin at once")
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds in which all must be well again"
    )
    parser.add_argument("--rounds", type=int, default=5, help="of updates")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="a folder for what the bots log")
    asked = parser.parse_args()
    if unknown := set(asked.scenes) - SCENES.keys():
        parser.error(f"there is no scene {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    if programs() is None:
        parser.error(MISSING)
    be_prompt()
    outcomes = []
    for face in asked.face or FACES:
        with tempfile.TemporaryDirectory() as folder:
            outcomes += asyncio.run(perform(asked, face, Path(folder)))
    print(table(outcomes))
    for each in outcomes:
        for line in each.missed()[:MOST_LINES]:
            print(f"{each.scene}, {each.face}: {line}")
    return 1 if any(each.missed() for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
