"""What goes by its age: after its channel was told, in pieces, and never under a reply."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.retention import Keeping
from bot.core.scene import END, START, Ending, IncomingMessage, Participant, Place, Position
from bot.core.sharding import Shard
from bot.storage.database import Database, Transaction
from bot.storage.history import History
from bot.storage.pins import Made
from bot.storage.scenes import Scenes
from bot.storage.stores import Stores
from bot.storage.transfer import NewSpeaker, NewTurn
from bot.story.personal_data import retention
from bot.story.personal_data.departures import Departures
from bot.story.personal_data.retention import AgeingNotice, Duty, Retention
from bot.story.places.rules import ChannelRule
from bot.story.story import Story
from tests.databases import sqlite_of
from tests.story.incoming.test_references import NOON
from tests.story.personal_data.test_privacy import ALICE, BOB, HARBOUR, MARKET, left, opened, reply, say


@dataclass
class House:
    """The story, its rounds, and the clock that the test sets."""

    db: Database
    story: Story
    now: datetime = NOON
    takes: bool = True
    told: list[AgeingNotice] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    departures: Departures = field(init=False)
    retention: Retention = field(init=False)

    def __post_init__(self) -> None:
        stores, casting = Stores.on(self.db), self.story.casting
        floor = self.story.hearing._floor
        self.departures = Departures(floor, casting.library, stores.records.departures, lambda: self.now)
        aged = stores.records.retention
        self.retention = Retention(floor, casting, aged, self.departures, lambda: self.now)

    async def tell(self, notice: AgeingNotice) -> bool:
        if self.takes:
            self.told.append(notice)
        return self.takes

    async def report(self, text: str) -> None:
        self.reports.append(text)

    async def round(self, days: float = 0) -> int:
        """Let so many days pass and a round come; return how many turns went."""
        self.now += timedelta(days=days)
        await self.retention.announce(self.tell, self.report)
        return await self.retention.let_go()

    async def texts(self) -> list[str]:
        return [row["text"] for row in await self.db.read("SELECT text FROM turn ORDER BY id")]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as (db, story):
        yield House(db, story)


async def play(house: House) -> None:
    """Let people play in one channel, and only talk in another."""
    harbour = await Scenes(house.db).active(HARBOUR, NOON)
    await say(house.db, harbour, BOB, "to nobody", 100, addressed=False)
    await say(house.db, harbour, ALICE, "to the keeper", 200)
    await reply(house.db, harbour, "An answer.", 300)
    market = await Scenes(house.db).active(MARKET, NOON)
    await say(house.db, market, BOB, "a question", 400)


async def test_it_goes_when_its_time_has_come_and_not_before(house: House) -> None:
    await play(house)
    assert await house.round() == 0
    assert house.told == []
    assert await house.round(days=61) == 0  # the line to nobody goes in 29 days
    (notice,) = house.told
    assert (notice.place.channel_id, notice.first) == (HARBOUR.channel_id, NOON + timedelta(days=91))
    assert await house.round(days=29.5) == 0
    assert await house.round(days=0.5) == 1
    assert "to nobody" not in await house.texts()
    assert await house.round(days=300 - 91) == 0
    assert len(house.told) == 1
    assert await house.round(days=36) == 0
    assert {each.place.channel_id for each in house.told} == {7, 8}
    assert await house.round(days=30) == 3
    assert await house.texts() == []
    assert await house.db.read("SELECT 1 FROM post") == []
    assert len(await house.db.read("SELECT 1 FROM scene")) == 2


async def test_after_an_update_the_first_goes_in_a_month_and_the_host_is_told_once(house: House) -> None:
    await play(house)
    assert await house.round(days=1000) == 0
    (report,) = house.reports
    assert "storage.retention_days" in report
    assert "2028-12-25" in report
    assert report.endswith(": 4.")
    assert await house.round(days=29) == 0
    assert await house.round(days=1) == 4
    assert len(house.told) == 2
    assert len(house.reports) == 1


async def test_a_host_who_keeps_for_good_deletes_nothing(house: House) -> None:
    await play(house)
    house.story.casting.rules = replace(house.story.casting.rules, keeping=Keeping(0))
    assert await house.round(days=10_000) == 0
    assert await house.round(days=10_000) == 0
    assert (house.told, len(await house.texts())) == ([], 4)


async def test_lowering_the_number_tells_again_and_waits_a_month(house: House) -> None:
    await play(house)
    await house.round(days=61)
    house.story.casting.rules = replace(house.story.casting.rules, keeping=Keeping(40))
    assert await house.round(days=20) == 0
    assert [each.keeping.days for each in house.told] == [365, 40, 40]
    assert await house.round(days=29) == 0
    assert await house.round(days=1) == 4


async def test_a_channel_that_could_not_be_told_keeps_all(house: House) -> None:
    await play(house)
    house.takes = False
    for _ in range(3):
        assert await house.round(days=400) == 0
    house.takes = True
    await house.round()
    assert await house.round(days=30) == 4


async def test_after_an_update_channels_are_told_some_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for number in range(5):
        scene = await Scenes(house.db).active(Place(50 + number, guild_id=5), NOON)
        await say(house.db, scene, BOB, "long ago", 100 + number)
    await house.round(days=500)
    assert len(house.told) == 2
    await house.round()
    await house.round()
    assert len({each.place.channel_id for each in house.told}) == len(house.told) == 5


async def test_while_a_reply_is_written_its_channel_waits(house: House) -> None:
    await play(house)
    await house.round(days=1000)
    floor = house.story.hearing._floor
    lock = floor._floors.setdefault(HARBOUR.channel_id, asyncio.Lock())
    async with lock:
        assert await house.round(days=30) == 1  # in the market
    assert await house.round() == 3


async def test_a_reply_that_was_left_open_is_not_old(house: House) -> None:
    scene = await Scenes(house.db).active(HARBOUR, NOON)
    turn = await History(house.db).begin_reply(scene.id, persona_key="mira", name="Mira", at=NOON)
    await house.round(days=1000)
    assert await house.round(days=40) == 0
    await History(house.db).finish(turn.id, text="At last.", tokens=2, ending=Ending.DONE)
    assert await house.round() == 1


async def test_a_long_channel_goes_in_pieces_and_what_is_young_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.retention.PIECE", 7)
    scene = await Scenes(house.db).active(HARBOUR, NOON)
    aged: list[int] = []

    async def observe(_: Transaction, turn_id: int) -> None:
        aged.append(turn_id)

    for number in range(30):
        await say(house.db, scene, ALICE, f"old {number}", 1000 + number)
    young = NOON + timedelta(days=1000)
    await house.db.write(
        "UPDATE turn SET created_at = ? WHERE message_id < 1008 OR message_id = 1029",
        (int(young.timestamp() * 1000),),
    )
    house.db.observers.append(observe)
    await house.round(days=1000)
    assert await house.round(days=30) == 21
    assert len(aged) == 21
    assert await house.texts() == [f"old {number}" for number in (*range(8), 29)]


async def test_names_and_costs_and_removals_without_turns_go_too(house: House, tmp_path: Path) -> None:
    await play(house)
    await house.db.write(
        "INSERT INTO usage (model, reported, created_at) VALUES ('m', 1, ?)", (int(NOON.timestamp() * 1000),)
    )
    await house.db.write("INSERT INTO forgotten VALUES (1, 0, 1)")
    await house.db.write("INSERT INTO removal (scene_id, kind, by_user, created_at) VALUES (1, 'turn', 1, 1)")
    await house.round(days=1000)
    await house.round(days=30)
    assert (
        await house.db.read(
            "SELECT 1 FROM removal UNION ALL SELECT 1 FROM usage UNION ALL SELECT 1 FROM forgotten"
        )
        == []
    )
    assert await house.db.read("SELECT 1 FROM speaker WHERE user_id IS NOT NULL") == []
    assert left(tmp_path, "to the keeper", "An answer", "Alicia") == set()


async def test_an_imported_chat_counts_from_the_day_of_its_import(house: House) -> None:
    house.now += timedelta(days=3000)
    stranger = NewSpeaker("Old Bob", user_id=-(1 << 62) - 5, display_name="Old Bob")
    lines = [NewTurn(stranger, f"Years ago {number}", 3, NOON) for number in range(3)]
    transfers = Stores.on(house.db).records.transfers
    scene = await transfers.add(HARBOUR, lines, title="", by=ALICE, persona_key=None, at=house.now)
    assert await house.round() == 0
    assert await house.round(days=335) == 0
    assert house.told == []
    assert await house.round(days=1) == 0  # a month before
    assert [each.place.channel_id for each in house.told] == [HARBOUR.channel_id]
    assert await house.round(days=29.5) == 0
    assert await house.round(days=0.5) == 3
    assert await Scenes(house.db).get(scene.id) is not None


async def test_old_lines_to_nobody_in_a_young_scene_stay(house: House) -> None:
    await play(house)
    await house.db.write(
        "UPDATE scene SET created_at = ? WHERE id = 1",
        (int((NOON + timedelta(days=200)).timestamp() * 1000),),
    )
    store = Stores.on(house.db).records.retention
    keeping = house.story.casting.rules.keeping
    for days, turns in ((250, 0), (291, 1), (366, 1 + 1), (570, 4)):  # the market's is as old as it is
        cutoffs = keeping.cutoffs(NOON + timedelta(days=days))
        assert await store.count([7, 8], *cutoffs) == turns, days
        assert bool(await store.channels(*cutoffs)) == bool(turns), days


async def test_what_was_undone_goes_too_even_if_its_posts_were_never_covered(house: House) -> None:
    await play(house)
    undone = await Stores.on(house.db).removals.undo(1, BOB.id, NOON)
    assert undone is not None
    assert len(undone.turns) == 3
    await house.round(days=1000)
    assert await house.round(days=30) == 4
    assert await house.texts() == []
    for table in ("removal", "mark", "post"):
        assert await house.db.read(f"SELECT 1 FROM {table}") == [], table


async def test_a_pin_and_a_note_outlive_what_they_are_of(house: House) -> None:
    await play(house)
    pins = Stores.on(house.db).pins
    await pins.add(1, Made("Alicia Vane: to the keeper", BOB.id, NOON, Position(200), ALICE.id, 2), 9)
    await pins.put_note(1, "Slowly.", BOB.id, NOON)
    recap = "INSERT INTO recap (scene_id, since, reaches, text, tokens, created_at) VALUES (1, 1, ?, ?, 1, 1)"
    for reaches, told in ((50, "Nobody came."), (200, "Alicia hid the ring."), (300, "A ring is hidden.")):
        await house.db.write(recap, (reaches, told))
    await house.round(days=1000)
    assert await house.round(days=30) == 4
    assert [pin.text for pin in await pins.of_scene(1)] == ["Alicia Vane: to the keeper"]
    assert await pins.note(1) == "Slowly."
    # No words of hers are left to compare with, but whose they were is known, and so are her names.
    again: list[int] = []
    house.db.overtaken.append(again.append)
    await house.story.records.privacy.forget(ALICE.id, HARBOUR)
    assert await pins.of_scene(1) == []
    assert await pins.note(1) == "Slowly."
    assert [row["text"] for row in await house.db.read("SELECT text FROM recap")] == ["Nobody came."]
    assert set(again) == {1}
    assert await house.db.read("SELECT 1 FROM speaker WHERE user_id = ?", (ALICE.id,)) == []


async def test_a_branch_keeps_its_own_turns_when_its_parents_old_ones_go(house: House) -> None:
    await play(house)
    turn = await History(house.db).turn_of(200)
    assert turn is not None
    there = Place(70, parent_id=7, guild_id=5)
    branch = await Scenes(house.db).branch(there, turn, NOON, starter_id=BOB.id)
    later = NOON + timedelta(days=300)
    await say(house.db, branch, BOB, "later", 5000)
    await house.db.write(
        "UPDATE turn SET created_at = ? WHERE message_id = 5000", (int(later.timestamp() * 1000),)
    )
    await house.round(days=336)
    assert await house.round(days=31) == 4
    assert [turn.text for turn in await History(house.db).recent(branch.id, START, END)] == ["later"]
    assert 70 not in {each.place.channel_id for each in house.told}


@pytest.mark.parametrize("days", [0, 1000])
async def test_copies_of_old_updates_go_and_young_ones_stay_whatever_else_is_old(
    house: House, tmp_path: Path, days: int
) -> None:
    await play(house)
    await house.round(days=days)
    old, young = (tmp_path / f"story.sqlite3.before-000{number}.bak" for number in (2, 3))
    for file, age in ((old, 31), (young, 29)):
        file.touch()
        at = (house.now + timedelta(days=30 - age)).timestamp()
        os.utime(file, (at, at))
    await house.round(days=30)
    assert (old.exists(), young.exists()) == (False, True)


async def spoken(house: House) -> None:
    scene = await Scenes(house.db).active(HARBOUR, NOON)
    await say(house.db, scene, ALICE, "Good evening.", 100)


async def test_a_server_that_the_bot_left_goes_after_its_days(house: House) -> None:
    await spoken(house)
    await house.departures.left(5, [])
    await house.departures.now_on([])
    await house.round(days=29)
    assert await house.texts() == ["Good evening."]
    await house.round(days=1)
    assert (await house.texts(), await house.db.read("SELECT 1 FROM server")) == ([], [])


async def test_no_server_goes_before_discord_has_said_where_the_bot_is(house: House) -> None:
    await spoken(house)
    await house.departures.left(5, [])
    await house.round(days=60)
    assert await house.texts() == ["Good evening."]
    await house.departures.now_on([5])  # it is back
    await house.round(days=60)
    assert await house.texts() == ["Good evening."]


async def test_no_server_goes_before_its_own_shard_has_said_so(house: House) -> None:
    await spoken(house)
    await house.departures.left(5, [])
    await house.departures.now_on([], Shard(1, 2))
    await house.round(days=60)
    assert await house.texts() == ["Good evening."]
    await house.departures.now_on([], Shard(0, 2))
    await house.round(days=60)
    assert await house.texts() == []


async def test_of_several_processes_each_sees_to_its_own_servers_and_the_leader_to_the_rest(
    house: House,
) -> None:
    await play(house)
    await house.round(days=1000)
    house.now += timedelta(days=60)
    leader = Duty(leads=lambda: True, has=lambda server_id: server_id != 5)
    other = Duty(leads=lambda: False, has=lambda server_id: server_id == 5)
    await house.db.write("INSERT INTO forgotten VALUES (1, 0, 0)")  # somebody was forgotten long ago
    assert await house.retention.let_go(leader) == 0
    assert await house.db.read("SELECT 1 FROM forgotten") == []
    assert await house.retention.let_go(other) == 4


async def test_a_server_that_was_left_goes_by_the_process_that_has_its_shard(house: House) -> None:
    await spoken(house)
    await house.departures.left(5, [])
    await house.departures.now_on([])
    house.now += timedelta(days=60)
    await house.retention.let_go(Duty(leads=lambda: False))
    assert await house.texts() == []


async def test_no_process_tells_the_channels_of_anothers_servers(house: House) -> None:
    await play(house)
    house.now += timedelta(days=1000)
    await house.retention.announce(house.tell, house.report, Duty(has=lambda server_id: server_id != 5))
    assert house.told == []


async def test_the_bot_s_own_rounds_let_a_server_go_that_it_left(house: House) -> None:
    await spoken(house)
    records = house.story.records
    async with house.db.transaction() as tx:
        await tx.run("INSERT INTO server (id, left_at) VALUES (5, 0)")
    await records.departures.now_on([])
    await records.retention.let_go()
    assert await house.texts() == []


@pytest.mark.parametrize(
    ("content", "fields", "addressed"),
    [
        ("just talking", {}, 0),
        ("Mira, a room?", {}, 1),
        ("a room?", {"mentions_bot": True}, 1),
        ("", {"roll": "rolled 2d6: 7"}, 1),
        ("the Mira of old", {"by_command": True}, 1),
    ],
)
async def test_it_is_known_what_was_said_to_a_persona(
    house: House, content: str, fields: dict[str, object], addressed: int
) -> None:
    rules = house.story.casting.rules
    house.story.casting.rules = replace(rules, channels={7: ChannelRule(("mira",))})
    person = Participant(2, "Bob")
    message = IncomingMessage(900, HARBOUR, person, content, NOON, **fields)  # type: ignore[arg-type]
    for pending in (await house.story.hearing.hear(message)).replies:
        pending.stop()
    rows = await house.db.read("SELECT addressed FROM turn WHERE message_id = 900")
    assert [row["addressed"] for row in rows] == [addressed]


async def test_a_round_that_fails_is_told_to_the_host_and_the_next_one_goes_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await play(house)
    house.now += timedelta(days=1000)
    slept: list[float] = []
    path = sqlite_of(house.db).place

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        sqlite_of(house.db)._lost = (
            path if len(slept) == 1 else None
        )  # the database is lost in the first round
        if len(slept) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await house.retention.keep(house.tell, house.report, sleep)
    assert slept == [retention.FIRST, retention.ROUND, retention.ROUND]
    assert "What is old couldn't be deleted" in caplog.text
    assert len(house.told) == 2
