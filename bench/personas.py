"""A cast of a thousand: what loading it costs, what one changed file costs, and how soon a saved one plays.

    python -m bench.personas    # about half a minute

The files are the samples that come along, over and over, each under a name of its own. All else is the bot's:
the loader, the watcher on the system's events, the loop that keeps up.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.shipped import texts
from bot.files import yamlfile
from bot.files.watching import Watch
from bot.personas.library import PersonaLibrary
from bot.personas.reading import is_persona_file
from bot.personas.reloading import keep_up

FILES = 1_000
SAMPLES = list(texts().values())


def text(number: int, turn: int = 0) -> str:
    """Return a sample under a name of its own, another in each turn."""
    lines = SAMPLES[number % len(SAMPLES)].splitlines(keepends=True)
    return "".join(f"name: {name(number, turn)}\n" if line.startswith("name:") else line for line in lines)


def name(number: int, turn: int) -> str:
    """Return the name of a persona in a turn."""
    return f"Number {number} in turn {turn}"


def fill(folder: Path) -> int:
    """Write the cast; return its size in bytes."""
    for number in range(FILES):
        path_of(folder, number).write_text(text(number), encoding="utf-8")
    return sum(path.stat().st_size for path in folder.iterdir())


def path_of(folder: Path, number: int) -> Path:
    """Return the file of one persona."""
    return folder / f"persona-{number:04}.yaml"


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Do it some times; return how many seconds each took, the shortest first."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return sorted(took)


def milliseconds(took: list[float]) -> str:
    """Return the usual and the longest time, for people."""
    return f"half within {median(took) * 1000:.1f} ms, all within {max(took) * 1000:.1f} ms"


class Opened:
    """Counts the files that are opened below a folder."""

    def __init__(self, folder: Path) -> None:
        self.paths: list[str] = []
        self._folder = str(folder)
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(self._folder):
            self.paths.append(str(arguments[0]))


def load(folder: Path) -> PersonaLibrary:
    """Measure loading all of them."""
    personas = PersonaLibrary.load(folder)
    assert (len(personas.at(None)), personas.problems) == (FILES, ())
    took = timed(lambda: PersonaLibrary.load(folder), 7)
    print(f"loading {FILES} files: {median(took):.2f} s, at most {max(took):.2f} s")
    fast, yamlfile._CLoader = yamlfile._CLoader, None  # type: ignore[misc]  # noqa: SLF001
    took = timed(lambda: PersonaLibrary.load(folder), 3)
    yamlfile._CLoader = fast  # type: ignore[misc]  # noqa: SLF001
    print(f"with PyYAML's parser in Python alone: {median(took):.2f} s")
    return personas


def reread(folder: Path, personas: PersonaLibrary) -> None:
    """Measure reading one of them again, and looking whether any has changed."""
    watch = Watch({folder: is_persona_file})
    opened = Opened(folder)
    changed = path_of(folder, 7)
    took = timed(lambda: personas.reread([changed]), 200)
    print(f"reading one file again: {milliseconds(took)}; files opened: {len(opened.paths) / 200:.0f}")
    assert set(opened.paths) == {str(changed)}
    took = timed(watch._look, 200)  # noqa: SLF001
    print(f"looking whether any has changed: {milliseconds(took)}")


@asynccontextmanager
async def kept_up(folder: Path, personas: PersonaLibrary) -> AsyncIterator[None]:
    """Meanwhile keep up with the files, as the bot does."""

    async def tell(text: str) -> None:
        print(text)

    keeping = asyncio.create_task(keep_up(personas, Watch({folder: is_persona_file}), tell))
    await asyncio.sleep(2)
    yield
    keeping.cancel()
    await asyncio.wait([keeping])


async def live(folder: Path, personas: PersonaLibrary) -> None:
    """Measure how soon a saved file plays, what waiting costs, and how soon all of them do."""
    async with kept_up(folder, personas):
        took = []
        for turn in range(1, 41):
            number = turn * 23 % FILES
            (folder / "draft").write_text(text(number, turn), encoding="utf-8")
            await asyncio.sleep(turn * 0.0037)  # anywhere between two looks
            (folder / "draft").replace(path_of(folder, number))
            took.append(await until_live(personas, number, turn))
        print(f"from os.replace to live: {milliseconds(took)}")
        began, seconds = time.process_time(), 5
        await asyncio.sleep(seconds)
        print(f"waiting for changes: {(time.process_time() - began) / seconds:.1%} of a core")
        for number in range(FILES):
            path_of(folder, number).write_text(text(number, 99), encoding="utf-8")
        waited = [await until_live(personas, number, 99) for number in range(FILES)]
        print(f"{FILES} files saved in a row: all are live {sum(waited):.1f} s after the last")


async def until_live(personas: PersonaLibrary, number: int, turn: int) -> float:
    """Return how many seconds it took until a persona was as in this turn."""
    began = time.perf_counter()
    while True:
        persona = personas.at(None).get(f"persona-{number:04}")
        if persona is not None and persona.name == name(number, turn):
            return time.perf_counter() - began
        await asyncio.sleep(0.001)


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        print(f"{FILES} files, {fill(folder) / FILES / 1024:.1f} KiB each")
        personas = load(folder)
        reread(folder, personas)
        asyncio.run(live(folder, personas))


if __name__ == "__main__":
    main()
