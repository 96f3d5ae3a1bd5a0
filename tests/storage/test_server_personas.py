"""The personas that servers have of their own: their texts, versions and log."""

from datetime import timedelta

import pytest

from bot.storage import server_personas
from bot.storage.database import Database
from bot.storage.server_personas import Act, Change, PutFault, ServerPersonas, Version
from tests.storage.cast import ALICE, BOB, EVENING

SERVER, OTHER = 5, 6


@pytest.fixture
def store(db: Database) -> ServerPersonas:
    return ServerPersonas(db)


def change(
    text: str | None, key: str = "marlow", act: Act = Act.EDITED, server: int = SERVER, minutes: int = 0
) -> Change:
    act = Act.DELETED if text is None else act
    return Change(server, key, act, text, ALICE, EVENING + timedelta(minutes=minutes))


async def keep(store: ServerPersonas, *texts: str | None, key: str = "marlow", over: int = 0) -> None:
    for number, text in enumerate(texts):
        found = await store.put(change(text, key, minutes=over + number), over + number)
        assert isinstance(found, Version)
        assert found.number == over + number + 1


async def texts(store: ServerPersonas, key: str = "marlow") -> list[tuple[int, str | None]]:
    return [(each.number, each.text) for each in await store.versions(SERVER, key)]


@pytest.mark.parametrize(
    "text", ["\ufeffname: M\r\n# é 阿渡 \U0001f98a\r\n\r\n", "name: M", "name: 'M'\t\n\n\n", " \n"]
)
async def test_a_text_comes_back_byte_for_byte(store: ServerPersonas, text: str) -> None:
    await keep(store, text)
    (found,) = await store.playing()
    assert found == Version(Change(SERVER, "marlow", Act.EDITED, text, ALICE, EVENING), 1)
    assert await texts(store) == [(1, text)]


async def test_nobody_overwrites_what_they_have_not_seen(store: ServerPersonas) -> None:
    assert await store.put(change("new"), over=1) is PutFault.OVERTAKEN
    await keep(store, "one", "two")
    for over in (0, 1, 3):
        assert await store.put(change("mine"), over) is PutFault.OVERTAKEN
    assert await texts(store) == [(2, "two"), (1, "one")]


async def test_ten_earlier_versions_keep_their_texts_and_of_all_is_known_who_made_them(
    store: ServerPersonas,
) -> None:
    await keep(store, *(str(number) for number in range(1, 14)))
    assert await texts(store) == [
        *((number, str(number)) for number in range(13, 2, -1)),
        (2, None),
        (1, None),
    ]
    assert [(each.change.by_user, each.change.act) for each in await store.versions(SERVER, "marlow")] == [
        (ALICE, Act.EDITED)
    ] * 13


async def test_a_deleted_persona_plays_nowhere_and_can_be_put_back(store: ServerPersonas) -> None:
    await keep(store, "one", None)
    await keep(store, "other", key="isolde")
    assert [each.change.key for each in await store.playing()] == ["isolde"]
    assert [(each.change.key, each.number) for each in await store.deleted(SERVER)] == [("marlow", 2)]
    assert await store.deleted(OTHER) == []
    assert await texts(store) == [(2, None), (1, "one")]
    await keep(store, "one", over=2)
    assert await store.deleted(SERVER) == []
    assert await texts(store) == [(3, "one"), (2, None), (1, "one")]


async def test_of_many_deleted_personas_the_last_ones_can_be_put_back(
    store: ServerPersonas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_personas, "DELETED", 2)
    for minutes, key in enumerate("abc"):
        await store.put(change("text", key, minutes=minutes), 0)
        await store.put(change(None, key, minutes=minutes), 1)
    assert [each.change.key for each in await store.deleted(SERVER)] == ["c", "b"]
    assert await texts(store, "a") == [(2, None), (1, None)]
    assert await texts(store, "b") == [(2, None), (1, "text")]


async def test_a_server_has_so_many_personas_and_so_much_text(
    store: ServerPersonas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_personas, "MOST", 2)
    monkeypatch.setattr(server_personas, "CHARACTERS", 10)
    await keep(store, "1234")
    await keep(store, "1234", key="isolde")
    assert await store.put(change("1", "vesper"), 0) is PutFault.TOO_MANY
    assert await store.put(change("1234567"), 1) is PutFault.TOO_MUCH
    assert isinstance(await store.put(change("123456"), 1), Version)
    assert isinstance(await store.put(change("12345678", server=OTHER), 0), Version)
    assert isinstance(await store.put(change(None, "isolde"), 1), Version)
    assert isinstance(await store.put(change("1", "vesper"), 0), Version)
    assert await store.put(change("1", "isolde"), 2) is PutFault.TOO_MANY


async def test_the_log_says_who_did_what_and_forgets_the_oldest(
    store: ServerPersonas, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put(change("one", act=Act.MADE), 0)
    await store.put(Change(SERVER, "marlow", Act.UPLOADED, "two", BOB, EVENING + timedelta(minutes=1)), 1)
    await store.put(change(None, minutes=2), 2)
    await store.put(change("one", server=OTHER), 0)
    told = [(each.change.key, each.change.act, each.change.by_user) for each in await store.log(SERVER, 10)]
    assert told == [
        ("marlow", Act.DELETED, ALICE),
        ("marlow", Act.UPLOADED, BOB),
        ("marlow", Act.MADE, ALICE),
    ]
    assert len(await store.log(SERVER, 2)) == 2
    monkeypatch.setattr(server_personas, "LOGGED", 3)
    monkeypatch.setattr(server_personas, "EARLIER", 0)
    await keep(store, "three", "four", over=3)
    assert [each.number for each in await store.log(SERVER, 10)] == [5, 4, 3]
