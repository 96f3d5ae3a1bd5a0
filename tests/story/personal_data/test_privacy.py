"""What is stored about a person: exported, forgotten to the last byte in every file, kept out by opting out."""

import asyncio
import json
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest

from bot.composition.story import story_on
from bot.core.budgets.charges import Charge
from bot.core.completion import Usage
from bot.core.memory.words import units_of
from bot.core.profiles import Profile, ProfileWords
from bot.core.proxies import PLURALKIT, character_of
from bot.core.scene import (
    Ending,
    IncomingMessage,
    Participant,
    Place,
    Position,
    Reference,
    Scene,
    Slice,
    Target,
    Turn,
)
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.costs import Spent
from bot.storage.database import Database, Transaction
from bot.storage.erasures import Erasures, Forgotten
from bot.storage.history import History, Said, Spoken
from bot.storage.members import Member
from bot.storage.people import People
from bot.storage.personal_data import TABLES, Holds
from bot.storage.pins import Made
from bot.storage.profiles import WHOLE_SERVER
from bot.storage.proposals import Proposal
from bot.storage.scenes import Scenes
from bot.storage.search import Searches, term_of
from bot.storage.server_keys import StoredKey
from bot.storage.server_personas import Act, Change
from bot.storage.steering import Steer, Steering, SteeringKind
from bot.storage.stores import Stores
from bot.storage.subject_access import Stored
from bot.storage.swipes import Swipes
from bot.storage.transfer import NewSpeaker, NewTurn
from bot.story.story import Story
from tests.databases import open_database, sqlite_of
from tests.story.incoming.test_references import NOON, RULES
from tests.story.scripted import Scripted

ALICE, BOB = Participant(1, "Alicia Vane"), Participant(2, "Bob")
HARBOUR, MARKET = Place(7, guild_id=5), Place(8, guild_id=5)
CELLAR = Place(9, parent_id=7, guild_id=5)

OWN = "the QUARTZ key lies under the third stair of the old mill"
"""What Alice said; replies repeat a part of it."""

PLANTED = (
    "QUARTZ", "ONYX", "OPAL", "JASPER", "AGATE", "BERYL", "GARNET", "Alicia", "Vane", "vane", "third stair",
)  # fmt: skip
"""Words that are nowhere when Alice is forgotten: hers, her names, and those of replies to her."""

KEPT = "BASALT"
"""A word of Bob's, and of the reply to him."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Database, Story]]:
    """The story on the database in a folder."""
    (folder / "mira.yaml").write_text("name: Mira\ninstructions: Play.\n", encoding="utf-8")
    database, model = await open_database(folder / "story.sqlite3"), Scripted()
    try:
        meter = await TokenMeter.open(Calibrations(database), model)
        yield database, story_on(database, PersonaLibrary.load(folder), model, RULES, meter)
    finally:
        await database.close()


async def say(db: Database, scene: Scene, who: Participant, text: str, message: int, **more: Any) -> Turn:
    speaker = await People(db).speaker(scene.place, who, lambda _taken: who.name, NOON)
    turn = await History(db).record(scene.id, Said(speaker, text, 5, NOON, message, **more))
    assert turn is not None
    return turn


async def reply(db: Database, scene: Scene, text: str, post: int, heading: str = "") -> int:
    history = History(db)
    turn = await history.begin_reply(scene.id, persona_key="mira", name="Mira", at=NOON)
    await history.save_text(turn.id, text)
    await history.posts.plan(turn.id, Slice(0, 0, len(text), f"n{post}", None, heading))
    await history.posts.posted(turn.id, 0, post)
    await history.finish(turn.id, text=text, tokens=5, ending=Ending.DONE)
    return turn.id


async def plant(db: Database) -> dict[str, int]:
    """Let Alice and Bob play in three places; return the replies by what becomes of them."""
    scenes, found = Scenes(db), dict[str, int]()
    harbour = await scenes.start(HARBOUR, "The ONYX inn", NOON, starter_id=ALICE.id)
    await say(db, harbour, BOB, f"{KEPT} first", 100)
    found["kept"] = await reply(db, harbour, f"{KEPT} indeed.", 900)
    await say(db, harbour, ALICE, OWN, 1000)
    found["answered"] = await reply(db, harbour, "OPAL, says the keeper.", 1100, "-# to Alicia Vane")
    await say(db, harbour, BOB, f"{KEPT} again", 1200)
    found["quoting"] = await reply(db, harbour, "It lies *under the third stair of the old mill*", 1300)
    await say(db, harbour, BOB, f"{KEPT} once more", 1400)
    found["naming"] = await reply(db, harbour, "Alicia? She left.", 1500)
    await say(db, harbour, BOB, f"{KEPT} at last", 1600)
    found["swiped"] = await reply(db, harbour, "JASPER is another variant with alicia in it.", 1700)
    swipes, history = Swipes(db), History(db)
    await swipes.regenerate(found["swiped"])
    await history.finish(found["swiped"], text="Nothing of hers.", tokens=3, ending=Ending.DONE)
    await say(db, harbour, BOB, f"{KEPT} for the night", 1800)
    found["edited"] = await reply(db, harbour, "Good night.", 1900)
    await swipes.rewrite(found["edited"], "AGATE, good night.", 4, ALICE)
    await db.write("UPDATE turn SET former = NULL")
    await db.write("DELETE FROM swipe WHERE number = 0 AND turn_id <> ?", (found["swiped"],))
    market = await scenes.active(MARKET, NOON)
    speaker = await People(db).speaker(MARKET, ALICE, lambda _taken: ALICE.name, NOON)
    quote = Reference(5000, speaker, "BERYL, she had said", 4)
    await say(db, market, BOB, f"{KEPT} what?", 5100, references=(quote,), target=Target(5000, speaker))
    await Steering(db).add(
        market.id, Steer(SteeringKind.OOC, "GARNET please", 2, NOON, "mira", speaker, message_id=5200)
    )
    cellar = await scenes.active(CELLAR, NOON)
    await say(db, cellar, ALICE, "QUARTZ in the cellar", 6000)
    found["below"] = await reply(db, cellar, "OPAL below.", 6100)
    await db.write("INSERT INTO preference VALUES (?, 'whole_replies', 'true')", (ALICE.id,))
    await db.write(
        "INSERT INTO removal (scene_id, kind, by_user, created_at) VALUES (?, 'turn', ?, 1)",
        (harbour.id, ALICE.id),
    )
    await db.write("INSERT INTO setting VALUES ('server', 5, 'face', 'bot', ?, 1)", (ALICE.id,))
    await db.write("INSERT INTO binding VALUES ('server', 5, 'mira', ?, 1)", (ALICE.id,))
    for place, who in ((HARBOUR, ALICE.id), (CELLAR, ALICE.id), (MARKET, ALICE.id), (HARBOUR, BOB.id)):
        await history.costs.spend_apart(
            Spent(Usage(100, 10, 110), "M2-her", NOON, charge=Charge.at(place, who))
        )
    # An update has left a copy, and half of another; a restore the database before it, and what a kill left of one.
    path = await asyncio.to_thread(lambda: Path(sqlite_of(db).place))
    aside = "before-restore-20260301-121500.bak"
    for ending in (
        *("before-0002.bak", "before-0003.bak.part", aside, f"{aside}-wal"),
        *("k3_x9a2b.part", "k3_x9a2b.part-journal"),
    ):
        path.with_name(f"{path.name}.{ending}").write_bytes(f"{OWN} OPAL Alicia".encode())
    return found


def left(folder: Path, *words: str) -> set[tuple[str, str]]:
    """Which of these words are in the bytes of which file."""
    wanted = words or PLANTED
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".yaml"}
    return {(name, word) for name, content in contents.items() for word in wanted if word.encode() in content}


def written(folder: Path, length: int) -> set[str]:
    """All strings of so many letters and digits that are anywhere in the database's files."""
    contents = [file.read_bytes() for file in folder.iterdir() if file.suffix != ".yaml"]
    found = {each[at : at + length] for each in contents for at in range(len(each) - length + 1)}
    return {each.decode() for each in found if each.isalnum()}


def copies(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if ".before-" in file.name]


def texts(folder: Path) -> dict[int, str]:
    with closing(sqlite3.connect(folder / "story.sqlite3")) as connection:
        return dict(connection.execute("SELECT id, text FROM turn WHERE persona_key IS NOT NULL"))


async def test_what_was_planted_is_there_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        replies = await plant(db)
        assert {word for _, word in left(tmp_path)} >= set(PLANTED) - {"vane"}
        told: list[int] = []

        async def observe(_: Transaction, turn_id: int) -> None:
            told.append(turn_id)

        db.observers.append(observe)
        gone = await story.records.privacy.forget(ALICE.id)
        assert left(tmp_path) == set()
        assert not copies(tmp_path)
        assert (gone.messages, gone.replies) == (2, 6)
        assert {post.message_id for post in gone.posts} == {1100, 1300, 1500, 1700, 1900, 6100}
        assert {(post.server_id, post.channel_id) for post in gone.posts} == {(5, 7), (5, 9)}
        everybody = {"answered", "quoting", "naming", "swiped", "edited", "below"}
        assert {name for name, id_ in replies.items() if id_ in told} == everybody
        for table, column in (
            ("removal", "by_user"), ("setting", "by_user"), ("binding", "by_user"), ("scene", "starter_id"),
            ("preference", "user_id"), ("speaker", "user_id"), ("usage", "user_id"), ("turn", "editor_id"), ("erasure", "user_id"),
        ):  # fmt: skip
            assert not await db.read(f"SELECT 1 FROM {table} WHERE {column} = ?", (ALICE.id,)), table
        assert await db.read("SELECT 1 FROM erasure_turn UNION ALL SELECT 1 FROM erasure") == []
        assert await db.read("SELECT 1 FROM turn WHERE target IS NOT NULL") == []
    found = texts(tmp_path)
    assert {name for name, id_ in replies.items() if found[id_]} == {"kept"}
    assert left(tmp_path) == set()
    assert left(tmp_path, KEPT)


async def test_words_that_moved_in_the_file_leave_no_trace_where_they_were(tmp_path: Path) -> None:
    """SQLite leaves copies of rows in the room between a page's rows, when edits have it move them."""
    dice, words = random.Random(6), list[str]()

    def said(i: int, *counts: int) -> str:
        new = ["".join(dice.choices(ascii_lowercase, k=12)) for _ in range(dice.choice(counts))]
        words.extend(new if i % 2 else ())
        return " ".join(new)

    async with opened(tmp_path) as (db, story):
        scene = await Scenes(db).start(HARBOUR, "", NOON)
        for i in range(120):
            await say(db, scene, ALICE if i % 2 else BOB, said(i, 1, 20, 60), 1000 + i)
        for i in dice.sample(range(120), 60):
            await History(db).amend(1000 + i, said(i, 1, 40), (), 3)
        indexed = {term_of(scene.id, unit) for unit in units_of(" ".join(words))}
        assert set(words) <= written(tmp_path, 12)
        await story.records.privacy.forget(ALICE.id)
        assert not written(tmp_path, 12).intersection(words)
        found = await db.read("SELECT terms FROM turn_words")
        kept = {term for row in found for term in row["terms"].split()}
        told = " ".join(row["text"] for row in await db.read("SELECT text FROM turn"))
        stray = written(tmp_path, 6) & (indexed - kept)
        assert {term for term in stray if term not in told} == set()
    assert not written(tmp_path, 12).intersection(words)


async def test_a_large_file_is_written_again_at_the_next_start_of_the_only_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.story.personal_data.privacy.AT_ONCE", 4096)
    async with opened(tmp_path) as (db, story):
        await plant(db)
        await story.records.privacy.forget(ALICE.id)
        assert "too large to be written again while the bot runs" in caplog.text
        assert len(await db.read("SELECT 1 FROM erasure WHERE user_id IS NULL")) == 1
    async with opened(tmp_path) as (db, story):
        await db.write("INSERT INTO process (id, since, beat) VALUES (1, 0, 0)")  # which would have to wait
        await story.records.privacy.resume()
        assert len(await db.read("SELECT 1 FROM erasure")) == 1
        await db.write("DELETE FROM process")
        await story.records.privacy.resume()
        assert await db.read("SELECT 1 FROM erasure") == []
        assert left(tmp_path) == set()


# --- what else is stored of stories -----------------------------------------------------------------

GEMS = ("TOPAZ", "CITRINE", "PERIDOT", "ZIRCON", "SPINEL", "AMBER", "JADE", "Selenite", "selenite")
"""More words that are nowhere when Alice is forgotten: of pins, notes, undone turns, branches, imports and members."""

SELENITE = Participant(ALICE.id, "Selenite", character_of(PLURALKIT, "Selenite"))
"""A member of Alice's system, by whose name she is called where she does something in public."""

ELSEWHERE = Place(70, guild_id=5)
"""Where a story branches to."""


async def plant_profile(db: Database, market: Scene) -> None:
    """Let Alice play a character, and a reply repeat what she says of it."""
    profiles = Stores.on(db).people.profiles
    words = ProfileWords(
        "AMBER", "JADE/JADEs", "ZIRCON eyes, an AMBER ring and a JADE heart beneath all of it"
    )
    made = await profiles.add(ALICE.id, words, lambda _: None, NOON)
    assert isinstance(made, Profile)
    for channel_id in (WHOLE_SERVER, HARBOUR.channel_id):
        assert await profiles.choose(ALICE.id, 5, channel_id, made.id)
    await say(db, market, Participant(ALICE.id, "AMBER", made.character), "SPINEL, said as her", 5600)
    await say(db, market, BOB, f"{KEPT} is who?", 5650)
    await reply(db, market, "SPINEL has a ring and a jade heart beneath all of it.", 5700)


async def plant_more(db: Database) -> dict[str, Scene]:
    """Fill the tables of memory, undos, branches and imports too; return the scenes."""
    stores = Stores.on(db)
    (harbour,) = [each.scene for each in await stores.scenes.outlines(HARBOUR, 1)]
    own = await stores.history.turn_of(1000)
    assert own is not None

    async def pin(scene: Scene, text: str, by: Participant, author: Participant | None = None) -> None:
        whose = author or by
        turn_id = own.id if author else None
        made = Made(text, by.id, NOON, own.position, whose.id, turn_id)
        assert await stores.pins.add(scene.id, made, 20)

    await pin(harbour, f"Alicia Vane: {OWN}", BOB, ALICE)
    await pin(harbour, "Alicia owes the TOPAZ", BOB)
    await pin(harbour, f"Somebody knows: {OWN}. CITRINE.", BOB)
    await pin(harbour, f"{KEPT} burns", BOB)
    await stores.pins.put_note(harbour.id, "PERIDOT mood for alicia", BOB.id, NOON)
    branch = await stores.scenes.branch(ELSEWHERE, own, NOON + timedelta(minutes=1), starter_id=BOB.id)
    answered = await reply(db, branch, "OPAL in the branch.", 7100)
    await say(db, branch, BOB, f"{KEPT} in the branch", 7200)
    await stores.removals.undo(branch.id, BOB.id, NOON)  # Bob's line came after the reply, and goes with it
    await stores.removals.undo(branch.id, BOB.id, NOON)  # reaches into what the branch has of the harbour
    await stores.removals.shown(answered)
    (market,) = [each.scene for each in await stores.scenes.outlines(MARKET, 1)]
    await say(db, market, ALICE, "ZIRCON, said out of sight", 5300)
    await say(db, market, SELENITE, "ZIRCON too", 5350)
    await stores.people.members.see(Member(5, PLURALKIT, SELENITE.character), ALICE.id, NOON)
    await reply(db, market, "SPINEL, says the persona.", 5400)
    await stores.removals.undo(market.id, ALICE.id, NOON)
    await say(db, market, BOB, f"{KEPT} stays", 5500)
    await pin(market, "AMBER is mine", ALICE)
    await stores.pins.put_note(market.id, "AMBER light", ALICE.id, NOON)
    recap = "INSERT INTO recap (scene_id, since, reaches, text, tokens, by_user, created_at) VALUES (?, 1, ?, ?, 1, ?, 1)"
    await stores.personas.put(Change(5, "ann", Act.MADE, "name: Ann", ALICE.id, NOON), 0)
    proposals = stores.personas.proposals
    await proposals.put(Proposal(0, 5, HARBOUR.channel_id, ALICE.id, "AMBER", "name: AMBER", NOON))
    others = await proposals.put(Proposal(0, 5, HARBOUR.channel_id, BOB.id, "Bo", "name: Bo", NOON))
    assert isinstance(others, Proposal)
    await proposals.refuse(others.id, "JADE is better", ALICE.id, NOON)
    spoken = Spoken("marlow", "Marlow", "JADE, says Marlow for her", 3, ALICE.id)
    said = await stores.history.speak(market.id, spoken, NOON)
    assert said.spoken_by == Participant(ALICE.id, "Selenite")
    await Swipes(db).shown(said.id)
    await db.write(recap, (harbour.id, 100, f"{KEPT} is all there is.", None))
    await db.write(recap, (harbour.id, 1300, "JADE: Alicia hid it.", None))
    await db.write(recap, (market.id, 5100, "JADE, as I see it.", ALICE.id))
    await plant_profile(db, market)
    stranger = NewSpeaker("Old Bob", user_id=-(1 << 62) - 5, display_name="Old Bob")
    me = NewSpeaker(ALICE.name, user_id=ALICE.id, display_name=ALICE.name)
    mira = NewSpeaker("Mira", persona_key="mira")
    chat = [
        NewTurn(stranger, f"{KEPT} of old", 3, NOON),
        NewTurn(me, "JADE of old", 3, NOON),
        NewTurn(mira, "JADE again", 3, NOON, 1, ((2, "JADE otherwise", 3),)),
    ]
    brought = await stores.records.transfers.add(
        Place(80, guild_id=5), chat, title="JADE days", by=ALICE, persona_key=None, at=NOON
    )
    return {"harbour": harbour, "branch": branch, "market": market, "imported": brought}


def terms_of(scenes: Iterable[Scene], *texts: str) -> tuple[str, ...]:
    """The terms that the index has for the words of texts in these scenes."""
    return tuple(term_of(scene.id, unit) for scene in scenes for text in texts for unit in units_of(text))


async def test_pins_notes_undone_turns_branches_imports_and_the_index_keep_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        scenes = await plant_more(db)
        await Stores.on(db).settings.keys.put(5, StoredKey("sealed", ALICE.id, NOON))
        filled = {table for table in TABLES if await db.read(f"SELECT 1 FROM {table} LIMIT 1")}
        assert set(TABLES) - filled == {
            "ageing", "block", "calibration", "cast_member", "debt", "deletion", "erasure", "erasure_channel", "erasure_turn", "forgotten", "notice",
            "gap", "heard", "reminder", "server", "server_channel", "server_lore", "server_picture", "step", "request",
            "division", "process", "window_place",
        }  # fmt: skip
        indexed = terms_of(scenes.values(), *PLANTED, *GEMS)
        was = {word for _, word in left(tmp_path, *PLANTED, *GEMS, *indexed)}
        assert was >= {
            *GEMS,
            *terms_of([scenes["market"]], "ZIRCON"),
            *terms_of([scenes["imported"]], "JADE"),
        }
        await story.records.privacy.forget(ALICE.id)
        assert left(tmp_path, *PLANTED, *GEMS, *indexed) == set()
        assert left(tmp_path, *terms_of([scenes["harbour"]], KEPT))
        pins = {name: await Stores.on(db).pins.of_scene(scene.id) for name, scene in scenes.items()}
        assert {name: [pin.text for pin in found] for name, found in pins.items()} == {
            "harbour": [f"{KEPT} burns"], "branch": [f"{KEPT} burns"], "market": [], "imported": [],
        }  # fmt: skip
        assert await db.read("SELECT 1 FROM author_note") == []
        for table, columns in TABLES.items():
            for column in (
                name for name, holds in columns.items() if holds is Holds.PERSON and "speaker" not in name
            ):
                who = {row[0] for row in await db.read(f"SELECT {column} FROM {table}")}
                assert ALICE.id not in who or table == "forgotten", (table, column)
        assert await db.read("PRAGMA foreign_key_check") == []
    assert left(tmp_path, *PLANTED, *GEMS, *indexed) == set()


async def test_here_takes_the_copies_in_branches_elsewhere_along(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        scenes = await plant_more(db)
        await story.records.privacy.forget(ALICE.id, HARBOUR)
        assert {
            word for _, word in left(tmp_path, "ONYX", "OPAL", "QUARTZ", "TOPAZ", "CITRINE", "PERIDOT")
        } == set()
        assert {word for _, word in left(tmp_path, "AMBER", "ZIRCON", "JADE")} == {"AMBER", "ZIRCON", "JADE"}
        chosen = await db.read("SELECT channel_id FROM profile_choice WHERE user_id = ?", (ALICE.id,))
        assert [row["channel_id"] for row in chosen] == [0]
        named = await db.read("SELECT channel_id FROM speaker WHERE user_id = ? ORDER BY 1", (ALICE.id,))
        assert [row["channel_id"] for row in named] == [8, 8, 8, 80]
        (branch,) = await db.read("SELECT title FROM scene WHERE id = ?", (scenes["branch"].id,))
        assert branch["title"] == ""


async def test_who_has_only_pinned_or_undone_something_here_is_forgotten_here_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        stores = Stores.on(db)
        harbour = await stores.scenes.active(HARBOUR, NOON)
        await say(db, harbour, BOB, f"{KEPT} first", 100)
        await reply(db, harbour, f"{KEPT} indeed.", 900)
        await stores.pins.add(harbour.id, Made("AMBER", ALICE.id, NOON, Position(100), ALICE.id), 20)
        await stores.pins.put_note(harbour.id, "JADE", ALICE.id, NOON)
        await stores.removals.undo(harbour.id, ALICE.id, NOON)
        assert await story.records.privacy.stored(ALICE.id, HARBOUR) == Stored(
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, ()
        )
        await story.records.privacy.forget(ALICE.id, HARBOUR)
        assert left(tmp_path, "AMBER", "JADE") == set()
        assert await db.read("SELECT 1 FROM removal WHERE by_user = ?", (ALICE.id,)) == []


async def test_a_branchs_own_words_stay_where_the_person_speaks_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        scenes = await plant_more(db)
        await say(db, scenes["branch"], ALICE, "AMBER, said in the branch", 7300)
        await story.records.privacy.forget(ALICE.id, HARBOUR)
        assert [row["text"] for row in await db.read("SELECT text FROM turn WHERE message_id = 7300")] == [
            "AMBER, said in the branch"
        ]


async def test_here_is_the_channel_with_its_threads_and_leaves_the_rest(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        gone = await story.records.privacy.forget(ALICE.id, HARBOUR)
        assert (gone.messages, gone.replies) == (2, 6)
        assert {word for _, word in left(tmp_path)} == {"BERYL", "GARNET", "Alicia", "Vane"}
        assert [row["channel_id"] for row in await db.read("SELECT * FROM speaker WHERE user_id = 1")] == [8]
        assert await db.read("SELECT 1 FROM preference WHERE user_id = 1")
        assert await db.read("SELECT 1 FROM binding WHERE by_user = 1")
        asked = "SELECT channel_id FROM usage WHERE user_id = 1"
        assert [row["channel_id"] for row in await db.read(asked)] == [8]
        gone = await story.records.privacy.forget(ALICE.id, CELLAR)  # nothing more
        assert gone == Forgotten()


async def test_that_they_opted_out_is_not_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        await story.records.privacy.opt_out(ALICE.id)
        await story.records.privacy.opt_in(ALICE.id, 5000)
        await story.records.privacy.opt_out(ALICE.id)
        await story.records.privacy.forget(ALICE.id)
        assert await story.records.privacy.is_out(ALICE.id)
        assert [tuple(row) for row in await db.read("SELECT * FROM preference ORDER BY key")] == [
            (1, "opt_in", "5000"),
            (1, "opt_out", "true"),
        ]
        assert left(tmp_path) == set()


async def test_who_takes_part_does_not_opt_in_again_by_an_old_button(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await story.records.privacy.opt_in(ALICE.id, 5000)
        assert await db.read("SELECT 1 FROM preference") == []
        await story.records.privacy.opt_out(ALICE.id)
        for press in (6000, 7000):
            await story.records.privacy.opt_in(ALICE.id, press)
        assert [row["value"] for row in await db.read("SELECT value FROM preference")] == ["6000"]


async def test_what_was_said_before_is_not_read_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        before = datetime.now(UTC) - timedelta(seconds=1)
        await story.records.privacy.forget(ALICE.id, HARBOUR)

        async def arrives(number: int, place: Place, at: datetime) -> bool:
            message = IncomingMessage(number, place, ALICE, "once more", at, mentions_bot=True)
            for pending in (await story.hearing.hear(message)).replies:
                pending.stop()
            return bool(await db.read("SELECT 1 FROM turn WHERE message_id = ?", (number,)))

        after = datetime.now(UTC) + timedelta(seconds=1)
        assert not await arrives(2**40, HARBOUR, before)
        assert not await arrives(2**40 + 1, CELLAR, before)
        assert await arrives(2**40 + 2, MARKET, before)
        assert await arrives(2**40 + 3, HARBOUR, after)
        await story.records.privacy.forget(ALICE.id)
        assert not await arrives(2**40 + 4, MARKET, before)
        assert [tuple(row)[:2] for row in await db.read("SELECT * FROM forgotten")] == [(ALICE.id, 0)]


async def test_a_second_time_and_a_stranger_change_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        replies = await plant(db)
        assert await story.records.privacy.forget(99) == Forgotten()
        assert (await db.read("SELECT text FROM turn WHERE id = ?", (replies["answered"],)))[0]["text"]
        await story.records.privacy.forget(ALICE.id)
        assert await story.records.privacy.forget(ALICE.id) == Forgotten()


async def test_a_reply_that_is_being_written_keeps_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        (harbour,) = [each.scene for each in await Scenes(db).outlines(HARBOUR, 1)]
        history = History(db)
        turn = await history.begin_reply(harbour.id, persona_key="mira", name="Mira", at=NOON)
        await history.save_text(turn.id, "OPAL grows")
        await story.records.privacy.forget(ALICE.id)
        assert not await history.save_text(turn.id, "OPAL grows on")
        await history.finish(turn.id, text="OPAL has grown", tokens=3, ending=Ending.DONE)
        assert left(tmp_path) == set()
        closed = await history.turn(turn.id)
        assert closed is not None
        assert (closed.text, closed.ending) == ("", Ending.STOPPED)


async def test_a_message_that_arrives_meanwhile_is_a_new_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        (harbour,) = [each.scene for each in await Scenes(db).outlines(HARBOUR, 1)]
        forgetting = asyncio.create_task(story.records.privacy.forget(ALICE.id))
        ears = story.hearing._floor.ears(HARBOUR.channel_id)
        while not ears.locked():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

        async def arrive() -> None:
            async with ears:
                await say(db, harbour, ALICE, "I am new here", 9000)

        await asyncio.gather(forgetting, arrive())
        turns = await db.read("SELECT * FROM turn_with_speaker WHERE user_id = 1")
        assert [row["text"] for row in turns] == ["I am new here"]


async def test_in_a_branch_elsewhere_replies_to_them_go_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        (harbour,) = [each.scene for each in await Scenes(db).outlines(HARBOUR, 1)]
        branch = await Scenes(db).start(Place(70, guild_id=5), "", NOON)
        await db.write("UPDATE scene SET parent = ?, until = 1000 WHERE id = ?", (harbour.id, branch.id))
        answered = await reply(db, branch, "OPAL in the branch.", 7000)
        await story.records.privacy.forget(ALICE.id, HARBOUR)
        turn = await History(db).turn(answered)
        assert turn is not None
        assert turn.text == ""


STEPS = {
    "channels_of": Erasures,
    "mark": Erasures,
    "erase": Erasures,
    "follow": Erasures,
    "clean": Searches,
    "wipe": Erasures,
    "done": Erasures,
}
"""What a person who asks to be forgotten sets going, one after the other, after their wish is stored."""


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_before_any_step_is_made_up_for_at_the_next_start(tmp_path: Path, step: str) -> None:
    async def killed() -> None:
        async with opened(tmp_path) as (db, story):
            await plant(db)
            await plant_more(db)

            async def die(*_: object) -> None:
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(STEPS[step], step, die)
            await story.records.privacy.forget(ALICE.id)

    if (child := os.fork()) == 0:
        try:
            asyncio.run(killed())
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert left(tmp_path, KEPT)

    async def next_start() -> None:
        async with opened(tmp_path) as (db, story):
            found = [await Scenes(db).get(row["id"]) for row in await db.read("SELECT id FROM scene")]
            scenes = [scene for scene in found if scene is not None]
            await story.records.privacy.resume()
            assert left(tmp_path, *PLANTED, *GEMS, *terms_of(scenes, *PLANTED, *GEMS)) == set()
            assert await db.read("SELECT 1 FROM erasure") == []

    asyncio.run(next_start())
    assert left(tmp_path, *PLANTED, *GEMS) == set()
    assert {text for text in texts(tmp_path).values() if text} == {f"{KEPT} indeed."}


async def test_an_export_has_all_that_is_theirs_and_nothing_of_others(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        files = [part async for part in story.records.privacy.export(ALICE.id)]
    (found,) = map(json.loads, files)
    assert [message["text"] for message in found["messages"]] == [OWN, "QUARTZ in the cellar"]
    assert found["messages"][0] == {
        "server": 5, "channel": 7, "scene": 1, "story": "The ONYX inn", "message": 1000, "at": "2026-03-01T12:00:00Z",
        "told_as": "Alicia Vane", "text": OWN, "is_removed": False,
    }  # fmt: skip
    assert {each["name"] for each in found["names"]} == {"Alicia Vane"}
    assert found["quoted_in_replies_of_others"] == [{"message": 5000, "text": "BERYL, she had said"}]
    assert [each["text"] for each in found["asked_out_of_character"]] == ["GARNET please"]
    assert [each["text"] for each in found["replies_edited"]] == ["AGATE, good night."]
    assert [each["story"] for each in found["stories_started"]] == ["The ONYX inn"]
    assert found["choices_for_oneself"] == [{"key": "whole_replies", "value": "true"}]
    assert [each["channel"] for each in found["replies_paid_for"]] == [7, 7, 8]
    assert found["replies_paid_for"][2] == {
        "server": 5, "channel": 8, "purpose": "reply", "model": "M2-her", "prompt_tokens": 100, "completion_tokens": 10,
        "at": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    assert (len(found["taken_out_of_stories"]), len(found["personas_set"]), len(found["settings_set"])) == (
        1,
        1,
        1,
    )
    assert KEPT not in files[0].decode()
    assert "OPAL" not in files[0].decode()


async def test_an_export_has_pins_notes_undos_and_imports_without_words_of_others(tmp_path: Path) -> None:
    async with opened(tmp_path) as (db, story):
        await plant(db)
        scenes = await plant_more(db)
        stores = Stores.on(db)
        of_bob = Made(f"Bob: {KEPT} said", ALICE.id, NOON, Position(100), BOB.id)
        await stores.pins.add(scenes["harbour"].id, of_bob, 20)
        (file,) = [part async for part in story.records.privacy.export(ALICE.id)]
    found, numbers = json.loads(file), {name: scene.id for name, scene in scenes.items()}
    at = "2026-03-01T12:00:00Z"
    assert found["pins"] == [
        {"scene": numbers["market"], "text": "AMBER is mine", "at": at},
        {"scene": numbers["harbour"], "at": at},
    ]
    pinned = {"text": f"Alicia Vane: {OWN}", "at": at}
    assert found["pinned_by_others"] == [
        {"scene": numbers["harbour"], **pinned}, {"scene": numbers["branch"], **pinned},
    ]  # fmt: skip
    assert found["authors_notes"] == [{"scene": numbers["market"], "text": "AMBER light", "at": at}]
    assert {each["kind"] for each in found["taken_out_of_stories"]} == {"turn", "undone"}
    assert "JADE days" in {each["story"] for each in found["stories_started"]}
    said = {message["text"]: message["is_removed"] for message in found["messages"]}
    assert said == {
        OWN: False, "QUARTZ in the cellar": False, "ZIRCON, said out of sight": True, "ZIRCON too": True,
        "JADE of old": False, "SPINEL, said as her": False,
    }  # fmt: skip
    members = [{"server": 5, "application": PLURALKIT, "name": SELENITE.character, "at": at}]
    assert found["members_of_systems"] == members
    assert "Selenite" in {each["name"] for each in found["names"]}
    assert {each.get("name") for each in found["taken_out_of_stories"]} >= {"Selenite"}
    assert [each["name"] for each in found["spoken_as_personas"]] == ["Selenite"]
    assert {each["text"] for each in found["replies_edited"]} >= {"JADE again", "JADE otherwise"}
    assert KEPT not in file.decode()


async def test_a_large_export_comes_in_files_that_discord_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.story.personal_data.privacy.PART", 4000)
    async with opened(tmp_path) as (db, story):
        harbour = await Scenes(db).active(HARBOUR, NOON)
        for number in range(60):
            await say(db, harbour, ALICE, f"line {number} 🔥", 1000 + number)
        files = [part async for part in story.records.privacy.export(ALICE.id)]
    assert len(files) > 3
    assert max(map(len, files)) <= 4000
    said = [message["text"] for file in files for message in json.loads(file)["messages"]]
    assert said == [f"line {number} 🔥" for number in range(60)]


async def test_nothing_stored_is_an_export_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, story):
        (file,) = [part async for part in story.records.privacy.export(99)]
    assert json.loads(file)["messages"] == []
