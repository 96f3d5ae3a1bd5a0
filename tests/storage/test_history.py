import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.completion import Usage
from bot.core.scene import (
    END,
    START,
    Ending,
    Note,
    Participant,
    Position,
    Post,
    Scene,
    Slice,
    Speaker,
    Turn,
)
from bot.storage.costs import Spent
from bot.storage.database import Database
from bot.storage.errors import StatementError
from bot.storage.history import History
from bot.storage.removals import Removals, Removed
from bot.storage.retractions import Retraction
from bot.storage.scenes import Scenes
from bot.storage.swipes import Swipes
from tests.databases import sqlite_of
from tests.storage.cast import ALICE, EVENING, TAVERN, Reply, Say, only_sqlite, opened, record


def content(file: Path) -> bytes:
    return file.read_bytes()


async def texts(history: History, scene: Scene) -> list[str]:
    return [turn.text for turn in await history.recent(scene.id, START, END)]


# People


async def test_what_a_person_says_comes_back_as_it_was_said(
    history: History, scene: Scene, db: Database
) -> None:
    text = "*waves*\n 'quoted' 你好 👩‍👩‍👧"
    alice = Participant(ALICE, "Alice 🗡")
    said = await record(db, scene, text, alice, tokens=17, message_id=2**62)
    assert said == Turn(
        id=1,
        scene_id=scene.id,
        position=Position(2**62),
        speaker=Speaker(1, "Alice 🗡", user_id=ALICE),
        text=text,
        tokens=17,
        created_at=EVENING,
        message_id=2**62,
    )
    assert await history.recent(scene.id, START, END) == [said]
    assert await history.turn_of(2**62) == said


async def test_a_message_delivered_twice_is_one_turn(
    history: History, scene: Scene, say: Say, db: Database
) -> None:
    await say("An ale!", 500)
    assert await record(db, scene, "An ale!", message_id=500) is None
    assert await texts(history, scene) == ["An ale!"]


async def test_words_without_a_message_are_each_a_turn(history: History, scene: Scene, say: Say) -> None:
    await say("One")
    await say("One")
    assert await texts(history, scene) == ["One", "One"]


async def test_an_edit_changes_the_story(history: History, scene: Scene, say: Say) -> None:
    await say("An ael", 500, tokens=30)
    assert await history.amend(500, "An ale", [Note("image", "ale.png")], 8) is True
    changed = await history.turn_of(500)
    assert changed
    assert (changed.text, changed.tokens, changed.name) == ("An ale", 8, "Alice")
    assert changed.notes == (Note("image", "ale.png"),)
    assert await history.amend(501, "Whatever", [], 1) is False
    assert await texts(history, scene) == ["An ale"]


async def test_words_and_what_stands_beside_them_are_kept_apart(
    history: History, scene: Scene, db: Database
) -> None:
    notes = (Note("image", 'a "cat" 猫.png'), Note("sticker"))
    said = await record(db, scene, "look", message_id=500, notes=notes)
    bare = await record(db, scene, "", message_id=501, notes=(Note("silence"),))
    nothing = await record(db, scene, "", message_id=502)
    assert said is not None
    assert (said.text, said.notes) == ("look", notes)
    assert nothing is not None
    assert await history.recent(scene.id, START, END) == [said, bare]  # who only shows something speaks too


async def test_a_deleted_message_leaves_the_story(history: History, scene: Scene, say: Say) -> None:
    for number, text in enumerate(["One", "Two", "Three"]):
        await say(text, 500 + number)
    assert await history.retract([501, 999, 502]) == [Retraction(2, gone=True), Retraction(3, gone=True)]
    assert await history.retract([501]) == []
    assert await texts(history, scene) == ["One"]
    assert await history.turn_of(501) is None


async def test_an_id_is_never_given_again(history: History, say: Say) -> None:
    first = await say("One", 500)
    await history.retract([500])
    second = await say("Two", 501)
    assert second.id > first.id


async def test_what_was_deleted_is_not_in_the_file_any_more(file: Path) -> None:
    secret = "my secret " * 20
    async with opened(file) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        await record(db, scene, secret, message_id=500)
    assert b"my secret" in content(file)
    async with opened(file) as db:
        await History(db).retract([500])
    assert b"my secret" not in content(file)


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        (
            datetime(2026, 3, 14, 20, 0, 0, 1_000, tzinfo=UTC),
            datetime(2026, 3, 14, 20, 0, 0, 1_000, tzinfo=UTC),
        ),
        (
            datetime(2026, 3, 14, 20, 0, 0, 1_999, tzinfo=UTC),
            datetime(2026, 3, 14, 20, 0, 0, 1_000, tzinfo=UTC),
        ),
        (
            datetime(2026, 3, 14, 22, 0, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 3, 14, 20, 0, tzinfo=UTC),
        ),
    ],
)
async def test_times_are_kept_to_the_millisecond(
    db: Database, scene: Scene, at: datetime, kept: datetime
) -> None:
    turn = await record(db, scene, "Now", at=at)
    assert turn
    assert turn.created_at == kept


async def test_half_an_emoji_is_kept_as_one_character(history: History, scene: Scene, say: Say) -> None:
    # Streams may be cut inside a surrogate pair; SQLite's UTF-8 cannot hold the half.
    assert (await say("Cheers \ud83c!")).text == "Cheers ?!"


# Replies


async def test_a_reply_from_its_first_moment_to_its_ending(history: History, scene: Scene, say: Say) -> None:
    ale = await say("An ale!", 500)
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    marlow = Speaker(2, "Marlow", persona_key="marlow")
    assert turn == Turn(
        id=2, scene_id=scene.id, position=Position(501), speaker=marlow, text="", tokens=0, created_at=EVENING
    )
    assert await history.save_text(turn.id, "Coming") is True
    await history.posts.plan(turn.id, Slice(0, 0, 6, "n0"))
    assert await history.posts.of(turn.id) == []
    await history.posts.posted(turn.id, 0, 900)
    assert await history.posts.of(turn.id) == [Post(message_id=900, turn_id=turn.id, page=0, start=0, end=6)]
    assert await history.recent(scene.id, START, END) == [ale]

    await history.save_text(turn.id, "Coming right up.")
    await history.posts.set_slices(turn.id, [(0, 0, 16)])
    await history.finish(turn.id, text="Coming right up.", tokens=21, ending=Ending.DONE)
    done = await history.turn_of(900)
    assert done == Turn(
        id=2,
        scene_id=scene.id,
        position=Position(501),
        speaker=marlow,
        text="Coming right up.",
        tokens=21,
        created_at=EVENING,
        ending=Ending.DONE,
    )
    assert await history.turn(turn.id) == done
    assert await history.posts.of(turn.id) == [Post(900, turn.id, 0, 0, 16)]
    assert await history.recent(scene.id, START, END) == [ale, done]


@pytest.mark.parametrize("ending", Ending)
async def test_every_ending_comes_back(history: History, reply: Reply, ending: Ending) -> None:
    turn_id = await reply("Aye")
    await history.finish(turn_id, text="Aye", tokens=4, ending=ending)
    turn = await history.turn_of(900)
    assert turn
    assert turn.ending is ending


async def test_a_reply_that_was_dropped_leaves_nothing(history: History, scene: Scene, reply: Reply) -> None:
    turn_id = await reply("Never ", "mind")
    await history.drop(turn_id)
    assert await history.unfinished.all() == []
    assert await history.posts.of(turn_id) == []
    assert await history.turn_of(901) is None
    assert await history.turn(turn_id) is None


async def test_only_a_turn_that_nobody_can_have_seen_is_dropped_for_another(
    history: History, scene: Scene, reply: Reply
) -> None:
    shown, unseen = await reply("Hello."), await reply()
    assert [await history.drop_unseen(turn) for turn in (shown, unseen, unseen)] == [False, True, False]
    assert await history.turn(shown) is not None
    assert await history.turn(unseen) is None
    planned = await reply()
    await history.posts.plan(planned, Slice(0, 0, 1, "n"))  # it is being sent
    assert await history.drop_unseen(planned) is False


async def test_a_withdrawn_reply_is_out_of_the_story_and_its_posts_are_known(
    history: History, scene: Scene, reply: Reply
) -> None:
    turn_id = await reply("Something unspeakable")
    await history.finish(turn_id, text="", tokens=0, ending=Ending.WITHDRAWN)
    assert await texts(history, scene) == []
    assert [post.message_id for post in await history.posts.of(turn_id)] == [900]


async def test_writing_on_after_everything_was_deleted_harms_nothing(
    history: History, scene: Scene, reply: Reply, db: Database
) -> None:
    turn_id = await reply("Coming")
    assert await history.retract([900]) == [Retraction(turn_id, gone=True)]
    assert await history.save_text(turn_id, "Coming right") is False
    await history.posts.plan(turn_id, Slice(1, 6, 12, "n1"))
    await history.posts.posted(turn_id, 1, 901)
    await history.posts.set_slices(turn_id, [(0, 0, 6)])
    await history.finish(
        turn_id,
        text="Coming right up",
        tokens=9,
        ending=Ending.STOPPED,
        spent=Spent(Usage(120, 30, 150), "M2-her", EVENING),
    )
    await history.unfinished.close(turn_id, 9)
    assert await texts(history, scene) == []
    assert await history.turn_of(901) is None
    assert [tuple(row) for row in await db.read("SELECT turn_id, total_tokens FROM usage")] == [(None, 150)]


async def test_what_a_reply_cost_is_kept_also_when_it_is_deleted(
    history: History, reply: Reply, db: Database
) -> None:
    first = await reply("Aye.")
    spent = Spent(Usage(None, None, 412), "M2-her", EVENING, microdollars=165)
    await history.finish(first, text="Aye.", tokens=4, ending=Ending.DONE, spent=spent)
    second = await reply("No.", first_message=950)
    guess = Spent(Usage(100, 10, 110), "local", EVENING, reported=False)
    await history.finish(second, text="No.", tokens=4, ending=Ending.DONE, spent=guess)
    await history.retract([900])
    columns = "turn_id, prompt_tokens, completion_tokens, total_tokens, model, reported, price_microdollars, created_at"
    bills = [tuple(row) for row in await db.read(f"SELECT {columns} FROM usage ORDER BY id")]
    assert bills == [
        (None, None, None, 412, "M2-her", 1, 165, 1773519330250),
        (second, 100, 10, 110, "local", 0, None, 1773519330250),
    ]


async def test_a_persons_turn_is_never_finished_like_a_reply(history: History, say: Say) -> None:
    ale = await say("An ale!", 500)
    await history.finish(ale.id, text="Poison!", tokens=1, ending=Ending.DONE)
    await history.unfinished.close(ale.id, 1)
    assert await history.turn_of(500) == ale


# The window


async def test_the_window_is_a_stretch_of_one_scene(
    history: History, scenes: Scenes, scene: Scene, say: Say, db: Database
) -> None:
    for text in ("One", "Two", "", "Four", "Five"):
        await say(text)
    other = await scenes.start(TAVERN, "Another", EVENING)
    await record(db, other, "Elsewhere")
    stretch = await history.recent(scene.id, Position(2), Position(5))
    assert [turn.text for turn in stretch] == ["Two", "Four"]
    assert await texts(history, scene) == ["One", "Two", "Four", "Five"]
    assert await texts(history, other) == ["Elsewhere"]


async def test_a_reply_is_left_out_until_it_ends_wherever_it_stands(
    history: History, scene: Scene, say: Say, reply: Reply
) -> None:
    await say("One")
    growing = await reply("Growing")
    await say("Three")
    assert await texts(history, scene) == ["One", "Three"]
    await history.finish(growing, text="Grown", tokens=10, ending=Ending.STOPPED)
    assert await texts(history, scene) == ["One", "Grown", "Three"]


@pytest.mark.parametrize(
    ("start", "before", "most", "given"),
    [
        (1, END, 5, ["One", "Two", "Four", "Five"]),
        (1, END, 4, ["One", "Two", "Four", "Five"]),
        (1, END, 3, ["Two", "Four", "Five"]),
        (1, END, 1, ["Five"]),
        (2, END, 5, ["Two", "Four", "Five"]),
        (1, 5, 2, ["Two", "Four"]),
        (3, 4, 5, []),
    ],
)
async def test_of_more_turns_than_are_wanted_the_newest_are_given(
    history: History, scene: Scene, say: Say, *, start: int, before: int, most: int, given: list[str]
) -> None:
    for text in ("One", "Two", "", "Four", "Five"):
        await say(text)
    found = await history.recent(scene.id, Position(start), Position(before), most)
    assert [turn.text for turn in found] == given


async def test_the_window_stays_where_it_was_moved(history: History, scenes: Scenes, scene: Scene) -> None:
    assert (scene.window_start, scene.party_until) == (0, 0)
    await history.move_window(scene.id, Position(17), Position(23))
    moved = await scenes.active(TAVERN, EVENING)
    assert (moved.window_start, moved.party_until) == (17, 23)


Query = Callable[[History], Awaitable[object]]


async def _newest(history: History, query: Callable[[int], Awaitable[object]]) -> None:
    rows = await history._db.read("SELECT id FROM turn ORDER BY id DESC LIMIT 1")
    await query(rows[0]["id"])


async def _answer(history: History) -> None:
    turn = await history.begin_reply(1, persona_key="marlow", name="Marlow", at=EVENING)
    await history.posts.plan(turn.id, Slice(0, 0, 3, "n"))
    await history.posts.posted(turn.id, 0, 9_999_999)
    await history.finish(turn.id, text="Aye", tokens=1, ending=Ending.DONE)


async def _remove(removals: Removals, turn_id: int) -> None:
    removal = await removals.remove(turn_id, Removed.TURN, ALICE, EVENING)
    assert removal
    assert await removals.put_back(removal.id)


QUERIES: list[tuple[str, Query]] = [
    ("recent", lambda history: history.recent(1, Position(90), Position(140))),
    ("recent, from the beginning", lambda history: history.recent(1, START, END, 20)),
    ("turn", lambda history: history.turn(100)),
    ("turn_of", lambda history: history.turn_of(100)),
    ("posts", lambda history: history.posts.of(100)),
    ("unfinished", lambda history: history.unfinished.all()),
    (
        "begin_reply",
        lambda history: history.begin_reply(1, persona_key="marlow", name="Marlow", at=EVENING),
    ),
    ("variants", lambda history: _newest(history, Swipes(history._db).variants)),
    ("regenerate", lambda history: _newest(history, Swipes(history._db).regenerate)),
    ("remove", lambda history: _newest(history, partial(_remove, Removals(history._db)))),
    ("an answer", _answer),
    ("old_buttons", lambda history: history.posts.old_buttons(1, 100)),
    ("by_webhooks", lambda history: history.posts.by_webhooks(100)),
    ("owed", lambda history: history.debts.owed()),
    ("waive", lambda history: history.debts.waive(100, "marlow")),
    ("amend", lambda history: history.amend(100, "Hello!", [], 11)),
    ("retract", lambda history: history.retract([100])),
]


async def fill(db: Database, turns: int) -> None:
    """Two scenes, their turns in turn; one reply among them was never finished."""
    async with db.transaction() as tx:
        await tx.run(
            "INSERT INTO scene (id, channel_id, title, created_at) VALUES (1, 1, '', 0), (2, 1, '', 0)"
        )
        await tx.run("INSERT INTO place (channel_id, owner, scene_id) VALUES (1, 0, 1)")
        await tx.run(
            """
            INSERT INTO speaker (id, channel_id, user_id, persona_key, display_name, name, created_at)
            VALUES (1, 1, 1, NULL, 'Alice', 'Alice', 0), (2, 1, NULL, 'marlow', NULL, 'Marlow', 0)
            """
        )
        await tx.run(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            INSERT INTO turn (scene_id, position, speaker_id, text, tokens, message_id, created_at)
            SELECT 1 + i % 2, i, 1, 'Hello', 10, i, 0 FROM n
            """,
            (turns,),
        )
        await tx.run(
            """
            INSERT INTO turn (scene_id, position, speaker_id, persona_key, text, tokens, created_at)
            VALUES (1, ?, 2, 'marlow', 'Aye', 10, 0)
            """,
            (turns + 1,),
        )
        await tx.run(
            "INSERT INTO usage (turn_id, model, reported, created_at) SELECT id, 'M2-her', 1, 0 FROM turn"
        )


async def steps_of(db: Database, query: Query) -> int:
    """How many instructions SQLite's machine takes for the query."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    for connection in (sqlite_of(db)._reader, sqlite_of(db)._writer):
        await connection.set_progress_handler(step, 1)
    await query(History(db))
    return count


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def histories(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A short history and a long one, to be copied."""
    files = []
    for turns in (200, 20_000):
        files.append(tmp_path_factory.mktemp("history") / f"{turns}.sqlite3")
        async with opened(files[-1]) as db:
            await fill(db, turns)
    return files


@pytest.mark.parametrize(("name", "query"), QUERIES)
async def test_what_a_query_costs_does_not_grow_with_the_history(
    tmp_path: Path, histories: list[Path], name: str, query: Query
) -> None:
    costs = []
    for history in histories:
        async with opened(Path(shutil.copy(history, tmp_path))) as db:
            costs.append(await steps_of(db, query))
    assert costs[0] > 0
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("name", "searches"),
    [
        ("recent", {"SEARCH turn USING INDEX turn_by_scene (scene_id=? AND position>? AND position<?)"}),
        ("turn", {"SEARCH turn USING INTEGER PRIMARY KEY (rowid=?)"}),
        (
            "turn_of",
            {
                "SEARCH turn USING INDEX sqlite_autoindex_turn_1 (message_id=?)",
                "SEARCH turn USING INTEGER PRIMARY KEY (rowid=?)",
                "SEARCH post USING INDEX sqlite_autoindex_post_1 (message_id=?)",
            },
        ),
        (
            "unfinished",
            {
                "SCAN turn USING INDEX turn_unfinished",  # only what is unfinished is in it
                "SEARCH post USING PRIMARY KEY (turn_id=?)",
            },
        ),
        ("owed", {"SEARCH turn USING INTEGER PRIMARY KEY (rowid=?)"}),  # of the few that are owed
        (
            "old_buttons",
            {
                "SCAN post USING INDEX post_with_buttons",  # and only what has buttons
                "SEARCH turn USING INTEGER PRIMARY KEY (rowid=?)",
            },
        ),
        (
            "by_webhooks",
            {
                "SEARCH post USING INDEX sqlite_autoindex_post_1 (message_id>?)",
                "SEARCH turn USING INTEGER PRIMARY KEY (rowid=?)",
            },
        ),
    ],
)
@only_sqlite
async def test_queries_use_their_indexes(db: Database, name: str, searches: set[str]) -> None:
    await fill(db, 10)
    asked: list[str] = []
    await sqlite_of(db)._reader.set_trace_callback(asked.append)
    await dict(QUERIES)[name](History(db))
    plans = [
        {row["detail"] for row in await db.read(f"EXPLAIN QUERY PLAN {statement}")}
        for statement in set(asked)
    ]
    of_tables = {step for plan in plans for step in plan if " turn " in step or " post " in step}
    assert of_tables == searches, plans
    # Parents of a scene, posts with buttons and debts are put in order: there are few.
    sorting = [plan for plan in plans if "USE TEMP B-TREE FOR ORDER BY" in plan]
    few = ("RECURSIVE STEP", "SCAN post USING INDEX post_with_buttons", "SCAN debt")
    assert all(any(step in plan for step in few) for plan in sorting), plans


# What the tables forbid


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO turn (scene_id, position, text, tokens, created_at) VALUES (1, 9, 'x', 1, 0)",
        "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at) VALUES (1, 9, 99, 'x', 1, 0)",
        "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at) VALUES (1, 0, 1, 'x', 1, 0)",
        "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at) VALUES (1, 1, 1, 'x', 1, 0)",
        "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at, ending) VALUES (1, 9, 1, 'x', 1, 0, 'done')",
        "INSERT INTO turn (scene_id, position, speaker_id, persona_key, text, tokens, created_at, message_id) VALUES (1, 9, 1, 'm', 'x', 1, 0, 5)",
        "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at) VALUES (99, 9, 1, 'x', 1, 0)",
        "INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at) VALUES (1, 9, 1, 'x', 'many', 0)",
        "INSERT INTO speaker (channel_id, name, created_at) VALUES (77, 'Nobody', 0)",
        "INSERT INTO speaker (channel_id, user_id, persona_key, name, created_at) VALUES (77, 1, 'm', 'Both', 0)",
        "DELETE FROM speaker",
        "INSERT INTO post (turn_id, page, slice_start, slice_end, nonce) VALUES (99, 0, 0, 1, 'n')",
        "INSERT INTO post (turn_id, page, slice_start, slice_end, nonce) VALUES (1, 0, 3, 1, 'n')",
        "INSERT INTO place (channel_id, owner, scene_id) VALUES (5, 0, 99)",
        "DELETE FROM scene",
    ],
)
async def test_nonsense_cannot_be_stored(db: Database, say: Say, sql: str) -> None:
    await say("An ale!")
    with pytest.raises(StatementError):
        async with db.transaction() as tx:
            await tx.run(sql)
