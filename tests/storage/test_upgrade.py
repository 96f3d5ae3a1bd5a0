"""A database of an earlier release, opened by this one: nothing is lost, and what is new is filled in."""

import shutil
import sqlite3
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from bot.core.memory.words import search_of
from bot.core.scene import END, START, Place, Position, Post, Scene, Speaker, Turn
from bot.core.sharding import WHOLE
from bot.storage.catching_up import CatchUpStore
from bot.storage.history import History
from bot.storage.requests import Requests
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS, discard_copies, migrations_in
from bot.storage.search import Searches
from bot.storage.settings import Binding, SettingsStore
from bot.storage.steering import Steer, Steering, SteeringKind
from bot.storage.swipes import Swipes, Variants
from tests.storage.cast import ADA, ALICE, BOB, EVENING, TAVERN, old_scene, opened

AT = 1_773_519_330_250
"""EVENING, as the database has it."""

PLAYED = f"""
BEGIN;
INSERT INTO scene VALUES
    (1, 77, 'Before', 0, {AT}), (2, 77, 'The long night', 3, {AT}), (3, 78, '', 0, {AT}), (4, 79, '', 0, {AT});
INSERT INTO place VALUES (77, NULL, 5, 2), (78, 77, 5, 3), (79, NULL, 5, 4);
INSERT INTO turn VALUES
    (1, 1, {BOB}, NULL, 'Bob', 'Evening.', 5, 901, {AT}, NULL),
    (2, 2, NULL, 'marlow', 'Marlow', 'Who is there?', 6, NULL, {AT}, 'done'),
    (3, 2, {ALICE}, NULL, 'Alice', 'It is me.', 7, 902, {AT}, NULL),
    (4, 2, {BOB}, NULL, 'Bob', 'And me.', 8, 903, {AT}, NULL),
    (5, 3, NULL, 'marlow', 'Marlow', 'Silence.', 9, NULL, {AT}, 'done');
INSERT INTO post VALUES (2, 0, 0, 13, 'nonce', 904);
INSERT INTO binding VALUES (77, 'isolde', {ALICE}, {AT}), (78, 'gone', {BOB}, {AT});
INSERT INTO notice VALUES (77, 'recording', '', {AT});
COMMIT;
"""


@pytest.fixture
async def upgraded(file: Path, tmp_path: Path) -> Path:
    """A database in which people played under the first release."""
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(str(MIGRATIONS / "0001_first.sql"), first)
    async with opened(file, migrations=first):
        pass
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        connection.executescript(PLAYED)
    return file


async def test_who_was_given_a_channel_by_command_still_plays_there(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        store = SettingsStore(db)
        assert await store.binding([("channel", 77)]) == Binding("channel", 77, "isolde")
        assert await store.binding([("channel", 78)]) == Binding("channel", 78, "gone")
        assert await store.binding([("category", 77), ("server", 77), ("channel", 79)]) is None
        rows = await db.read("SELECT by_user, created_at FROM binding ORDER BY scope_id")
        assert [tuple(row) for row in rows] == [(ALICE, AT), (BOB, AT)]


async def test_the_first_to_speak_in_a_scene_has_begun_it(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        starters = await db.read("SELECT id, starter_id, persona_key FROM scene ORDER BY id")
        assert [tuple(row) for row in starters] == [
            (1, BOB, None),
            (2, ALICE, None),
            (3, None, None),
            (4, None, None),
        ]


async def test_a_persona_that_has_spoken_in_a_channel_needs_no_card_there(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        scenes = Scenes(db)
        assert await scenes.was_told([77], ["opener"], "marlow")
        assert await scenes.was_told([78], ["opener"], "marlow")
        assert not await scenes.was_told([77], ["opener"], "isolde")
        assert not await scenes.was_told([79], ["opener"], "marlow")  # nobody has spoken there


async def test_the_story_goes_on_where_it_was(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        assert scene == Scene(2, TAVERN, "The long night", window_start=Position(902), starter_id=ALICE)
        alice, bob = Speaker(3, "Alice", user_id=ALICE), Speaker(1, "Bob", user_id=BOB)
        assert await History(db).recent(2, scene.window_start, END) == [
            Turn(3, 2, Position(902), alice, "It is me.", 4, EVENING, message_id=902),
            Turn(4, 2, Position(903), bob, "And me.", 5, EVENING, message_id=903),
        ]
        reply = await History(db).turn_of(904)
        assert reply is not None
        assert (reply.id, reply.text) == (2, "Who is there?")
        assert await Swipes(db).variants(2) == Variants(
            reply, (Post(904, 2, 0, 0, 13),), count=1, newest=True, followed=True
        )
        assert await Requests(db).sent(2) is None  # how it was asked for was not kept then
        assert await Scenes(db).was_told([77], ["recording"])
        assert [outline.scene.title for outline in await Scenes(db).outlines(TAVERN, 9)] == [
            "The long night",
            "Before",
        ]


async def test_it_is_copied_first_and_then_of_this_release(upgraded: Path) -> None:
    async with opened(upgraded):
        pass
    with closing(sqlite3.connect(upgraded)) as connection:
        newest = len(migrations_in(MIGRATIONS))
        assert connection.execute("PRAGMA user_version").fetchone() == (newest,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    (copy,) = upgraded.parent.glob("*.bak")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT persona_key FROM binding ORDER BY 1").fetchall() == [
            ("gone",),
            ("isolde",),
        ]
    async with opened(upgraded) as db:  # and a second start changes nothing
        assert await Scenes(db).active(Place(78, 77, 5), EVENING) == Scene(3, Place(78, 77, 5), "", START)
    assert [each.name for each in upgraded.parent.glob("*.bak")] == [copy.name]


async def test_no_reply_is_told_anything_besides_the_story(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        steering = Steering(db)
        assert await steering.pending(2, "marlow") == ()
        assert await steering.add(2, Steer(SteeringKind.OOC, "skip", 1, EVENING, "marlow"))
        assert [each.text for each in await steering.pending(2, "marlow")] == ["skip"]


async def test_nobody_has_rewritten_what_was_said_before_that_was_stored(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        reply = await History(db).turn(2)
        assert reply is not None
        assert reply.editor == ""
        mine = await Swipes(db).rewrite(2, "It is I.", 5, ADA)
        assert mine is not None
        assert mine.editor == "Ada"
        (turn,) = [turn for turn in await History(db).recent(2, START, END) if turn.id == 2]
        assert (turn.text, turn.editor) == ("It is I.", "Ada")


async def test_what_was_said_before_there_was_a_search_is_found_by_it(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        searches = Searches(db)
        assert (await searches.find(2, search_of("there"), 0, 9)).turns == ()
        while not await searches.fill():
            pass
        assert [turn.id for turn in (await searches.find(2, search_of("there"), 0, 9)).turns] == [2]
        assert (await searches.find(2, search_of("evening"), 0, 9)).turns == ()  # of another scene


async def test_whose_words_a_pin_has_is_filled_in(file: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for step in migrations_in(MIGRATIONS)[:31]:
        (before / f"{step.number:04}_step.sql").write_text(step.script, encoding="utf-8")
    async with opened(file, migrations=before) as db:
        await old_scene(db, TAVERN)
        speaker = "INSERT INTO speaker (channel_id, owner, user_id, persona_key, name, created_at) VALUES (77, 0, ?, ?, ?, 1)"
        turn = "INSERT INTO turn (scene_id, position, speaker_id, persona_key, text, tokens, created_at) VALUES (1, ?, ?, ?, ?, 1, 1)"
        for number, user, key, name in ((1, ALICE, None, "Alice"), (2, None, "marlow", "Marlow")):
            await db.write(speaker, (user, key, name))
            await db.write(turn, (number, number, key, "I hid the key."))
        sql = "INSERT INTO pin (scene_id, rank, text, turn_id, position, by_user, created_at) VALUES (1, 1, ?, ?, 1, ?, 1)"
        for text, turn_id in (("Alice's", 1), ("Marlow's", 2), ("Bob's", None)):
            await db.write(sql, (text, turn_id, BOB))
    async with opened(file) as db:
        authors = {row["text"]: row["author_id"] for row in await db.read("SELECT text, author_id FROM pin")}
        assert authors == {"Alice's": ALICE, "Marlow's": None, "Bob's": BOB}


async def test_what_was_said_before_counts_as_said_to_a_persona_and_nobody_was_told_of_its_age(
    upgraded: Path,
) -> None:
    async with opened(upgraded) as db:
        assert [row["addressed"] for row in await db.read("SELECT DISTINCT addressed FROM turn")] == [1]
        assert await db.read("SELECT 1 FROM ageing UNION ALL SELECT 1 FROM erasure") == []


async def test_what_was_stored_counts_as_heard(upgraded: Path, tmp_path: Path) -> None:
    async with opened(upgraded) as db:
        assert await CatchUpStore(db).last(WHOLE) == 904  # a post
    async with opened(tmp_path / "new.sqlite3") as db:
        assert await CatchUpStore(db).last(WHOLE) is None


def test_of_the_files_beside_the_database_only_the_bot_s_copies_are_discarded(tmp_path: Path) -> None:
    path = tmp_path / "dramatis.sqlite3"
    kept = [
        "",
        "-wal",
        "-shm",
        ".lock",
        ".monday.bak",
        ".backup",
        ".monday.k3_x9a2b.part",
        ".before-0002.bak.gz",
    ]
    for ending in (
        *kept,
        ".before-0002.bak",
        ".before-0002.bak.part",
        ".k3_x9a2b.part",
        ".k3_x9a2b.part-wal",
    ):
        path.with_name(f"{path.name}{ending}").touch()
    (tmp_path / "other.sqlite3.before-0002.bak").touch()
    discard_copies(path, inf)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        [*(f"dramatis.sqlite3{ending}" for ending in kept), "other.sqlite3.before-0002.bak"]
    )
