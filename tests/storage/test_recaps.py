"""Recaps: which one is read where, also in a branch, and which go when turns change."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.core.completion import Usage
from bot.core.scene import START, Position, Scene, Turn
from bot.storage.costs import Costs, Spent
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.recaps import Backlog, Recap, Recaps, Step
from bot.storage.scenes import Scenes
from tests.storage.cast import ALICE, BOB, EVENING, TAVERN, Say


async def add(
    db: Database, scene: Scene, turns: Sequence[Turn], text: str, base: Recap | None = None
) -> Recap:
    made = await Recaps(db).add(scene.id, Step(base, turns, 0, text, 9, EVENING))
    assert made is not None
    return made


async def texts(db: Database) -> list[str]:
    return [row["text"] for row in await db.read("SELECT text FROM recap ORDER BY id")]


@pytest.fixture
async def turns(say: Say) -> list[Turn]:
    """Four turns, at the positions 10, 20, 30 and 40."""
    return [await say(f"Turn {number}.", number * 10) for number in (1, 2, 3, 4)]


async def branch(db: Database, scenes: Scenes, parent: Scene, until: int) -> Scene:
    scene = await scenes.start(TAVERN, "Branch", EVENING)
    await db.write("UPDATE scene SET parent = ?, until = ? WHERE id = ?", (parent.id, until, scene.id))
    return scene


async def test_the_newest_before_a_position_is_read(db: Database, scene: Scene, turns: list[Turn]) -> None:
    recaps = Recaps(db)
    one = await add(db, scene, turns[:2], "one")
    two = await add(db, scene, turns[2:3], "two", one)
    assert (one.since, one.reaches, two.since, two.reaches) == (10, 20, 10, 30)
    found = [await recaps.newest(scene.id, Position(before)) for before in (20, 21, 30, 31)]
    assert found == [None, one, one, two]
    assert await recaps.newest(scene.id) == two
    assert await recaps.get(two.id) == two
    assert await recaps.backlog(scene.id, START, Position(40)) == Backlog(4, 40)
    assert await recaps.backlog(scene.id, two.reaches, Position(39)) == Backlog()
    assert [turn.text for turn in await recaps.turns_after(scene.id, one.reaches, Position(40), 1)] == [
        "Turn 3."
    ]
    assert [await recaps.latest(scene.id, START, Position(40), tokens) for tokens in (9, 10, 25, 99)] == [
        40,
        30,
        20,
        0,
    ]
    assert await recaps.landmark(scene.id, Position(35)) == (TAVERN.channel_id, 30)


async def test_what_was_made_of_other_turns_is_not_stored(
    db: Database, scene: Scene, turns: list[Turn], history: History
) -> None:
    recaps, one = Recaps(db), await add(db, scene, turns[:1], "one")
    await history.amend(20, "Another.", [], 9)
    assert await recaps.add(scene.id, Step(one, turns[1:3], 0, "two", 9, EVENING)) is None
    assert await recaps.add(scene.id, Step(None, turns[2:3], 0, "two", 9, EVENING)) is None
    assert await texts(db) == ["one"]


@pytest.mark.parametrize(
    ("message", "left"), [(10, []), (20, ["one"]), (30, ["one", "two"]), (40, ["one", "two", "three"])]
)
async def test_a_change_takes_the_recaps_that_reach_so_far(
    db: Database, scene: Scene, turns: list[Turn], history: History, message: int, left: list[str]
) -> None:
    told: list[int] = []
    db.overtaken.append(told.append)
    base = None
    for turn, text in zip(turns, ["one", "two", "three"], strict=False):
        base = await add(db, scene, [turn], text, base)
    await history.amend(message, "Another.", [], 9)
    assert await texts(db) == left
    assert told == ([scene.id] if len(left) < 3 else [])


async def test_a_persons_words_outlast_an_edit_and_no_deletion(
    db: Database, scene: Scene, turns: list[Turn], history: History
) -> None:
    recaps, one = Recaps(db), await add(db, scene, turns[:2], "one")
    await add(db, scene, turns[2:3], "two", one)
    await recaps.rewrite(scene.id, one, "Mine.", 3, (BOB, EVENING))
    assert await texts(db) == ["Mine."]
    await history.amend(10, "Another.", [], 9)
    mine = await recaps.newest(scene.id)
    assert mine is not None
    assert (mine.text, mine.by_user, mine.reaches) == ("Mine.", BOB, 20)
    await history.retract([20])
    assert await texts(db) == []


async def test_a_branch_reads_its_parents_recaps_up_to_where_it_begins(
    db: Database, scene: Scene, scenes: Scenes, turns: list[Turn], history: History
) -> None:
    recaps, one = Recaps(db), await add(db, scene, turns[:2], "one")
    await add(db, scene, turns[2:4], "two", one)
    beside = await branch(db, scenes, scene, 30)
    assert await recaps.newest(beside.id) == one
    await recaps.rewrite(beside.id, one, "Ours.", 3, (ALICE, EVENING + timedelta(hours=1)))
    found = await recaps.newest(beside.id)
    assert found is not None
    assert (found.text, found.scene_id) == ("Ours.", beside.id)
    assert await recaps.newest(scene.id, Position(30)) == one
    await history.amend(40, "After the branch.", [], 9)
    assert await texts(db) == ["one", "Ours."]
    await history.retract([10])
    assert await texts(db) == []


async def test_a_scene_is_paused_and_its_cost_stored_with_it(
    db: Database, scene: Scene, history: History
) -> None:
    recaps = Recaps(db)
    assert not await recaps.is_paused(scene.id)
    await recaps.pause(scene.id, paused=True)
    assert await recaps.is_paused(scene.id)
    await Costs(db).spend_on_recap(
        scene.id, Spent(Usage(100, 10, 110), "MiniMax-M3", EVENING, microdollars=42)
    )
    await Costs(db).spend_on_recap(99, Spent(Usage(1, 1, 2), "MiniMax-M3", EVENING))
    rows = await db.read("SELECT scene_id, turn_id, total_tokens FROM usage ORDER BY id")
    assert [tuple(row) for row in rows] == [(scene.id, None, 110), (None, None, 2)]
