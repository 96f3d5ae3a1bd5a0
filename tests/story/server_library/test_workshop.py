"""A server's own personas: written, changed, deleted and put back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.completion import Sampling
from bot.core.scene import Place
from bot.personas.library import PersonaLibrary
from bot.storage.database import Database
from bot.storage.departures import Departures as DepartureStore
from bot.storage.scenes import Scenes
from bot.storage.server_personas import Act, PutFault, ServerPersonas, Version
from bot.storage.settings import SettingsStore
from bot.story.places.casting import Casting
from bot.story.places.rules import Rules
from bot.story.server_library.workshop import Draft, NotStored, Workshop
from tests.databases import open_database

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HERE, ELSEWHERE = 5, 6
ADA, BOB = 1, 2
MARLA = b"name: Marla\r\ndescription: Hers.  # as she wants it\r\n"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(tmp_path / "story.sqlite3")
    yield database
    await database.close()


@pytest.fixture
def library(tmp_path: Path) -> PersonaLibrary:
    folder = tmp_path / "personas"
    folder.mkdir()
    (folder / "marlow.yaml").write_text("name: Marlow\ndescription: x\ntags: [sample]\n")
    (folder / "yun.yaml").write_text("name: Yun\ndescription: x\ntags: [sample]\n")
    return PersonaLibrary.load(folder)


@pytest.fixture
def workshop(db: Database, library: PersonaLibrary) -> Workshop:
    return Workshop(library, ServerPersonas(db), lambda: NOON)


def name_of(library: PersonaLibrary, key: str, server: int = HERE) -> str | None:
    persona = library.at(server).get(key)
    return persona.name if persona else None


async def put(
    workshop: Workshop, content: bytes, key: str = "marlow", over: int = 0, server: int = HERE
) -> Version:
    return await workshop.put(Draft(server, key, content, over), Act.UPLOADED, ADA)


async def test_what_is_stored_counts_at_once_and_after_a_restart(
    db: Database, workshop: Workshop, library: PersonaLibrary
) -> None:
    stored = await put(workshop, MARLA)
    assert (stored.number, stored.change.by_user, stored.change.at) == (1, ADA, NOON)
    again = PersonaLibrary.load(library.folder)
    await Workshop(again, ServerPersonas(db), lambda: NOON).open()
    for each in (library, again):
        assert (name_of(each, "marlow"), name_of(each, "marlow", ELSEWHERE)) == ("Marla", "Marlow")
        assert each.at(HERE).source("marlow") == MARLA
        assert each.at(HERE).own["marlow"].version == 1


async def test_what_is_stored_is_read_when_somebody_puts_it_and_after_a_start_ahead(
    db: Database, workshop: Workshop, library: PersonaLibrary
) -> None:
    await put(workshop, MARLA)
    await put(workshop, MARLA, "ann", server=ELSEWHERE)
    assert all(own.is_read for own in library.own())
    again = PersonaLibrary.load(library.folder)
    started = Workshop(again, ServerPersonas(db), lambda: NOON)
    await started.open()
    assert not any(own.is_read for own in again.own())
    await started.ready(None)
    await started.ready(HERE)
    assert [own.key for own in again.own() if own.is_read] == ["marlow"]
    await started.read_ahead()
    assert all(own.is_read for own in again.own())


async def test_while_a_large_text_is_read_after_a_start_others_go_on(
    db: Database, workshop: Workshop, library: PersonaLibrary
) -> None:
    await put(workshop, b"name: Ann\ndescription: Ann" + b" {{random:a,b}}" * 8_000, "ann")
    again = PersonaLibrary.load(library.folder)
    started = Workshop(again, ServerPersonas(db), lambda: NOON)
    await started.open()
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    going = asyncio.create_task(others())
    await started.ready(HERE)
    going.cancel()
    assert again.own()[0].is_read
    assert turns > 0  # on the loop it would be none


@pytest.mark.parametrize("content", [b"nmae: X\n", b"name: 'X\n", b"", b"\xff\xfe", b"name: X\x00"])
async def test_nothing_is_written_that_would_not_load(
    db: Database, workshop: Workshop, content: bytes
) -> None:
    found = await workshop.check(Draft(HERE, "ann", content, 0), "upload.yaml")
    assert found.persona is None
    assert all(str(each).startswith("upload.yaml:") for each in found.problems)
    with pytest.raises(ValueError, match="'ann' would not load"):
        await put(workshop, content, "ann")
    assert await db.read("SELECT 1 FROM server_persona") == []


@pytest.mark.parametrize("key", ["../marlow", "a/b", "x.y", "-x", ""])
async def test_no_key_leads_out_of_a_folder(db: Database, workshop: Workshop, key: str) -> None:
    with pytest.raises(ValueError, match="would not load"):
        await put(workshop, MARLA, key)
    assert await db.read("SELECT 1 FROM server_persona") == []


async def test_of_two_who_change_the_same_version_one_is_told(
    workshop: Workshop, library: PersonaLibrary
) -> None:
    await put(workshop, MARLA)
    texts = [f"name: M{number}\n".encode() for number in range(4)]
    found = await asyncio.gather(*(put(workshop, text, over=1) for text in texts), return_exceptions=True)
    assert [each.fault for each in found if isinstance(each, NotStored)] == [PutFault.OVERTAKEN] * 3
    (stored,) = [each for each in found if isinstance(each, Version)]
    assert library.at(HERE).source("marlow").decode() == stored.text


async def test_a_deleted_persona_uncovers_the_hosts_and_can_be_put_back(
    workshop: Workshop, library: PersonaLibrary
) -> None:
    await put(workshop, MARLA)
    await workshop.delete(HERE, "marlow", 1, BOB)
    assert name_of(library, "marlow") == "Marlow"
    assert await workshop.version(HERE, "marlow", 2) is None
    assert [each.change.by_user for each in await workshop.deleted(HERE)] == [BOB]
    before = await workshop.version(HERE, "marlow", 1)
    assert before is not None
    assert before.text is not None
    newest = await workshop.newest(HERE, "marlow")
    await workshop.put(Draft(HERE, "marlow", before.text.encode(), newest), Act.RESTORED, BOB)
    assert library.at(HERE).source("marlow") == MARLA
    assert [(each.number, each.change.act) for each in await workshop.versions(HERE, "marlow")] == [
        (3, Act.RESTORED),
        (2, Act.DELETED),
        (1, Act.UPLOADED),
    ]


async def test_a_servers_own_is_bound_and_is_the_default_where_there_are_only_samples(
    db: Database, workshop: Workshop, library: PersonaLibrary
) -> None:
    casting = Casting(library, SettingsStore(db), Scenes(db), Rules(Sampling(1.0, 0.95, 500), 65_536))
    here, elsewhere = Place(7, None, HERE), Place(8, None, ELSEWHERE)
    assert (await casting.lookup(here)).key == "marlow"
    await put(workshop, b"name: Ann\ndescription: x\ntags: [sample]\n", "ann")
    cast = await casting.lookup(here)
    assert (cast.key, cast.persona and cast.persona.name, cast.source) == ("ann", "Ann", "default")
    assert (await casting.lookup(elsewhere)).key == "marlow"
    await put(workshop, MARLA)
    assert (await casting.lookup(here)).key is None  # two of its own: admins choose
    for server, place in ((HERE, here), (ELSEWHERE, elsewhere)):
        await SettingsStore(db).bind("server", server, "ann", by_user=ADA, at=NOON)
        cast = await casting.lookup(place)
        assert (cast.key, cast.persona is not None) == ("ann", server == HERE)


async def test_what_a_server_had_goes_with_it(
    db: Database, workshop: Workshop, library: PersonaLibrary
) -> None:
    await put(workshop, MARLA)
    await put(workshop, MARLA, server=ELSEWHERE)
    await DepartureStore(db).delete_server(HERE, NOON + timedelta(days=30))
    assert [each.change.server_id for each in await ServerPersonas(db).playing()] == [ELSEWHERE]
