"""Two hundred kills at random moments; `make crash` makes a thousand."""

import asyncio
import os
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.scene import Ending
from bot.storage.history import History
from bot.storage.scenes import Scenes
from tests.crash.evening import words_of
from tests.crash.forge import Known, look
from tests.databases import open_database
from tests.storage.cast import EVENING, REPOSITORY, TAVERN, record

LIVES, SEED = 180, 1_300
KILLS = LIVES + LIVES // 10
"""With those of a `restore`; eight more are in `test_bot_kills.py`."""


async def test_nothing_that_was_accepted_is_lost_in_two_hundred_kills() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.forge",
        str(LIVES),
        str(SEED),
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONWARNINGS": "ignore::DeprecationWarning"},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    counts = re.search(r"kills (\d+), accepted (\d+), lost: (\d+), faults (\d+)", told.decode())
    assert counts is not None, told.decode()
    kills, accepted, lost, faults = map(int, counts.groups())
    assert (kills, lost, faults, process.returncode) == (KILLS, 0, 0, 0), told.decode()
    assert accepted > 2 * KILLS


# --- a judge who can say no -----------------------------------------------------------------------


@pytest.fixture
async def left(tmp_path: Path) -> Path:
    """A database with a message, one that asks, and an answer that people saw before."""
    path = tmp_path / "left.sqlite3"
    database = await open_database(path)
    scene = await Scenes(database).active(TAVERN, EVENING)
    begun = await History(database).begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    await History(database).finish(begun.id, text=words_of(7), tokens=4, ending=Ending.DONE)
    await record(database, scene, "Words 10.", message_id=10)
    await record(database, scene, "Words 11.", message_id=11, owed_by=("marlow",))
    await database.close()
    return path


def say(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


def known() -> Known:
    found = Known()
    for report in (
        ("said", 10, "Words 10."),
        ("said", 11, "Words 11."),
        ("asked", 11),
        ("shown", 1, words_of(7)[:12]),
    ):
        found.hear(*report)
    return found


def test_what_is_whole_is_whole(left: Path) -> None:
    assert list(look(left, known())) == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("DELETE FROM turn WHERE message_id = 10", "lost: message 10"),
        ("UPDATE turn SET text = 'Words 1' WHERE message_id = 10", "lost: message 10"),
        (
            "DELETE FROM debt WHERE turn_id = (SELECT id FROM turn WHERE message_id = 11)",
            "lost: message 11 is owed",
        ),
        ("DELETE FROM turn WHERE id = 1", "lost: turn 1"),
        ("UPDATE turn SET text = 'Answer 7:' WHERE id = 1", "turn 1 counts as done"),
        ("UPDATE turn SET text = 'Answer 7: no', ending = NULL WHERE id = 1", "turn 1 is no beginning"),
        ("UPDATE turn SET text = 'Answer', ending = NULL WHERE id = 1", "lost: turn 1 has less"),
        ("UPDATE turn SET text = 'Aye.', ending = NULL WHERE id = 1", "turn 1 says what nobody said"),
        ("UPDATE turn SET speaker_id = 99 WHERE message_id = 10", "references to nothing"),
    ],
)
def test_what_is_missing_or_half_is_told(left: Path, broken: str, told: str) -> None:
    say(left, broken)
    assert told in "; ".join(look(left, known()))


def test_an_answer_that_people_saw_is_owed_to_nobody(left: Path) -> None:
    heard = known()
    heard.hear("answered", 11)
    assert list(look(left, heard)) == ["message 11 is still owed an answer"]


def test_an_edit_on_its_way_may_have_come_or_not(left: Path) -> None:
    heard = known()
    heard.hear("editing", 10, "Words 12, edited.")
    assert list(look(left, heard)) == []
    say(left, "UPDATE turn SET text = 'Words 12, edited.' WHERE message_id = 10")
    assert list(look(left, heard)) == []
    heard.hear("edited", 10, "Words 12, edited.")
    say(left, "UPDATE turn SET text = 'Words 10.' WHERE message_id = 10")
    assert len(list(look(left, heard))) == 1


def test_a_file_that_is_gone_is_lost(left: Path) -> None:
    left.unlink()
    assert list(look(left, known())) == ["lost: the whole file"]
