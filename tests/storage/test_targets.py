"""Who turns are to: stored with the turn, while the words are read where they are now."""

import shutil
from pathlib import Path

import pytest

from bot.core.scene import END, START, Ending, Note, Participant, Scene, Speaker, Target, Turn
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS
from bot.storage.targets import _OF_STRETCH
from tests.storage.cast import (
    BOB,
    EVENING,
    TAVERN,
    Reply,
    old_scene,
    old_speaker,
    only_sqlite,
    opened,
    record,
)


async def answer(db: Database, scene: Scene, about: Turn, message: int | None = None, by: int = 502) -> Turn:
    """Alice replies to a turn, by the message that shows it."""
    message = message or about.message_id
    assert message is not None
    turn = await record(db, scene, "Hm.", message_id=by, target=Target(message, about.speaker))
    assert turn is not None
    return turn


async def target(history: History, scene: Scene) -> Target | None:
    """What the newest turn replies to, as a prompt reads it."""
    return (await history.recent(scene.id, START, END))[-1].target


@pytest.fixture
async def bob(db: Database, scene: Scene) -> Turn:
    turn = await record(db, scene, "The tide turns at nine.", Participant(BOB, "Bob"), message_id=500)
    assert turn is not None
    return turn


async def test_a_target_is_read_as_it_is_now(db: Database, history: History, scene: Scene, bob: Turn) -> None:
    await answer(db, scene, bob)
    assert await target(history, scene) == Target(500, bob.speaker, bob.id, "The tide turns at nine.")
    await history.amend(500, "At ten, " + "or later " * 20, (), 3)
    expected = "At ten, or later or later or later or later or later or…"
    assert await target(history, scene) == Target(500, bob.speaker, bob.id, expected)
    await history.amend(500, "", (Note("image", "a cat"),), 3)
    assert await target(history, scene) == Target(500, bob.speaker, bob.id, "[shows a picture: a cat]")
    await history.retract([500])
    assert await target(history, scene) == Target(500, bob.speaker)
    (turn,) = await history.recent(scene.id, START, END, 1)
    assert turn.target is not None


async def test_of_a_target_only_what_belongs_to_the_story_is_told(
    db: Database, history: History, scene: Scene, bob: Turn
) -> None:
    await answer(db, scene, bob)
    for text, words in (
        ("At ten. ((brb, the door))", "At ten."),
        ("((wait)) *He nods.*", "*He nods.*"),
        ("At eleven.\nOOC: sorry, cat", "At eleven."),
    ):
        await history.amend(500, text, (), 3)
        assert await target(history, scene) == Target(500, bob.speaker, bob.id, words)


async def test_a_target_out_of_the_story_has_no_words_until_it_is_put_back(
    db: Database, history: History, scene: Scene, bob: Turn
) -> None:
    await answer(db, scene, bob)
    removal = await Removals(db).remove(bob.id, Removed.TURN, 1, EVENING)
    assert removal is not None
    assert await target(history, scene) == Target(500, bob.speaker)
    await Removals(db).put_back(removal.id)
    assert await target(history, scene) == Target(500, bob.speaker, bob.id, "The tide turns at nine.")


async def test_of_a_persona_it_is_the_page_that_the_post_shows(
    db: Database, history: History, scene: Scene, reply: Reply
) -> None:
    turn_id = await reply("First page. ", "Second page.")
    await history.finish(turn_id, text="First page. Second page.", tokens=9, ending=Ending.DONE)
    turn = await history.turn(turn_id)
    assert turn is not None
    await answer(db, scene, turn, 900)
    assert await target(history, scene) == Target(900, turn.speaker, turn.id, "First page.", is_end=False)
    await answer(db, scene, turn, 901, by=503)
    assert await target(history, scene) == Target(901, turn.speaker, turn.id, "Second page.")
    await history.retract([901])
    assert await target(history, scene) == Target(901, turn.speaker)


async def test_an_edit_that_asks_does_not_change_it_and_adds_one_that_was_missing(
    db: Database, history: History, scene: Scene, bob: Turn
) -> None:
    other = await record(db, scene, "At ten.", Participant(BOB, "Bob"), message_id=501)
    assert other is not None
    await answer(db, scene, bob)
    await history.debts.owe(502, ["marlow"], (), Target(501, other.speaker))
    found = await target(history, scene)
    assert found is not None
    assert found.message_id == 500
    await record(db, scene, "Hm?", message_id=600)
    assert await target(history, scene) is None
    await history.debts.owe(600, ["marlow"], (), Target(501, other.speaker))
    assert await target(history, scene) == Target(501, other.speaker, other.id, "At ten.")


async def test_a_branch_reads_them_where_they_are(
    db: Database, history: History, scenes: Scenes, scene: Scene, bob: Turn
) -> None:
    await answer(db, scene, bob)
    other = await scenes.start(TAVERN, "Another way", EVENING)
    async with db.transaction() as tx:
        await tx.run("UPDATE scene SET parent = ?, until = 502 WHERE id = ?", (scene.id, other.id))
    assert await target(history, other) == Target(500, bob.speaker, bob.id, "The tide turns at nine.")


@only_sqlite
async def test_the_targets_of_a_stretch_are_one_search_of_their_index(db: Database) -> None:
    plan = [row["detail"] for row in await db.read(f"EXPLAIN QUERY PLAN {_OF_STRETCH}", (1, 0, 9))]
    assert plan[0].startswith(
        "SEARCH turn USING INDEX turn_with_target (scene_id=? AND position>? AND position<?)"
    )
    assert not [line for line in plan if line.startswith("SCAN")]


async def test_a_story_from_before_goes_on_and_its_turns_reply_to_nothing(file: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for step in MIGRATIONS.iterdir():
        if step.name.endswith(".sql") and step.name < "0019":
            shutil.copy(str(step), before)
    async with opened(file, migrations=before) as db:
        scene_id = await old_scene(db, TAVERN)
        speaker = Speaker(await old_speaker(db, TAVERN, BOB, "Bob"), "Bob", BOB)
        sql = """
        INSERT INTO turn (scene_id, position, speaker_id, text, notes, tokens, message_id, created_at)
        VALUES (?, 500, ?, '', '[{"kind": "silence", "label": ""}]', 1, 500, 0)
        """
        await db.write(sql, (scene_id, speaker.id))
    async with opened(file) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        history = History(db)
        (old,) = await history.recent(scene.id, START, END)
        assert (old.notes, old.target) == ((Note("silence"),), None)
        await answer(db, scene, old)
        assert await target(history, scene) == Target(500, speaker, old.id, "[waits for an answer]")
