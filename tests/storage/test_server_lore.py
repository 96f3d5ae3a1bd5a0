"""Servers' own lorebooks: stored, replaced, bounded, and told of nobody who was forgotten."""

from datetime import UTC, datetime

import pytest

from bot.storage import server_lore
from bot.storage.database import Database
from bot.storage.server_lore import LoreFault, ServerLore, StoredBook
from bot.storage.subject_access import SubjectAccess

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def book(key: str, text: str = "entries: []", server: int = 5, by: int = 1) -> StoredBook:
    return StoredBook(server, key, text, by, NOON)


async def test_a_server_has_its_own_books(db: Database) -> None:
    store = ServerLore(db)
    for each in (book("b"), book("a"), book("c", server=6)):
        assert await store.put(each) is None
    assert await store.put(book("b", "entries: [{}]", by=2), "entries: []") is None
    for seen in (None, "entries: []"):
        assert await store.put(book("b", "entries: [{a: 1}]"), seen) is LoreFault.OVERTAKEN
    assert await store.put(book("z"), "entries: []") is LoreFault.OVERTAKEN  # there is none
    assert await store.of(5) == [book("a"), book("b", "entries: [{}]", by=2)]
    assert await store.delete(5, "a")
    assert not await store.delete(5, "a")
    assert [each.key for each in await store.of(5)] == ["b"]
    assert [each.key for each in await store.of(6)] == ["c"]


async def test_there_are_bounds(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_lore, "MOST", 2)
    monkeypatch.setattr(server_lore, "CHARACTERS", 30)
    store = ServerLore(db)
    assert await store.put(book("a")) is None
    assert await store.put(book("b", "x" * 20)) is LoreFault.TOO_MUCH
    assert await store.put(book("b")) is None
    assert await store.put(book("c")) is LoreFault.TOO_MANY
    assert await store.put(book("b", "x" * 19), "entries: []") is None
    assert await store.put(book("c", server=6)) is None


async def test_an_export_has_what_a_person_brought(db: Database) -> None:
    await ServerLore(db).put(book("gods", by=7))
    await ServerLore(db).put(book("mole", by=8))
    found = (await SubjectAccess(db).rest(7))["lorebooks_brought"]
    assert [tuple(row) for row in found] == [(5, "gods", "entries: []", 1772366400000)]
