"""Looking back in a story: what was said is found with who, when and where, and the index is kept up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.scene import Ending, Participant, Place, Slice
from bot.storage.database import Database
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.history import History, Said
from bot.storage.stores import Stores
from bot.story.memory import indexing
from bot.story.memory.looking_back import Hit, LookingBack, Page
from tests.databases import open_database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAVERN, CELLAR = Place(7, guild_id=5), Place(8, 7, 5)
ANA = Participant(1, "Ana")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(tmp_path / "dramatis.sqlite3")
    yield database
    await database.close()


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores.on(database)


async def say(stores: Stores, text: str, message_id: int, place: Place = TAVERN) -> None:
    scene = await stores.scenes.active(place, NOON)
    speaker = await stores.people.speaker(place, ANA, lambda _taken: "Ana", NOON)
    await stores.history.record(scene.id, Said(speaker, text, 5, NOON, message_id))


def shown(page: Page) -> list[str]:
    return ["".join(part.text for part in hit.excerpt) for hit in page.hits]


def link(hit: Hit) -> tuple[int, int | None]:
    return hit.place.channel_id, hit.message_id


async def reply(history: History, scene_id: int, *pages: str) -> None:
    turn = await history.begin_reply(scene_id, persona_key="marlow", name="Marlow", at=NOON)
    text = ""
    for page, words in enumerate(pages):
        start, text = len(text), text + words
        await history.posts.plan(turn.id, Slice(page, start, len(text), f"{turn.id}-{page}"))
        await history.posts.posted(turn.id, page, 900 + page)
    await history.finish(turn.id, text=text, tokens=5, ending=Ending.DONE)


async def test_a_hit_says_who_and_when_and_leads_to_the_message(stores: Stores) -> None:
    await say(stores, "The lantern went out.", 500)
    page = await LookingBack(stores).search(TAVERN, "LANTERN")
    (hit,) = page.hits
    assert (hit.turn.name, hit.turn.created_at, link(hit)) == ("Ana", NOON, (7, 500))
    assert [(part.text, part.is_hit) for part in hit.excerpt] == [
        ("The ", False),
        ("lantern", True),
        (" went out.", False),
    ]


async def test_of_a_long_reply_it_leads_to_the_page_with_the_words(stores: Stores) -> None:
    scene = await stores.scenes.active(TAVERN, NOON)
    await reply(stores.history, scene.id, "A tale begins. " * 20, "And there was a lantern.")
    back = LookingBack(stores)
    assert [link(hit) for hit in (await back.search(TAVERN, "tale")).hits] == [(7, 900)]
    assert [link(hit) for hit in (await back.search(TAVERN, "lantern")).hits] == [(7, 901)]


async def test_what_was_said_in_the_terminal_has_no_message(stores: Stores) -> None:
    await say(stores, "A lantern.", -5, Place(0))
    assert [link(hit) for hit in (await LookingBack(stores).search(Place(0), "lantern")).hits] == [(0, None)]


async def test_hits_come_five_a_page_and_only_of_this_place(stores: Stores) -> None:
    for number in range(7):
        await say(stores, f"ale {number}", 500 + number)
    await say(stores, "ale elsewhere", 600, CELLAR)
    back = LookingBack(stores)
    first, second = await back.search(TAVERN, "ale"), await back.search(TAVERN, "ale", 2)
    assert (shown(first), first.more) == (["ale 6", "ale 5", "ale 4", "ale 3", "ale 2"], True)
    assert (shown(second), second.more, second.number) == (["ale 1", "ale 0"], False, 2)
    assert shown(await back.search(TAVERN, "ale", -3)) == shown(first)
    assert (await back.search(TAVERN, "ale", 10**9)).hits == ()
    await stores.scenes.start(TAVERN, "", NOON)
    assert (await back.search(TAVERN, "ale")).hits == ()


async def test_what_asks_for_nothing_and_a_place_without_a_story_have_no_hits(stores: Stores) -> None:
    back = LookingBack(stores)
    assert await back.search(TAVERN, "…") == Page(1, asks=False)
    assert await back.search(TAVERN, "ale") == Page(1)


class Clock:
    """Waits that are over at once, until there are `most`."""

    def __init__(self, most: int) -> None:
        self.slept: list[float] = []
        self._most = most

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) >= self._most:
            raise asyncio.CancelledError


async def test_the_index_is_filled_after_an_upgrade_and_cleaned_once_a_day(
    stores: Stores, database: Database
) -> None:
    for number in range(150):
        await say(stores, f"ale {number}", 500 + number)
    async with database.transaction() as tx:  # as the migration leaves it
        await tx.run("DELETE FROM turn_words")
        await tx.run("UPDATE indexing SET before = 151, unclean = 1")
    clock, back = Clock(9), LookingBack(stores)
    with pytest.raises(asyncio.CancelledError):
        await back.keep_index(clock.sleep)
    assert clock.slept[:2] == [indexing.REST, indexing.SOON]
    assert clock.slept[-1] == indexing.DAY
    assert len((await back.search(TAVERN, "ale 0")).hits) == 1
    assert [tuple(row) for row in await database.read("SELECT before, unclean FROM indexing")] == [(1, 0)]


async def test_a_failure_of_the_storage_is_in_the_log_and_the_index_is_filled_later(
    database: Database, stores: Stores, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill, failures = stores.searches.fill, [StorageError(StorageErrorKind.FULL, Path("x.sqlite3"))]

    async def failing() -> bool:
        if failures:
            raise failures.pop()
        return await fill()

    monkeypatch.setattr(stores.searches, "fill", failing)
    clock = Clock(2)
    with pytest.raises(asyncio.CancelledError):
        await indexing.keep(stores.searches, clock.sleep)
    assert clock.slept == [indexing.SOON, indexing.SOON]
    assert "x.sqlite3" in caplog.text
