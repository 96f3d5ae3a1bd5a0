"""Playing of evenings, with this version of the bot or with that of another checkout.

Law: the scripts and this bench are of this checkout; the bot and the stage of its tests are of the other one,
in a process of its own, which imports nothing that the other one may lack.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.room import pages
from bench.room.evenings.all import EVENINGS
from bench.room.script import Evening
from bench.room.stage import Played, Request, play
from bot.core.completion import Naming

HERE: Final = Path(__file__).parents[2]

_CHILD: Final = """
import sys
other, bench_here, *arguments = sys.argv[1:]
sys.path.insert(0, other)
import bench
bench.__path__ = [bench_here]
from bench.room.playing import main
main(*arguments)
"""

Table = Sequence[tuple[Evening, Played]]
"""Evenings with what came of them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be played.

    Attributes:
        evenings: their keys; all without any.
        form: the form of all; "" for each in every form.
        replies: the folder of the replies to give instead of the scripts'; "" for none.
    """

    evenings: Sequence[str] = ()
    form: str = ""
    replies: str = ""


def by_key() -> dict[str, Evening]:
    """Return the evenings by name."""
    return {evening.key: evening for evening in EVENINGS}


def play_here(wanted: Wanted) -> Table:
    """Play in this process."""
    replies = pages.replies_in(Path(wanted.replies)) if wanted.replies else {}

    async def one(evening: Evening, naming: Naming) -> Played:
        def answered(step: int, nth: int) -> str | None:
            return replies.get(pages.label_of(evening, naming, step, nth))

        with tempfile.TemporaryDirectory() as folder:
            return await play(evening, naming, Path(folder), answered)

    chosen = [by_key()[key] for key in wanted.evenings] or EVENINGS
    forms = [Naming(wanted.form)] if wanted.form else list(Naming)
    pairs = [(evening, form) for evening in chosen for form in forms]
    return [(evening, asyncio.run(one(evening, form))) for evening, form in pairs]


def play_there(checkout: Path, wanted: Wanted) -> Table:
    """Play with the version of another checkout.

    Raises:
        CalledProcessError: it could not be played there.
    """
    arguments = [str(checkout.resolve()), str(HERE / "bench"), json.dumps(asdict(wanted))]
    done = subprocess.run(
        [sys.executable, "-P", "-c", _CHILD, *arguments],
        check=True,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    played = map(_played_of, json.loads(done.stdout))
    return [(by_key()[each.evening], each) for each in played]


def main(wanted: str) -> None:
    """Play what JSON wants, and print what came of it as JSON."""
    table = play_here(Wanted(**json.loads(wanted)))
    print(json.dumps([asdict(played) for _, played in table], ensure_ascii=False))


def _played_of(stored: Mapping[str, Any]) -> Played:
    requests = [Request(**request) for request in stored["requests"]]
    posts = {int(step): posts for step, posts in stored["posts"].items()}
    return Played(stored["evening"], stored["naming"], requests, posts)
