"""Live replies: the real bot between both stand-ins, timed by what people see.

    python -m bench.live [scene ...] [--face bot|webhook] [--unpaced] [--json]

Law: it only measures. It ends with 1 if anything that is to be reached is missed. With `--unpaced` each
request goes at once; then it ends with 1 if nothing got worse: such a Discord is too lenient to judge.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.live.counts import percentile
from bench.live.scenes import ASIDE, CHANNELS, SCENES, play
from bench.live.stage import FACES, Stage, lags, stage
from bench.live.table import Played, Row, markdown

UNPACED = ("50", "long")
"""The scenes in which pacing is most needed."""

PAUSE = 1.2
"""Seconds between two scenes, for the limit over all requests to be whole again."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description="Live replies, timed.")
    parser.add_argument("scenes", nargs="*", metavar="scene", help=", ".join(SCENES))
    parser.add_argument("--face", choices=FACES, default="bot", help="whose name replies are posted under")
    parser.add_argument("--unpaced", action="store_true", help="let each request go at once")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--log", type=Path, help="where to write what the bot logs, and every request")
    options = parser.parse_args()
    if unknown := set(options.scenes) - SCENES.keys():
        parser.error(f"there is no scene {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    return options


def _chosen(options: argparse.Namespace) -> list[str]:
    return options.scenes or [
        *(UNPACED if options.unpaced else (each for each in SCENES if each not in ASIDE))
    ]


async def _perform(options: argparse.Namespace, folder: Path) -> list[Played]:
    """Play all scenes in one life of the bot."""
    names = _chosen(options)
    channels = 1 + sum(CHANNELS.get(name, 1) for name in names)
    played: list[Played] = []
    # What grows with the stories is no leak: for the memory's scene they fill their window at once.
    window = 2048 if names == ["memory"] else 65_536
    settings = {"face": options.face, "paced": not options.unpaced, "window": window}
    async with stage(folder, channels=channels, **settings) as here:
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            played.append(await play(here, name))
            await asyncio.sleep(PAUSE)
    if options.log:
        options.log.write_text(_log(here), encoding="utf-8")
    late = lags(folder)
    for each in played:
        for whose, seen, reach in (("", late, each.lag_reach), (" of the stand-ins", here.lags.seen, None)):
            times = [seconds * 1000 for at, seconds in seen if each.began <= at <= each.ended]
            if times:
                row = Row(each.scene, f"loop lag{whose}, p99", percentile(times, 0.99), "ms", reach)
                each.rows.append(row)
    return played


def _log(here: Stage) -> str:
    requests = [
        f"{here.world.started + each.at:.3f} {each.method} {each.path} {each.status} {json.dumps(each.json)}"
        for each in here.world.requests
    ]
    return "\n".join([here.process.output, *requests])


def _verdict(options: argparse.Namespace, rows: list[Row]) -> int:
    """Return the exit code, and say why."""
    missed = [row for row in rows if row.missed]
    if not options.unpaced:
        return 1 if missed else 0
    worse = any(row.figure.startswith("429s") for row in missed) and any(
        "final" in row.figure for row in missed
    )
    print("Without pacing it is worse, as it should be." if worse else "TOO LENIENT: no pacing, no harm.")
    return 0 if worse else 1


def main() -> int:
    """Play, print, and return the exit code."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(_perform(options, Path(folder)))
    rows = [row for each in played for row in each.rows]
    print(json.dumps([asdict(row) for row in rows], indent=1) if options.json else markdown(rows))
    return _verdict(options, rows)


if __name__ == "__main__":
    sys.exit(main())
