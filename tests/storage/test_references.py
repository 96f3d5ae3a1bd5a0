"""What turns refer to: kept with the turn, read where it is a turn elsewhere, and gone with the person who wrote it."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.core.asides import AWAY, BACK
from bot.core.notes import ONWARD, silence
from bot.core.scene import END, START, Ending, Note, Participant, Place, Position, Reference, Scene, Turn
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS
from bot.storage.swipes import Swipes
from tests.storage.cast import BOB, EVENING, TAVERN, Reply, Say, old_scene, old_speaker, opened, record

MARKET = Place(79, None, 5)


async def about(db: Database, scene: Scene, message_id: int, text: str, tokens: int = 7) -> Reference:
    """Words of Bob's."""
    bob = await People(db).speaker(scene.place, Participant(BOB, "Bob"), lambda _: "Bob", EVENING)
    return Reference(message_id, bob, text, tokens)


async def ask(db: Database, scene: Scene, text: str, *about: Reference, **said: Any) -> Turn:
    turn = await record(db, scene, text, references=about, **said)
    assert turn is not None
    return turn


async def referred(history: History, scene: Scene, most: int = 99) -> list[tuple[str, list[str]]]:
    turns = await history.recent(scene.id, START, END, most)
    return [(turn.text, [each.text for each in turn.references]) for turn in turns]


@pytest.fixture
async def elsewhere(scenes: Scenes) -> Scene:
    return await scenes.active(MARKET, EVENING)


async def test_a_turn_comes_back_with_what_it_refers_to_the_oldest_first(
    db: Database, history: History, scene: Scene
) -> None:
    later, sooner = await about(db, scene, 501, "At ten."), await about(db, scene, 500, "At nine.")
    await ask(db, scene, "Who is right?", later, sooner, message_id=502)
    await ask(db, scene, "Well?", message_id=503)
    asked, well = await history.recent(scene.id, START, END)
    assert (asked.references, well.references) == ((sooner, later), ())
    assert await referred(history, scene, 1) == [("Well?", [])]
    assert [turn.references for turn in await history.recent(scene.id, START, Position(503), 1)] == [
        (sooner, later)
    ]


async def test_half_an_emoji_does_not_cost_the_question(db: Database, history: History, scene: Scene) -> None:
    await ask(db, scene, "What?", await about(db, scene, 500, "a\ud83d"), message_id=502)
    assert await referred(history, scene) == [("What?", ["a?"])]


async def test_a_message_heard_twice_is_stored_once_with_it(
    db: Database, history: History, scene: Scene
) -> None:
    await ask(db, scene, "What?", await about(db, scene, 500, "At nine."), message_id=502)
    again = await record(db, scene, "What?", message_id=502, references=(await about(db, scene, 500, "x"),))
    assert again is None
    assert await referred(history, scene) == [("What?", ["At nine."])]


async def test_a_branch_reads_what_its_parents_turns_refer_to(
    db: Database, history: History, scenes: Scenes, scene: Scene
) -> None:
    await ask(db, scene, "What?", await about(db, scene, 500, "At nine."), message_id=502)
    other = await scenes.start(TAVERN, "Another way", EVENING)
    async with db.transaction() as tx:
        await tx.run("UPDATE scene SET parent = ?, until = 502 WHERE id = ?", (scene.id, other.id))
    await ask(db, other, "And this?", await about(db, scene, 501, "At ten."), message_id=503)
    assert await referred(history, other) == [("What?", ["At nine."]), ("And this?", ["At ten."])]


# --- what is a turn elsewhere ---------------------------------------------------------------------


async def test_words_of_another_scene_are_read_there(
    db: Database, history: History, scene: Scene, elsewhere: Scene
) -> None:
    await record(db, elsewhere, "At nine.", message_id=500, notes=(Note("image", "moon.png"),))
    await ask(db, scene, "What?", await about(db, scene, 500, ""), message_id=502)
    assert await referred(history, scene) == [("What?", ["At nine.\n[shows a picture]"])]
    await history.amend(500, "At ten.", (), 3)
    assert await referred(history, scene) == [("What?", ["At ten."])]
    assert (await history.recent(scene.id, START, END))[0].references[0].elsewhere
    await history.retract([500])
    assert await referred(history, scene) == [("What?", [])]


@pytest.mark.parametrize("note", [AWAY, BACK, ONWARD, silence("Marlow")])
async def test_what_somebody_did_for_a_moment_of_another_scene_is_no_part_of_their_words(
    db: Database, history: History, scene: Scene, elsewhere: Scene, note: Note
) -> None:
    await record(db, elsewhere, "", message_id=500, notes=(note,))
    await record(db, elsewhere, "At nine. ((brb))", message_id=501, notes=(note,))
    await ask(db, scene, "What?", await about(db, scene, 500, ""), message_id=502)
    await ask(db, scene, "And this?", await about(db, scene, 501, ""), message_id=503)
    assert await referred(history, scene) == [("What?", []), ("And this?", ["At nine."])]


async def test_a_page_of_another_scene_is_read_there_up_to_a_thousand_characters(
    db: Database, history: History, scene: Scene, elsewhere: Scene, reply: Reply
) -> None:
    turn_id = await reply("First page. ", "b" * 1500)
    await ask(db, elsewhere, "What?", await about(db, elsewhere, 900, ""), message_id=950)
    await ask(db, elsewhere, "And this?", await about(db, elsewhere, 901, ""), message_id=951)
    expected = [("What?", ["First page."]), ("And this?", ["b" * 999 + "…"])]
    assert await referred(history, elsewhere) == expected
    await history.finish(turn_id, text="First page. " + "b" * 1500, tokens=9, ending=Ending.DONE)
    assert await referred(history, elsewhere) == expected
    await history.retract([900])
    assert await referred(history, elsewhere) == [("What?", []), expected[1]]
    await history.drop(turn_id)
    assert await referred(history, elsewhere) == [("What?", []), ("And this?", [])]


async def test_while_a_page_shows_another_variant_the_one_on_screen_is_read_whole(
    db: Database, history: History, elsewhere: Scene, reply: Reply
) -> None:
    turn_id = await reply("First page. ", "Second page.")
    await ask(db, elsewhere, "What?", await about(db, elsewhere, 901, ""), message_id=951)
    assert await referred(history, elsewhere) == [("What?", ["Second page."])]
    await history.finish(turn_id, text="First page. Second page.", tokens=9, ending=Ending.DONE)
    await Swipes(db).regenerate(turn_id)
    await history.finish(turn_id, text="A reply that is longer than both.", tokens=9, ending=Ending.DONE)
    assert await referred(history, elsewhere) == [("What?", ["A reply that is longer than both."])]
    await history.posts.set_slices(turn_id, [(0, 0, 13), (1, 13, 33)])
    assert await referred(history, elsewhere) == [("What?", ["is longer than both."])]


async def test_a_turn_that_was_put_back_is_there_once(
    db: Database, history: History, scene: Scene, say: Say
) -> None:
    said, removals = await say("At nine.", 500), Removals(db)
    removal = await removals.remove(said.id, Removed.TURN, BOB, EVENING)
    assert removal is not None
    await ask(db, scene, "What?", await about(db, scene, 500, ""), message_id=502)
    assert await referred(history, scene) == [("What?", [])]
    await removals.put_back(removal.id)
    assert await referred(history, scene) == [("At nine.", []), ("What?", [])]


async def test_what_another_scene_took_out_is_not_told_until_it_is_put_back(
    db: Database, history: History, elsewhere: Scene, say: Say
) -> None:
    said, removals = await say("At nine.", 500), Removals(db)
    await ask(db, elsewhere, "What?", await about(db, elsewhere, 500, ""), message_id=502)
    removal = await removals.remove(said.id, Removed.TURN, BOB, EVENING)
    assert removal is not None
    assert await referred(history, elsewhere) == [("What?", [])]
    await removals.put_back(removal.id)
    assert await referred(history, elsewhere) == [("What?", ["At nine."])]


async def test_a_scene_tells_its_own_turns_and_its_parents_until_they_are_removed(
    db: Database, history: History, scenes: Scenes, scene: Scene, elsewhere: Scene, say: Say
) -> None:
    first, second = await say("One.", 500), await say("Two.", 501)
    branch = await scenes.start(TAVERN, "Another way", EVENING)
    async with db.transaction() as tx:
        await tx.run("UPDATE scene SET parent = ?, until = 500 WHERE id = ?", (scene.id, branch.id))
    assert [await history.tells(scene.id, turn) for turn in (first, second)] == [True, True]
    assert [await history.tells(branch.id, turn) for turn in (first, second)] == [True, False]
    assert not await history.tells(elsewhere.id, first)
    await Removals(db).remove(first.id, Removed.TURN, BOB, EVENING)
    removed = await history.turn(first.id)
    assert removed is not None
    assert not await history.tells(scene.id, removed)


# --- changed and deleted --------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "left"), [("At ten.", ["At ten."]), ("", [])])
async def test_an_edit_changes_it_in_every_turn(
    db: Database, history: History, scene: Scene, text: str, left: list[str]
) -> None:
    for number in (502, 503):
        await ask(db, scene, "What?", await about(db, scene, 500, "At nine."), message_id=number)
    assert [await history.refers_to(number) for number in (500, 501, 502)] == [True, False, False]
    assert await history.reword(500, text, 4)
    assert not await history.reword(501, text, 4)
    assert await referred(history, scene) == [("What?", left)] * 2
    for turn in await history.recent(scene.id, START, END):
        assert [each.tokens for each in turn.references] == [4] * len(left)


async def test_who_indexes_the_story_is_told_of_the_turn_that_asked(
    db: Database, history: History, scene: Scene
) -> None:
    turn = await ask(db, scene, "What?", await about(db, scene, 500, "At nine."), message_id=502)
    told: list[int] = []

    async def observe(_: object, turn_id: int) -> None:
        told.append(turn_id)

    db.observers.append(observe)
    await history.reword(500, "At ten.", 4)
    await history.retract([500, 501])
    assert told == [turn.id, turn.id]


GONE: Sequence[tuple[str, str]] = [
    ("its speaker", f"DELETE FROM speaker WHERE user_id = {BOB}"),
    ("its turn", "DELETE FROM turn WHERE message_id = 502"),
    ("its scene", "DELETE FROM scene"),
]


@pytest.mark.parametrize("sql", [sql for _, sql in GONE], ids=[name for name, _ in GONE])
async def test_it_goes_with(db: Database, scene: Scene, sql: str) -> None:
    await ask(db, scene, "What?", await about(db, scene, 500, "At nine."), message_id=502)
    async with db.transaction() as tx:
        await tx.run("DELETE FROM place" if "scene" in sql else sql)
        await tx.run(sql)
    assert await db.read("SELECT * FROM reference") == []


async def test_a_story_from_before_goes_on_and_its_turns_refer_to_nothing(file: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for step in sorted(MIGRATIONS.iterdir(), key=lambda each: each.name):
        if step.name < "0017":
            shutil.copy(str(step), before)
    async with opened(file, migrations=before) as db:
        scene_id = await old_scene(db, TAVERN)
        speaker = await old_speaker(db, TAVERN, BOB, "Bob")
        sql = "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, message_id, created_at) VALUES (?, 500, ?, 'Evening.', 1, 500, 0)"
        async with db.transaction() as tx:
            await tx.run(sql, (scene_id, speaker))
    async with opened(file) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        assert await referred(History(db), scene) == [("Evening.", [])]
        await ask(db, scene, "What?", await about(db, scene, 499, "At nine."), message_id=502)
        assert await referred(History(db), scene) == [("Evening.", []), ("What?", ["At nine."])]
