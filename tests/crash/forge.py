"""Kills a process at random moments, starts it again on what is left, and looks whether anything was lost.

`python -m tests.crash.forge KILLS [SEED]` prints the counts, and exits with 1 if anything is wrong. Each process is a
fork of this one, which has imported everything, so that a life costs no start. A chain of lives shares a database;
a chain is repeated by its seed, though a kill's moment is the machine's: `python -m tests.crash.forge 10 SEED`.
"""

import asyncio
import gc
import json
import os
import random
import re
import select
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.personas.library import PersonaLibrary
from bot.storage import maintenance as engine
from bot.storage.journal import damage, journal_of, rollback_journal_of
from tests.crash.evening import cast, play, words_of
from tests.databases import _template

LIVES: Final = 10
"""Lives on one database."""

MOST_REPORTS: Final = 20
"""Reports after which a process is killed, at most."""

RESTORING: Final = 0.03
"""Seconds within which a `restore` is killed; it takes about as long."""

LATER: Final = 0.8
"""The share of lives that report something; the others are killed while they open the database."""

LINGER: Final = 0.004
"""Seconds that a kill comes after the report it goes by, at most."""

OPENING: Final = 0.06
"""Seconds after the fork within which a process is killed that isn't to report anything."""

ANSWER: Final = re.compile(r"Answer (\d+):")


@dataclass
class Known:
    """What people were told in all lives of a database.

    Attributes:
        texts: by message, the texts it may have; None stands for a message that is gone.
        asked: messages that ask for an answer.
        answered: those of which somebody saw an answer or a notice.
        shown: by turn, the longest text that was shown.
        accepted: the number of messages, edits and deletions that were taken.
    """

    texts: dict[int, set[str | None]] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    shown: dict[int, str] = field(default_factory=dict)
    accepted: int = 0

    def hear(self, kind: str, *facts: object) -> None:
        number = facts[0] if facts else None
        match kind:
            case "said" | "edited":
                assert isinstance(number, int)
                self.texts[number] = {str(facts[1])}
                self.accepted += 1
            case "editing" | "deleting":
                assert isinstance(number, int)
                self.texts[number].add(str(facts[1]) if kind == "editing" else None)
            case "deleted":
                assert isinstance(number, int)
                self.texts[number] = {None}
                self.accepted += 1
            case "asked":
                assert isinstance(number, int)
                self.asked.add(number)
            case "answered":
                self.answered |= {each for each in facts if isinstance(each, int)}
            case "shown":
                assert isinstance(number, int)
                self.shown[number] = str(facts[1])


@dataclass
class Counts:
    """What a run has to say."""

    kills: int = 0
    accepted: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)


def main(kills: int, seed: int) -> int:
    counts, began = Counts(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        personas = cast(Path(folder))
        warm_up(Path(folder) / "warm.sqlite3", personas)
        for chain in range(-(-kills // LIVES)):
            before = len(counts.faults)
            run_chain(Path(folder) / f"{chain}.sqlite3", seed + chain, personas, counts)
            for fault in counts.faults[before:]:
                print(f"seed {seed + chain}: {fault}", flush=True)
        kill_restores(Path(folder), max(1, kills // LIVES), seed, counts)
    spent = time.process_time() - began + sum(os.times()[2:4])
    print(
        f"kills {counts.kills}, accepted {counts.accepted}, lost: {counts.lost}, faults {len(counts.faults)}"
    )
    print(f"seeds {seed} to {seed + max(0, -(-kills // LIVES) - 1)}; {spent:.1f} s of CPU")
    return 1 if counts.faults else 0


class Warm(Exception):  # noqa: N818
    """Enough of the evening has been played."""


def warm_up(path: Path, personas: PersonaLibrary) -> None:
    """Play once here, so that no fork has to import or compile anything."""
    left = iter(range(100))

    def report(*_: object) -> None:
        if next(left, None) is None:
            raise Warm

    path.write_bytes(_template())
    with suppress(Warm):
        asyncio.run(play(path, 0, personas, report))
    gc.freeze()  # a fork's own collections leave all this alone, which they would copy otherwise


def run_chain(path: Path, seed: int, personas: PersonaLibrary, counts: Counts) -> None:
    """Kill ten lives on one database; the first of every tenth chain begins without a file."""
    dice, known = random.Random(seed), Known()
    if seed % LIVES:
        path.write_bytes(_template())
    for life in range(1, LIVES + 1):
        died = kill_one(path, seed * 100 + life, personas, dice, known)
        counts.kills += 1
        found = [*died, *look(path, known)]
        counts.faults += [f"life {life}: {fault}" for fault in found]
        counts.lost += sum(fault.startswith("lost") for fault in found)
    counts.accepted += known.accepted


def kill_one(path: Path, life: int, personas: PersonaLibrary, dice: random.Random, known: Known) -> list[str]:
    """Start a life, kill it, and hear what it has reported until then; return what broke in it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        live(path, life, personas, writing)
    os.close(writing)
    wanted = dice.randrange(MOST_REPORTS) if dice.random() < LATER else 0
    late = dice.uniform(0, LINGER if wanted else OPENING)
    reports = Reports(reading)
    reports.read_until(wanted)
    time.sleep(late)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    reports.read_until(None)
    os.close(reading)
    for report in reports.whole():
        known.hear(str(report[0]), *report[1:])
    return [] if os.WIFSIGNALED(status) else [f"it ended by itself: {reports.rest()}"]


class Silent:
    """Nobody who looks on."""

    stops = False

    def at(self, phase: engine.Phase, done: int = 0, total: int = 0) -> None:
        pass


def kill_restores(folder: Path, times: int, seed: int, counts: Counts) -> None:
    """Kill `restore`, too: whatever the moment, there is the old story or the new one, and the old one somewhere."""
    path, copy, dice = folder / "data" / "dramatis.sqlite3", folder / "copy.sqlite3", random.Random(seed)
    for number in range(times):
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        for file, told in ((path, "old"), (copy, "new")):
            file.write_bytes(_template())
            with closing(sqlite3.connect(file)) as db, db:
                db.execute("INSERT INTO notice VALUES (1, ?, '', 0)", (told,))
        child = os.fork()
        if child == 0:
            engine.restore(path, copy, folder / "data" / "aside.bak", Silent())
            os._exit(0)
        time.sleep(dice.uniform(0, RESTORING))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        counts.kills += 1
        found = {
            file.name: told_by(file) for file in path.parent.iterdir() if file.suffix in {".sqlite3", ".bak"}
        }
        if found.get(path.name) not in {"old", "new"} or "old" not in found.values():
            counts.lost += 1
            counts.faults.append(f"restore {number}: lost: {found}")


def told_by(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return "damaged"
        return str(db.execute("SELECT kind FROM notice").fetchone()[0])


def live(path: Path, life: int, personas: PersonaLibrary, writing: int) -> None:
    """Be the process that is killed."""

    def report(*facts: object) -> None:
        os.write(writing, f"{json.dumps(facts)}\n".encode())

    try:
        asyncio.run(play(path, life, personas, report))
    except BaseException:  # noqa: BLE001 - whatever it is, it is reported
        os.write(writing, traceback.format_exc().encode()[-2000:])
    os._exit(1)


class Reports:
    """The lines of a pipe; what a kill has cut is none."""

    def __init__(self, reading: int) -> None:
        self._reading = reading
        self._read = b""

    def read_until(self, lines: int | None) -> None:
        """Read until so many lines have come, or None until the other end is closed."""
        while lines is None or self._read.count(b"\n") < lines:
            if lines is not None and not select.select([self._reading], [], [], 60)[0]:
                return
            if not (more := os.read(self._reading, 65_536)):
                return
            self._read += more

    def whole(self) -> Iterator[list[object]]:
        for line in self._read.split(b"\n")[:-1]:
            if line.startswith(b"["):
                yield json.loads(line)

    def rest(self) -> str:
        return "\n".join(line for line in self._read.decode().splitlines() if not line.startswith("["))


def look(path: Path, known: Known) -> Iterator[str]:
    """Yield what is wrong with the database that a kill has left, as the next start would find it."""
    if not path.exists() or not path.stat().st_size:
        if known.texts:
            yield "lost: the whole file"
        return
    if wrong := damage(path):
        yield f"journal: {wrong}"
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        yield from look_inside(copied(path, Path(folder)), known)


def copied(path: Path, folder: Path) -> Path:
    """Copy a database and its journals: to look at it brings them in, which is what the next life has to do."""
    for file in (path, journal_of(path), rollback_journal_of(path)):
        if file.exists():
            shutil.copy(file, folder)
    return folder / path.name


def look_inside(path: Path, known: Known) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            if known.texts:
                yield "lost: every table"
            return
        whole = [row[0] for row in db.execute("PRAGMA integrity_check")]
        if whole != ["ok"]:
            yield f"integrity: {whole}"
        if db.execute("PRAGMA foreign_key_check").fetchone():
            yield "references to nothing"
        if (
            not known.texts
            and db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'debt'").fetchone() is None
        ):
            return  # killed between two migrations
        yield from look_at_messages(db, known)
        yield from look_at_replies(db, known)


def look_at_messages(db: sqlite3.Connection, known: Known) -> Iterator[str]:
    rows = {row["message_id"]: row for row in db.execute("SELECT * FROM turn WHERE message_id IS NOT NULL")}
    owed = {row["turn_id"] for row in db.execute("SELECT turn_id FROM debt")}
    for number, allowed in known.texts.items():
        row = rows.get(number)
        if (row["text"] if row else None) not in allowed:
            yield f"lost: message {number} is {row['text'] if row else None!r}, and not one of {allowed}"
        elif row and number in known.answered and row["id"] in owed:
            yield f"message {number} is still owed an answer"
        elif row and number in known.asked - known.answered and row["id"] not in owed:
            later = "SELECT 1 FROM turn JOIN post ON turn_id = turn.id WHERE scene_id = ? AND position > ?"
            if db.execute(later, (row["scene_id"], row["position"])).fetchone() is None:
                yield f"lost: message {number} is owed an answer, and nobody knows"


def look_at_replies(db: sqlite3.Connection, known: Known) -> Iterator[str]:
    replies = {row["id"]: row for row in db.execute("SELECT * FROM turn WHERE persona_key IS NOT NULL")}
    for turn, seen in known.shown.items():
        if turn not in replies:
            yield f"lost: turn {turn}, of which people saw {seen!r}"
    for row in replies.values():
        text, number = row["text"], ANSWER.match(row["text"])
        if number is None:
            if not "Answer ".startswith(text) and not re.fullmatch(r"Answer \d*", text):
                yield f"turn {row['id']} says what nobody said: {text!r}"
        elif not (whole := words_of(int(number[1]))).startswith(text):
            yield f"turn {row['id']} is no beginning of its answer: {text!r}"
        elif row["ending"] == "done" and text != whole:
            yield f"turn {row['id']} counts as done and is half: {text!r}"
        if row["swipe"] == 1 and not text.startswith(known.shown.get(row["id"], "")):
            yield f"lost: turn {row['id']} has less than people saw: {text!r}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
