"""A story that begins with another's turns: it reads them where they are, and only as far as it was told."""

from itertools import pairwise
from pathlib import Path

import pytest

from bot.core.scene import END, START, Ending, Participant, Position, Scene
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from tests.storage.cast import ALICE, BOB, EVENING, TAVERN, Say, opened, record
from tests.storage.test_history import fill, steps_of

HIM = Participant(BOB, "Bob")


async def branch(db: Database, parent: int, until: int) -> Scene:
    """A scene that has another's turns up to a position; there is no command for it yet."""
    scene = await Scenes(db).start(TAVERN, f"From {parent}", EVENING)
    async with db.transaction() as tx:
        await tx.run("UPDATE scene SET parent = ?, until = ? WHERE id = ?", (parent, until, scene.id))
    return scene


async def texts(
    history: History, scene: Scene, start: int = START, before: int = END, most: int = 99
) -> list[str]:
    found = await history.recent(scene.id, Position(start), Position(before), most)
    return [turn.text for turn in found]


@pytest.fixture
async def line(db: Database, scene: Scene, say: Say) -> tuple[Scene, Scene, Scene]:
    """One, Two, Three; a branch after Two, which goes on with B3 and B4; and one of that after B3, with C4."""
    for number, text in ((10, "One"), (20, "Two"), (30, "Three")):
        await say(text, number)
    second = await branch(db, scene.id, 20)
    await record(db, second, "B3", HIM, message_id=31)
    await record(db, second, "B4", HIM, message_id=41)
    third = await branch(db, second.id, 31)
    await record(db, third, "C4", HIM, message_id=42)
    return scene, second, third


async def test_a_branch_reads_its_parents_turns_and_then_its_own(
    history: History, line: tuple[Scene, Scene, Scene]
) -> None:
    first, second, third = line
    assert await texts(history, first) == ["One", "Two", "Three"]
    assert await texts(history, second) == ["One", "Two", "B3", "B4"]
    assert await texts(history, third) == ["One", "Two", "B3", "C4"]


@pytest.mark.parametrize(
    ("start", "before", "most", "read"),
    [
        (0, END, 1, ["C4"]),
        (0, END, 2, ["B3", "C4"]),
        (0, END, 3, ["Two", "B3", "C4"]),
        (20, END, 9, ["Two", "B3", "C4"]),
        (21, END, 9, ["B3", "C4"]),
        (32, END, 9, ["C4"]),
        (43, END, 9, []),
        (0, 42, 9, ["One", "Two", "B3"]),
        (0, 31, 9, ["One", "Two"]),
        (0, 31, 1, ["Two"]),
        (0, 20, 9, ["One"]),
    ],
)
async def test_a_window_reaches_over_the_stretches_it_covers(
    history: History,
    line: tuple[Scene, Scene, Scene],
    *,
    start: int,
    before: int,
    most: int,
    read: list[str],
) -> None:
    assert await texts(history, line[2], start, before, most) == read


async def test_turns_are_counted_and_people_named_over_all_of_it(
    history: History, scenes: Scenes, line: tuple[Scene, Scene, Scene]
) -> None:
    third = line[2]
    assert await history.count_before(third.id, Position(31)) == 2
    assert await history.count_before(third.id, END) == 4
    assert await history.count_after(third.id, Position(10)) == 3
    assert await history.count_after(third.id, Position(31)) == 1
    assert await scenes.speakers(third.id) == ["Alice", "Bob"]
    assert await scenes.beginning(third.id) == (TAVERN.channel_id, 10)


async def test_what_happens_to_a_turn_happens_to_it_in_each_branch(
    history: History, db: Database, line: tuple[Scene, Scene, Scene]
) -> None:
    _, second, third = line
    await history.amend(10, "One!", [], 3)
    two = await history.turn_of(20)
    assert two is not None
    removal = await Removals(db).remove(two.id, Removed.TURN, ALICE, EVENING)
    assert removal is not None
    assert await texts(history, second) == ["One!", "B3", "B4"]
    assert await texts(history, third) == ["One!", "B3", "C4"]
    await Removals(db).put_back(removal.id)
    await history.retract([31])
    assert await texts(history, second) == ["One!", "Two", "B4"]
    assert await texts(history, third) == ["One!", "Two", "C4"]


async def test_what_is_said_in_the_parent_later_is_not_in_the_branch(
    history: History, db: Database, line: tuple[Scene, Scene, Scene]
) -> None:
    first, second, third = line
    await record(db, first, "Four", message_id=50)
    await record(db, first, "Heard late", message_id=15)  # but what was said before is
    assert await texts(history, first) == ["One", "Heard late", "Two", "Three", "Four"]
    assert await texts(history, second) == ["One", "Heard late", "Two", "B3", "B4"]
    assert await texts(history, third) == ["One", "Heard late", "Two", "B3", "C4"]


async def test_a_branch_of_what_a_branch_has_of_its_parent_reads_no_further(
    history: History, db: Database, line: tuple[Scene, Scene, Scene]
) -> None:
    early = await branch(db, line[2].id, 10)
    assert await texts(history, early) == ["One"]
    reply = await history.begin_reply(early.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(reply.id, text="Aye", tokens=1, ending=Ending.DONE)
    await record(db, early, "A message from before", message_id=5)
    assert await texts(history, early) == ["One", "Aye", "A message from before"]


async def test_where_the_parent_was_deleted_a_branch_has_its_own_turns(
    history: History, db: Database, line: tuple[Scene, Scene, Scene]
) -> None:
    async with db.transaction() as tx:
        await tx.run("DELETE FROM scene WHERE id = ?", (line[0].id,))
    assert await texts(history, line[1]) == ["B3", "B4"]
    assert await texts(history, line[2]) == ["B3", "C4"]


async def test_a_branch_costs_what_is_read_of_it(tmp_path: Path) -> None:
    """Neither the turns before the window nor those after the branch's beginning cost anything."""
    costs = []
    for turns in (400, 4_000, 40_000):
        async with opened(tmp_path / f"{turns}.sqlite3") as db:
            await fill(db, turns)
            middle = turns // 2
            async with db.transaction() as tx:
                await tx.run(
                    "INSERT INTO scene (id, channel_id, title, created_at, parent, until)"
                    " VALUES (3, 1, '', 0, 1, ?), (4, 1, '', 0, 3, ?)",
                    (middle, middle),
                )

            async def window(history: History) -> None:
                found = await history.recent(4, START, END, 30)
                assert len(found) == 30

            costs.append(await steps_of(db, window))
    assert all(one == other for one, other in pairwise(costs)), costs


async def test_who_spoke_last_is_found_in_the_parents_turns_as_far_as_it_reads_them(
    db: Database, history: History, line: tuple[Scene, Scene, Scene]
) -> None:
    first, second, third = line
    keys = ("marlow", "isolde")
    assert await history.last_persona(third.id, keys) is None
    for scene, key in ((first, "marlow"), (second, "isolde")):
        turn = await history.begin_reply(scene.id, persona_key=key, name=key, at=EVENING)
        assert await history.last_persona(scene.id, (key,)) is None  # of an unfinished reply nothing is known
        await history.finish(turn.id, text="Hm.", tokens=1, ending=Ending.DONE)
        assert await history.last_persona(scene.id, keys) == key
        assert await history.last_persona(scene.id, ("nobody",)) is None
    assert await history.last_persona(third.id, keys) is None  # both came after what it has of them
    fourth = await branch(db, second.id, END - 1)
    assert await history.last_persona(fourth.id, keys) == "isolde"
    assert await history.last_persona(fourth.id, ("marlow",)) is None
