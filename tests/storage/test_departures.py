"""What goes with a deleted channel, thread or category, and which servers the bot has left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.budgets.charges import Charge
from bot.core.casts import CastMember
from bot.core.completion import Usage
from bot.core.memory.words import search_of
from bot.core.proxies import PLURALKIT
from bot.core.scene import END, START, Ending, Participant, Place, Reference, Slice, Target
from bot.core.sharding import Shard
from bot.storage import departures
from bot.storage.costs import Spent
from bot.storage.database import Database, Transaction
from bot.storage.departures import Departures
from bot.storage.history import History
from bot.storage.locations import Location
from bot.storage.members import Member
from bot.storage.people import People
from bot.storage.pins import Made
from bot.storage.removals import Removals, Removed
from bot.storage.requests import Requests, Sent
from bot.storage.scenes import Greeting, Scenes
from bot.storage.server_keys import StoredKey
from bot.storage.server_lore import StoredBook
from bot.storage.server_personas import Act, Change, ServerPersonas
from bot.storage.settings import SettingsStore
from bot.storage.steering import Steer, Steering, SteeringKind
from bot.storage.stores import Stores
from bot.storage.swipes import Swipes
from tests.databases import references_to_nothing, tables_of
from tests.storage.cast import ALICE, BOB, EVENING, opened, record

HERE, THREAD, MARKET = Place(7700, None, 5), Place(7701, 7700, 5), Place(7800, None, 5, 7900)
HIM = Participant(BOB, "Bob")


@pytest.fixture
def store(db: Database) -> Departures:
    return Departures(db)


async def play(db: Database, place: Place, first: int) -> int:
    """A story with everything that can be stored of one; its messages are numbered from `first`. Return its scene."""
    stores, word = Stores.on(db), f"word{first}"
    cast = [CastMember("marlow", 30), CastMember("sabine")]
    await SettingsStore(db).put_cast(place.channel_id, cast, by_user=BOB, at=EVENING)
    await SettingsStore(db).put("channel", place.channel_id, "respond", word, by_user=BOB, at=EVENING)
    scene = await stores.scenes.start(place, word, EVENING, greeting=Greeting("marlow", "Marlow", word, 1))
    await stores.scenes.told(place.channel_id, "recording", "", EVENING)
    speaker = await People(db).speaker(place, HIM, lambda _: f"Bob {first}", EVENING)
    about = Reference(first + 50, speaker, word, 1)
    said = await record(
        db, scene, word, HIM, message_id=first, references=(about,), target=Target(first + 50, speaker)
    )
    assert said is not None
    history = History(db)
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    for page in (0, 1):
        await history.posts.plan(turn.id, Slice(page, page, page + 1, word))
        await history.posts.posted(turn.id, page, first + 1 + page)
    spent = Spent(Usage(100, 10, 110), "M2-her", EVENING, charge=Charge.at(place, BOB))
    await history.finish(turn.id, text=word, tokens=1, ending=Ending.DONE, spent=spent)
    await Requests(db).note(turn.id, Sent(turn.position, "named", "auto", word))
    await Swipes(db).regenerate(turn.id)
    await Steering(db).add(scene.id, Steer(SteeringKind.OOC, word, 1, EVENING, "marlow", speaker, first + 3))
    await Removals(db).remove(said.id, Removed.TURN, BOB, EVENING)
    await stores.scenes.start(place, f"another of {word}", EVENING)
    return scene.id


async def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = [
        name for name in await tables_of(db) if name != "indexing"
    ]  # how the search keeps words is its own
    return {
        name: [tuple(row) for row in await db.read(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in tables
    }


def naming(found: dict[str, list[tuple[object, ...]]], numbers: range, word: str) -> dict[str, int]:
    """How many rows of which tables hold a number of these, or a word."""
    hits = {
        name: sum(
            any(value in numbers or word in str(value) for value in row if value is not None) for row in rows
        )
        for name, rows in found.items()
    }
    return {name: count for name, count in hits.items() if count}


async def test_a_channel_takes_its_threads_and_all_that_is_stored_of_them_and_nothing_else(
    db: Database, store: Departures
) -> None:
    await play(db, MARKET, 63000)
    before = await everything(db)
    assert sorted(name for name, rows in before.items() if not rows) == [
        "ageing",
        "author_note",
        "block",
        "calibration",
        "debt",
        "deletion",
        "division",
        "erasure",
        "erasure_channel",
        "erasure_turn",
        "forgotten",
        "gap",
        "heard",
        "mark",
        "pin",
        "preference",
        "process",
        "profile",
        "profile_choice",
        "proposal",
        "proxy_link",
        "recap",
        "reminder",
        "server",
        "server_channel",
        "server_key",
        "server_lore",
        "server_persona",
        "server_picture",
        "step",
        "window_place",
    ]
    for place, first in ((HERE, 61000), (THREAD, 62000)):
        await play(db, place, first)
    await store.delete_channel(HERE.channel_id, EVENING)
    found = await everything(db)
    usage = found.pop("usage")
    assert found == {name: rows for name, rows in before.items() if name != "usage"}
    assert [row[1] for row in usage] == [3, None, None]  # tokens are paid for, and hold no text
    assert [row[-4:] for row in usage] == [(BOB, 5, 7800, 0), (BOB, 5, None, 0), (BOB, 5, None, 0)]
    assert await references_to_nothing(db) == []


async def test_a_thread_leaves_its_channel_as_it_is(db: Database, store: Departures) -> None:
    await play(db, HERE, 61000)
    await play(db, THREAD, 62000)
    before = naming(await everything(db), range(61000, 61100), "word61000")
    await store.delete_channel(THREAD.channel_id, EVENING)
    found = await everything(db)
    assert naming(found, range(62000, 62100), "word62000") == {}
    assert naming(found, range(61000, 61100), "word61000") == before


async def test_a_thread_with_the_id_of_the_message_it_was_made_from_is_another_thing(
    db: Database, store: Departures, history: History, scenes: Scenes
) -> None:
    tavern = await scenes.active(HERE, EVENING)
    await record(db, tavern, "Let's go below.", message_id=7750)
    below = await scenes.active(Place(7750, 7700, 5), EVENING)
    await record(db, below, "It's dark.", message_id=7751)
    await history.retract([7750])
    assert [turn.text for turn in await history.recent(below.id, START, END)] == ["It's dark."]
    await record(db, tavern, "Let's go up.", message_id=7750)
    await store.delete_channel(7750, EVENING)
    assert [turn.text for turn in await history.recent(tavern.id, START, END)] == ["Let's go up."]
    assert await history.recent(below.id, START, END) == []


async def test_a_branch_elsewhere_keeps_nothing_of_the_channels_words(
    db: Database, store: Departures, history: History, scenes: Scenes
) -> None:
    stores = Stores.on(db)
    tavern = await scenes.start(HERE, "PLANTED title", EVENING)
    old, turn = [await record(db, tavern, "PLANTED words", message_id=number) for number in (9, 10)]
    assert old is not None
    assert turn is not None
    of_turn = Made("Alice: PLANTED words", BOB, EVENING, turn.position, ALICE, turn.id)
    await stores.pins.add(tavern.id, of_turn, 9)
    await stores.pins.add(tavern.id, replace(of_turn, turn_id=old.id, position=old.position), 9)
    await stores.pins.add(tavern.id, Made("The mill burned.", BOB, EVENING, turn.position, BOB), 9)
    await stores.pins.put_note(tavern.id, "Slowly.", BOB, EVENING)
    branch = await scenes.branch(MARKET, turn, EVENING, starter_id=BOB)
    second = await scenes.branch(Place(7801, 7800, 5), turn, EVENING, starter_id=BOB)
    await db.write(
        "UPDATE scene SET parent = ? WHERE id = ?", (branch.id, second.id)
    )  # a branch of the branch
    own = await scenes.start(Place(7802, None, 5), "PLANTED title", EVENING)  # a title of its own
    speaker = await People(db).speaker(MARKET, HIM, lambda _: "Bob", EVENING)
    about = Reference(10, speaker, "PLANTED words", 1)
    await record(
        db, branch, "What next?", HIM, message_id=20, references=(about,), target=Target(10, speaker)
    )
    said = await history.recent(branch.id, START, END)
    assert [turn.text for turn in said] == ["PLANTED words", "PLANTED words", "What next?"]
    await stores.pins.add(branch.id, replace(of_turn, text="Alice: PLANTED words"), 9)
    await Removals(db).undo(branch.id, BOB, EVENING)
    recap = "INSERT INTO recap (scene_id, since, reaches, text, tokens, created_at) VALUES (?, ?, ?, ?, 1, 1)"
    await db.write("DELETE FROM turn WHERE message_id = 9")  # because it was old
    await db.write(recap, (branch.id, 5, 20, "PLANTED, they say"))
    await db.write(recap, (second.id, 5, 20, "PLANTED, others say"))
    await store.delete_channel(HERE.channel_id, EVENING)
    found = await everything(db)
    held = {name: [row for row in rows if "PLANTED" in str(row)] for name, rows in found.items()}
    assert {name: rows for name, rows in held.items() if rows} == {
        "scene": [row for row in found["scene"] if row[0] == own.id]
    }
    assert await references_to_nothing(db) == []
    for scene in (branch, second):
        assert [pin.text for pin in await stores.pins.of_scene(scene.id)] == ["The mill burned."]
        assert await stores.pins.note(scene.id) == "Slowly."


async def test_a_branch_goes_on_when_its_parent_is_gone(
    db: Database, store: Departures, history: History, scenes: Scenes
) -> None:
    tavern, stores = await scenes.active(HERE, EVENING), Stores.on(db)
    for number in (10, 20):
        await record(db, tavern, f"Before {number}", message_id=number)
    turn = await history.turn_of(20)
    assert turn is not None
    branch = await scenes.branch(MARKET, turn, EVENING, starter_id=BOB)
    await record(db, branch, "A lantern", HIM, message_id=30)
    reply = await history.begin_reply(branch.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(reply.id, text="A light.", tokens=2, ending=Ending.DONE)
    first = await stores.removals.undo(branch.id, BOB, EVENING)
    assert first is not None
    await store.delete_channel(HERE.channel_id, EVENING)
    await stores.removals.put_back(first.id)
    reply = await history.begin_reply(branch.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(reply.id, text="It goes out.", tokens=2, ending=Ending.DONE)
    told = [turn.text for turn in await history.recent(branch.id, START, END)]
    assert told == ["A lantern", "A light.", "It goes out."]
    extent = await stores.records.transfers.extent(branch.id)
    assert extent is not None
    assert extent.turns == 3
    assert [each.turn.text for each in await stores.records.transfers.piece(branch.id, START, 9)] == told
    hits = await stores.searches.find(branch.id, search_of("lantern"), 0, 9)
    assert [turn.text for turn in hits.turns] == ["A lantern"]
    assert (await stores.searches.find(branch.id, search_of("before"), 0, 9)).turns == ()
    undone = await stores.removals.undo(branch.id, BOB, EVENING)
    assert undone is not None
    assert [turn.text for turn in undone.turns] == told
    again = await stores.removals.get(undone.id)
    assert again is not None
    await stores.removals.put_back(undone.id)
    assert [turn.text for turn in await history.recent(branch.id, START, END)] == told
    now = await stores.removals.get(undone.id)
    assert now is not None
    assert not now.is_out


async def test_a_branch_elsewhere_keeps_its_own_turns_only(
    db: Database, store: Departures, history: History, scenes: Scenes
) -> None:
    tavern, market = await scenes.active(HERE, EVENING), await scenes.active(MARKET, EVENING)
    await record(db, tavern, "We were betrayed.", message_id=10)
    await db.write("UPDATE scene SET parent = ?, until = 10 WHERE id = ?", (tavern.id, market.id))
    replied = await history.turn_of(10)
    assert replied is not None
    await record(db, market, "By whom?", message_id=20, target=Target(10, replied.speaker))
    await store.delete_channel(HERE.channel_id, EVENING)
    (turn,) = await history.recent(market.id, START, END)
    assert (turn.text, turn.target) == ("By whom?", None)


@pytest.mark.parametrize("ours", [False, True])
async def test_words_that_another_place_refers_to_are_gone_there_too(
    db: Database, store: Departures, history: History, scenes: Scenes, *, ours: bool
) -> None:
    tavern, market = await scenes.active(HERE, EVENING), await scenes.active(MARKET, EVENING)
    await record(db, tavern, "Meet me at nine.", message_id=10)
    reply = await history.begin_reply(tavern.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.posts.plan(reply.id, Slice(0, 0, 4, "n"))
    await history.posts.posted(reply.id, 0, 11)
    await history.finish(reply.id, text="Nine.", tokens=2, ending=Ending.DONE)
    speaker = await People(db).speaker(MARKET, HIM, lambda _: "Bob", EVENING)
    about = Reference(11 if ours else 10, speaker, "", 0)
    await record(db, market, "When?", message_id=20, references=(about,))
    settled: list[int] = []

    async def observe(_: Transaction, turn_id: int) -> None:
        settled.append(turn_id)

    db.observers.append(observe)
    await store.delete_channel(HERE.channel_id, EVENING)
    (turn,) = await history.recent(market.id, START, END)
    assert turn.references == ()
    assert await db.read("SELECT * FROM reference") == []
    assert sorted(settled) == [1, 2, 3]  # both that are gone, and the one that refers to one of them


async def test_much_is_deleted_in_steps_that_others_write_between(
    db: Database, store: Departures, scenes: Scenes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "STEP", 2)
    tavern = await scenes.active(HERE, EVENING)
    for number in range(7):
        await record(db, tavern, "Another round!", message_id=10 + number)
    steps: list[int] = []

    async def observe(tx: Transaction, _: int) -> None:
        steps.append((await tx.run("SELECT count(*) AS left FROM turn"))[0]["left"])

    db.observers.append(observe)
    await store.delete_channel(HERE.channel_id, EVENING)
    assert steps == [5, 5, 3, 3, 1, 1, 0]
    assert await scenes.playing(HERE) is None


async def test_a_deletion_that_a_kill_cut_off_goes_on(
    where: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    async def die(_: Transaction, turn_id: int) -> None:
        if turn_id == 3:
            raise KilledError

    monkeypatch.setattr(departures, "STEP", 2)
    async with opened(where) as db:
        tavern = await Scenes(db).active(HERE, EVENING)
        for number in range(5):
            await record(db, tavern, "Another round!", message_id=10 + number)
        db.observers.append(die)
        with pytest.raises(KilledError):
            await Departures(db).delete_channel(HERE.channel_id, EVENING)
    async with opened(where) as db:
        assert [row["message_id"] for row in await db.read("SELECT message_id FROM turn")] == [12, 13, 14]
        await Departures(db).finish()
        assert await Scenes(db).playing(HERE) is None
        assert (await everything(db))["turn"] == (await everything(db))["deletion"] == []


async def test_what_is_unknown_is_deleted_without_a_word(db: Database, store: Departures) -> None:
    await play(db, HERE, 61000)
    before = await everything(db)
    await store.delete_channel(4711, EVENING)
    await store.delete_channel(61000, EVENING)  # the id of a message
    await store.delete_category(4711)
    await store.back(4711)
    assert await everything(db) == before


async def test_a_channel_that_was_only_set_up_is_forgotten_and_a_forum_with_its_posts(
    db: Database, store: Departures
) -> None:
    settings = SettingsStore(db)
    await settings.bind(
        "channel", 7700, "marlow", by_user=BOB, at=EVENING
    )  # a forum: nothing is said in itself
    await settings.put("channel", 7700, "respond", "always", by_user=BOB, at=EVENING)
    await settings.bind("category", 7700, "isolde", by_user=BOB, at=EVENING)  # no category has this id
    await play(db, THREAD, 62000)
    await store.delete_channel(7700, EVENING)
    assert [(row["scope"], row["persona_key"]) for row in await db.read("SELECT * FROM binding")] == [
        ("category", "isolde")
    ]
    assert await db.read("SELECT * FROM setting") == []


async def test_a_category_takes_its_persona_along_and_no_channel(db: Database, store: Departures) -> None:
    settings = SettingsStore(db)
    for scope in ("channel", "category", "server"):
        await settings.bind(scope, 7900, scope, by_user=BOB, at=EVENING)
    await play(db, MARKET, 63000)
    await store.delete_category(7900)
    assert await settings.binding([("category", 7900)]) is None
    assert await settings.binding([("channel", 7900), ("server", 7900)]) is not None
    scene = await Scenes(db).playing(MARKET)
    assert scene is not None
    assert scene.place.category_id is None


async def test_a_server_was_left_when_that_was_first_noticed_and_until_the_bot_is_back(
    db: Database, store: Departures
) -> None:
    later = EVENING + timedelta(days=1)
    await store.left(5, EVENING)
    await store.left(5, later)
    await store.left(6, later)
    assert await store.left_by(EVENING - timedelta(milliseconds=1)) == []
    assert await store.left_by(EVENING) == [(5, EVENING)]
    assert await store.left_by(later) == [(5, EVENING), (6, later)]
    await store.back(5)
    assert await store.left_by(later) == [(6, later)]


async def test_what_was_left_and_found_again_while_the_bot_was_off_is_noticed(
    db: Database, store: Departures
) -> None:
    for server, first in ((5, 61000), (6, 62000), (7, 63000)):
        await play(db, Place(first * 10, None, server), first)
    await SettingsStore(db).put("server", 8, "respond", "always", by_user=BOB, at=EVENING)
    await SettingsStore(db).bind("server", 9, "marlow", by_user=BOB, at=EVENING)
    await ServerPersonas(db).put(Change(11, "marlow", Act.MADE, "name: M", BOB, EVENING), 0)
    await ServerPersonas(db).lore.put(StoredBook(12, "gods", "entries: []", BOB, EVENING))
    await play(db, Place(0, None, None), 64000)  # a rehearsal
    await store.left(6, EVENING)
    later = EVENING + timedelta(days=1)
    await store.now_on({6, 7, 10}, later)
    assert await store.left_by(later) == [(5, later), (8, later), (9, later), (11, later), (12, later)]


async def test_a_shard_says_nothing_of_the_servers_of_others(db: Database, store: Departures) -> None:
    four = [number << 22 for number in (4, 5, 6, 7)]
    for server in four:
        await SettingsStore(db).put("server", server, "respond", "always", by_user=BOB, at=EVENING)
    await store.now_on({four[0]}, EVENING, Shard(0, 2))
    assert await store.left_by(EVENING) == [(four[2], EVENING)]
    await store.now_on(set(), EVENING, Shard(1, 2))
    assert [server for server, _ in await store.left_by(EVENING)] == four[1:]


async def test_a_server_goes_with_its_channels_and_what_was_set_for_all_of_it(
    db: Database, store: Departures
) -> None:
    await play(db, HERE, 61000)
    await play(db, THREAD, 62000)
    await play(db, Place(9100, None, 6), 63000)
    for server in (5, 6):
        await SettingsStore(db).put("server", server, "respond", "always", by_user=BOB, at=EVENING)
        await SettingsStore(db).bind("server", server, "marlow", by_user=BOB, at=EVENING)
        await Scenes(db).told(server, "not_served", "", EVENING)
        await ServerPersonas(db).put(Change(server, "marlow", Act.MADE, "name: M", BOB, EVENING), 0)
        await ServerPersonas(db).lore.put(StoredBook(server, "gods", "entries: []", BOB, EVENING))
        await SettingsStore(db).keys.put(server, StoredKey("sealed", BOB, EVENING))
        await People(db).members.see(Member(server, PLURALKIT, "member:1:luna"), BOB, EVENING)
        await store.left(server, EVENING)
    before = naming(await everything(db), range(63000, 63100), "word63000")
    await store.delete_server(5, EVENING)
    found = await everything(db)
    assert naming(found, range(61000, 62100), "word61000") == {}
    assert naming(found, range(7700, 7702), "word62000") == {}
    assert naming(found, range(63000, 63100), "word63000") == before
    assert [row[:2] for row in found["binding"] if row[0] == "server"] == [("server", 6)]
    assert [row[:2] for row in found["setting"] if row[0] == "server"] == [("server", 6)]
    assert [row[0] for row in found["notice"]] == [6, 9100]
    assert [row[0] for row in found["server_persona"]] == [6]
    assert [row[0] for row in found["server_lore"]] == [6]
    assert [row[0] for row in found["server_key"]] == [6]
    assert [row[-3:-1] for row in found["usage"]] == [(None, None), (None, None), (6, 9100)]
    assert [row[0] for row in found["proxy_link"]] == [6]
    assert await store.left_by(EVENING) == [(6, EVENING)]


async def test_what_is_set_where_nobody_spoke_goes_with_a_server_that_was_left(
    db: Database, store: Departures
) -> None:
    settings = SettingsStore(db)
    for channel in (7710, 7910):
        await settings.put("channel", channel, "respond", "always", by_user=BOB, at=EVENING)
        await settings.bind("channel", channel + 1, "marlow", by_user=BOB, at=EVENING)
        await settings.bind("category", channel + 2, "marlow", by_user=BOB, at=EVENING)
        await Scenes(db).told(channel + 3, "opener", "marlow", EVENING)
    await store.left(5, EVENING, range(7700, 7800))
    await store.left(6, EVENING, range(7900, 8000))
    await store.back(6)
    assert [row["channel_id"] for row in await db.read("SELECT * FROM server_channel")] == [
        7710,
        7711,
        7712,
        7713,
    ]
    await store.delete_server(5, EVENING)
    found = await everything(db)
    assert (found["server"], found["server_channel"]) == ([], [])
    assert {row[1] for row in (*found["binding"], *found["setting"])} == {7910, 7911, 7912}
    assert [row[0] for row in found["notice"]] == [7913]
