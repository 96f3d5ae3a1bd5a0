"""A database of the release before positions, speakers and owners: after the upgrade the story reads the same."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.scene import END, START, Participant, Place, Position
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.removals import Removals
from bot.storage.requests import Requests, Sent
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS
from bot.storage.settings import Binding, SettingsStore
from bot.storage.swipes import Swipes
from tests.storage.cast import ALICE, BOB, EVENING, TAVERN, opened, record

AT = 1_773_519_330_250
"""EVENING, as the database has it."""

LAST_OF_BEFORE = 9
"""The last migration of that release."""

CELLAR, MARKET, TERMINAL = Place(78, 77, 5), Place(79, None, 5, 6), Place(0)

# Ids of messages are those of one evening. In the tavern's second scene they do not follow the ids of turns:
# 3005 was heard before 3003. A rehearsal has negative ones. Alice is called Alice, and once with a blank that
# does not show; Bob is another Alice in the cellar; who spoke in the market has no alias, for it was deleted.
PLAYED = f"""
INSERT INTO scene (id, channel_id, title, window_start, created_at, starter_id, persona_key) VALUES
    (1, 77, 'Before', 0, {AT}, {BOB}, NULL), (2, 77, 'The long night', 5, {AT}, {ALICE}, 'isolde'),
    (3, 78, '', 11, {AT}, {ALICE}, NULL), (4, 79, '', 99, {AT}, NULL, NULL), (5, 0, '', 0, {AT}, NULL, NULL);
INSERT INTO place (channel_id, parent_id, guild_id, scene_id, category_id) VALUES
    (77, NULL, 5, 2, NULL), (78, 77, 5, 3, NULL), (79, NULL, 5, 4, 6), (0, NULL, NULL, 5, NULL);
INSERT INTO removal (id, scene_id, kind, by_user, created_at) VALUES (1, 2, 'after', {ALICE}, {AT});
INSERT INTO turn (
    id, scene_id, user_id, persona_key, name, text, tokens, message_id, created_at, ending, swipe, former, removal_id
) VALUES
    (1, 1, {BOB}, NULL, 'Bob', 'Evening.', 5, 3001, {AT}, NULL, 1, NULL, NULL),
    (2, 2, NULL, 'marlow', 'Marlow', 'Who is there?', 6, NULL, {AT}, 'done', 2, NULL, NULL),
    (3, 2, {ALICE}, NULL, 'Alice', 'It is me.', 7, 3002, {AT}, NULL, 1, NULL, NULL),
    (4, 2, {BOB}, NULL, 'Bob', 'And me.', 8, 3005, {AT}, NULL, 1, NULL, NULL),
    (5, 2, NULL, 'marlow', 'Marlow', 'Come in.', 9, NULL, {AT}, 'length', 1, NULL, NULL),
    (6, 2, {ALICE}, NULL, 'Alice', 'At last.', 9, 3003, {AT}, NULL, 1, NULL, NULL),
    (7, 2, NULL, 'isolde', 'Isolde', '', 0, NULL, {AT}, 'failed', 1, NULL, NULL),
    (8, 2, {ALICE}, NULL, 'Alice', 'Out of the story.', 9, 3006, {AT}, NULL, 1, NULL, 1),
    (9, 2, NULL, 'marlow', 'Marlow', 'The light', 0, NULL, {AT}, NULL, 1, NULL, NULL),
    (10, 3, {BOB}, NULL, 'Alice (2)', 'Psst.', 4, 3004, {AT}, NULL, 1, NULL, NULL),
    (12, 3, NULL, 'marlow', 'Marlow the Bold', 'Silence.', 9, NULL, {AT}, 'done', 2, 1, NULL),
    (13, 4, {BOB}, NULL, 'Bobby', 'Apples?', 3, 3007, {AT}, NULL, 1, NULL, NULL),
    (14, 5, NULL, 'marlow', 'Marlow', 'Rehearse.', 3, NULL, {AT}, 'done', 1, NULL, NULL),
    (15, 5, -9, NULL, 'Voss', 'Aye.', 2, -1001, {AT}, NULL, 1, NULL, NULL),
    (16, 5, -9, NULL, 'Voss', 'No.', 2, -1002, {AT}, NULL, 1, NULL, NULL),
    (20, 5, -9, NULL, 'Voss', 'Gone.', 2, -1003, {AT}, NULL, 1, NULL, NULL);
DELETE FROM turn WHERE id = 20;
INSERT INTO alias (channel_id, user_id, display_name, name, created_at) VALUES
    (77, {ALICE}, 'Captain', 'Captain', {AT - 1}), (77, {ALICE}, 'Alice', 'Alice', {AT}), (77, {ALICE}, ' Alice', 'Alice', {AT + 1}),
    (77, {BOB}, 'Bob', 'Bob', {AT + 2}), (78, {ALICE}, 'Alice', 'Alice', {AT + 3}),
    (78, {BOB}, 'Alice', 'Alice (2)', {AT + 4}), (0, -9, 'Voss', 'Voss', {AT + 5});
INSERT INTO swipe (turn_id, number, text, tokens, ending, slices) VALUES
    (2, 1, 'Who goes there?', 7, 'done', '[[0, 0, 15]]'), (12, 1, 'Noise.', 5, 'done', '[[0, 0, 6]]');
INSERT INTO post (turn_id, page, slice_start, slice_end, nonce, message_id, hook_id, heading, swipe, buttons) VALUES
    (2, 0, 0, 13, 'n2', 4001, NULL, '', 2, 0), (5, 0, 0, 5, 'n5', 4002, 44, '-# Alice', 1, 0),
    (5, 1, 5, 8, 'n6', 4003, 44, '', 1, 1), (9, 0, 0, 9, 'n9', NULL, NULL, '', 1, 0),
    (12, 0, 0, 6, 'n12', 4004, NULL, '', 1, 1);
INSERT INTO request (turn_id, window_start, naming, language, digest, own, context_window, reply_cap) VALUES
    (2, 2, 'named', 'auto', 'aa', 0, NULL, NULL), (9, 3, 'folded', 'auto', 'bb', 4, 65536, 1024);
INSERT INTO usage (turn_id, prompt_tokens, completion_tokens, total_tokens, model, reported, created_at, price_microdollars)
VALUES (2, 100, 10, 110, 'M2-her', 1, {AT}, 42), (NULL, 1, 1, 2, 'M2-her', 0, {AT}, NULL);
INSERT INTO binding VALUES ('channel', 77, 'isolde', {ALICE}, {AT}), ('server', 5, NULL, {BOB}, {AT});
INSERT INTO setting VALUES ('server', 5, 'respond', 'all', {ALICE}, {AT});
INSERT INTO notice VALUES (77, 'recording', '', {AT});
INSERT INTO preference VALUES ({ALICE}, 'ping', 'on');
INSERT INTO step VALUES ('here', 'M2-her', 'folded', {AT});
INSERT INTO calibration VALUES ('here', 'M2-her', 'script', 'learnt', {AT});
"""

UNTOUCHED = ("post", "binding", "setting", "preference", "step", "calibration")


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def everything(file: Path) -> dict[str, list[tuple[object, ...]]]:
    names = rows(file, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {str(name): rows(file, f"SELECT * FROM {name}") for (name,) in names}


@pytest.fixture
async def before(file: Path, tmp_path: Path) -> Path:
    """A database in which people played under the release before."""
    folder = tmp_path / "before"
    folder.mkdir()
    for step in MIGRATIONS.iterdir():
        if step.name.endswith(".sql") and int(step.name[:4]) <= LAST_OF_BEFORE:
            shutil.copy(str(step), folder)
    async with opened(file, migrations=folder):
        pass
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"BEGIN;{PLAYED}COMMIT;")
    return file


@pytest.fixture
async def upgraded(before: Path) -> Path:
    async with opened(before):
        pass
    return before


async def told(db: Database, scene_id: int, start: Position = START) -> list[tuple[int, str, str]]:
    found = await History(db).recent(scene_id, start, END)
    return [(turn.id, turn.name, turn.text) for turn in found]


async def test_each_story_reads_as_it_did_in_the_same_order(before: Path) -> None:
    read = {
        scene: rows(before, f"SELECT id, name, text FROM spoken WHERE scene_id = {scene} ORDER BY id")
        for scene in range(1, 6)
    }
    assert [text for _, _, text in read[2]] == [
        "Who is there?",
        "It is me.",
        "And me.",
        "Come in.",
        "At last.",
    ]
    async with opened(before) as db:
        for scene, turns in read.items():
            assert await told(db, scene) == turns
        # Also what no prompt holds: the order of all is that of the ids.
        order = await db.read("SELECT id FROM turn ORDER BY scene_id, position")
        assert [row["id"] for row in order] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16]


async def test_a_turn_stands_where_its_message_is_and_never_before_the_turn_before_it(upgraded: Path) -> None:
    positions = rows(upgraded, "SELECT id, position FROM turn ORDER BY id")
    assert positions == [
        (1, 3001),
        (2, 1),
        (3, 3002),
        (4, 3005),
        (5, 3006),
        (6, 3007),  # its message is 3003
        (7, 3008),
        (8, 3009),
        (9, 3010),
        (10, 3004),
        (12, 3005),
        (13, 3007),
        (14, 1),
        (15, 2),
        (16, 3),
    ]


async def test_each_window_begins_with_the_turn_it_began_with(before: Path) -> None:
    windows = {
        scene: rows(
            before,
            f"SELECT id, name, text FROM spoken WHERE scene_id = {scene} AND id >= "
            f"(SELECT window_start FROM scene WHERE id = {scene}) ORDER BY id",
        )
        for scene in range(1, 6)
    }
    assert [turn for turn, _, _ in windows[2]] == [5, 6]
    assert [turn for turn, _, _ in windows[3]] == [12]  # turn 11 was deleted: the next one
    assert windows[4] == []  # and all of it in the market
    async with opened(before) as db:
        for number, turns in windows.items():
            scene = await Scenes(db).get(number)
            assert scene is not None
            assert await told(db, number, scene.window_start) == turns
        sent = [await Requests(db).sent(2), await Requests(db).sent(9)]
        assert sent == [
            Sent(Position(1), "named", "auto", "aa"),
            Sent(Position(3002), "folded", "auto", "bb", 4, 65536, 1024),
        ]


async def test_everybody_is_who_they_were(upgraded: Path) -> None:
    def never(taken: object) -> str:
        raise AssertionError(taken)

    async with opened(upgraded) as db:
        people, history = People(db), History(db)
        known = {
            turn: await people.speaker(place, Participant(user, name), never, EVENING)
            for turn, place, user, name in (
                (3, TAVERN, ALICE, "Alice"),
                (4, TAVERN, BOB, "Bob"),
                (10, CELLAR, BOB, "Alice"),
                (15, TERMINAL, -9, "Voss"),
            )
        }
        for turn_id, speaker in known.items():
            turn = await history.turn(turn_id)
            assert turn is not None
            assert turn.speaker == speaker
        assert [speaker.name for speaker in known.values()] == ["Alice", "Bob", "Alice (2)", "Voss"]
        blank = await people.speaker(TAVERN, Participant(ALICE, " Alice"), never, EVENING)
        assert (blank.name, blank.id != known[3].id) == ("Alice", True)
        market, bold = await history.turn(13), await history.turn(12)
        assert market is not None
        assert bold is not None
        assert (market.name, market.user_id) == ("Bobby", BOB)
        assert (bold.name, bold.persona_key) == ("Marlow the Bold", "marlow")
        assert await Scenes(db).speakers(2) == ["Alice", "Bob"]


async def test_a_turn_costs_what_it_did_less_its_name(upgraded: Path) -> None:
    tokens = {turn: count for turn, count in rows(upgraded, "SELECT id, tokens FROM turn")}  # noqa: C416
    assert tokens == {
        1: 4,
        2: 5,
        3: 6,
        4: 7,
        5: 8,
        6: 8,
        7: 0,
        8: 8,
        9: 0,
        10: 2,
        12: 6,
        13: 2,
        14: 2,
        15: 1,
        16: 1,
    }
    assert rows(upgraded, "SELECT turn_id, tokens FROM swipe") == [(2, 6), (12, 2)]


async def test_what_else_is_stored_is_as_it_was(before: Path) -> None:
    was = everything(before)
    async with opened(before) as db:
        scenes = Scenes(db)
        assert [await scenes.playing(place) for place in (TAVERN, CELLAR, MARKET, TERMINAL)] == [
            await scenes.get(number) for number in (2, 3, 4, 5)
        ]
        tavern = await scenes.get(2)
        assert tavern is not None
        assert (tavern.place, tavern.title) == (TAVERN, "The long night")
        assert (tavern.starter_id, tavern.persona_key) == (ALICE, "isolde")
        market = await scenes.playing(MARKET)
        assert market is not None
        assert market.place == MARKET
        assert await SettingsStore(db).binding([("channel", 77)]) == Binding("channel", 77, "isolde")
        left = await History(db).unfinished.all()
        assert [(each.turn.id, each.place.channel_id, len(each.planned)) for each in left] == [
            (9, 77, 1),
            (12, 78, 0),
        ]
        variants = await Swipes(db).variants(2)
        assert variants is not None
        assert (variants.count, variants.followed, variants.newest) == (2, True, False)
        assert [turn.text for turn in await Removals(db).put_back(1)] == ["Out of the story."]
        async with db.transaction() as tx:
            await tx.run("UPDATE turn SET removal_id = 1 WHERE id = 8")
    now = everything(before)
    assert {name: now[name] for name in UNTOUCHED} == {name: was[name] for name in UNTOUCHED}
    assert now["usage"] == [  # no recap was paid for; nobody had spoken before that reply
        (*was["usage"][0], None, "reply", None, 5, 77, 0),
        (*was["usage"][1], None, "reply", None, None, None, 0),
    ]
    assert now["removal"] == [(1, 2, "after", ALICE, AT, None, None, None, None, "")]  # it is no undo
    assert now["notice"] == [  # who has spoken in a channel needs no card there
        (77, "opener", "isolde", AT),
        (77, "opener", "marlow", AT),
        (77, "recording", "", AT),
        (78, "opener", "marlow", AT),
    ]
    assert rows(before, "PRAGMA foreign_key_check") == []
    assert rows(before, "PRAGMA integrity_check") == [("ok",)]


async def test_a_second_start_changes_nothing(upgraded: Path) -> None:
    was = everything(upgraded)
    async with opened(upgraded):
        pass
    assert everything(upgraded) == was
    assert len(list(upgraded.parent.glob("*.bak"))) == 1


async def test_the_story_goes_on_after_all_that_was_said(upgraded: Path) -> None:
    async with opened(upgraded) as db:
        history, scene = History(db), await Scenes(db).playing(TAVERN)
        assert scene is not None
        said = await record(db, scene, "And then?", message_id=3100)
        reply = await history.begin_reply(scene.id, persona_key="isolde", name="Isolde", at=EVENING)
        assert said is not None
        assert said.id == 21  # 20 was given before, and is never given again
        assert (said.position, reply.position) == (3100, 3101)
        new = await Scenes(db).start(TAVERN, "", EVENING)
        assert new.id == 6
        assert [turn for turn, _, _ in await told(db, 2)][-1] == 21
