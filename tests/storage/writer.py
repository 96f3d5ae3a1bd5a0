"""Processes that write to a database and can be killed at a known moment.

`python -m tests.storage.writer` reads a file and a moment from each line of its input. A fork of it plays one reply up to
that moment, says its number when it is there, and waits to be killed; then comes an empty line.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.core.scene import Ending, Participant, Place, Slice
from bot.storage.database import Database
from bot.storage.history import History, Said
from bot.storage.people import People
from bot.storage.scenes import Scenes

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def write(path: Path, last: str) -> None:
    async def reached(moment: str) -> None:
        if moment == last:
            say(str(os.getpid()))
            await asyncio.Event().wait()

    db = await Database.open(path, exclusive=True)
    history = History(db)
    scene = await Scenes(db).active(Place(77), NOW)
    alice = await People(db).speaker(scene.place, Participant(1, "Alice"), lambda _: "Alice", NOW)
    await reached("opened")
    await history.record(scene.id, Said(alice, "An ale!", 9, NOW, message_id=500, owed_by=("marlow",)))
    await reached("recorded")
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=NOW)
    await reached("begun")
    await history.save_text(turn.id, "Coming")
    await reached("saved")
    await history.posts.plan(turn.id, Slice(0, 0, 6, "nonce-0"))
    await reached("planned")
    await history.posts.posted(turn.id, 0, 900)
    await reached("posted")
    async with db.transaction() as tx:
        await tx.run("UPDATE turn SET text = 'never committed'")
        await tx.run("DELETE FROM post")
        await reached("in a transaction")
    await history.finish(turn.id, text="Coming", tokens=4, ending=Ending.DONE)


for line in sys.stdin:
    file, _, wanted = line.rstrip("\n").rpartition(" at ")
    child = os.fork()
    if child == 0:
        asyncio.run(write(Path(file), wanted))
    os.waitpid(child, 0)
    say("")
