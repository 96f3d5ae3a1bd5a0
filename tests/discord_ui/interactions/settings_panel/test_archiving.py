"""A server's archive as its admins use it: out of one server, and into another after they have seen what changes."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import now
from bot.core.casts import CastMember
from bot.storage.server_personas import Act
from bot.storage.settings import SettingsStore
from bot.story.server_library.workshop import Draft
from tests.discord_ui.interactions.revisions.test_undo import services
from tests.discord_ui.posting.test_faces import OWN_FACES, PIXEL
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern

WREN = "# Ours.\nname: Wren\ndescription: Wren keeps the lighthouse.\n"
REEF = b"personas: all\nentries:\n  - keys: [reef]\n    content: The reef sank nine ships.\n"
PLAN = "**What this archive would change here**"
REST = "-# What isn't in the archive stays as it is. Earlier versions of personas are kept."


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    async with open_tavern(m2her, tmp_path, rules=OWN_FACES) as tavern:
        tavern.staff("Gil", manage_guild=True, manage_channels=True)
        yield tavern


async def have(tavern: Tavern, key: str = "wren", text: str = WREN, over: int = 0) -> None:
    draft = Draft(tavern.guild.id, key, text.encode(), over)
    await services(tavern).story.records.workshop.put(draft, Act.MADE, 1)


async def panel(tavern: Tavern) -> Any:
    opened = await tavern.people["Gil"].slash(tavern.elsewhere, "dramatis settings")
    return await tavern.people["Gil"].click(opened.response, custom_id="rp:panel:server")


async def get(tavern: Tavern) -> tuple[Any, bytes]:
    used = await tavern.people["Gil"].click((await panel(tavern)).response, label="Get server archive")
    return used, await used.response.attachments[0].read()


async def bring(tavern: Tavern, content: bytes) -> Any:
    opened = await tavern.people["Gil"].click((await panel(tavern)).response, label="Bring back an archive…")
    return await tavern.people["Gil"].submit_modal(opened, {"file": ("archive.zip", content)})


def archive(personas: dict[str, str], places: list[dict[str, Any]] | None = None, **files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        target.writestr("dramatis.json", json.dumps({"dramatis": 1, "places": places or []}))
        for key, text in personas.items():
            target.writestr(f"personas/{key}.yaml", text)
        for key, content in files.items():
            target.writestr("lore/reef.yaml" if key == "reef" else f"pictures/{key}.png", content)
    return made.getvalue()


async def stored(tavern: Tavern) -> list[tuple[Any, ...]]:
    personas = await tavern.database.read(
        "SELECT persona_key, version, text FROM server_persona ORDER BY persona_key, version"
    )
    settings = await tavern.database.read(
        "SELECT scope, key, value FROM setting WHERE scope <> 'bot' ORDER BY key"
    )
    bindings = await tavern.database.read("SELECT scope, persona_key FROM binding ORDER BY scope")
    casts = await tavern.database.read(
        "SELECT persona_key, talkativeness, muted FROM cast_member ORDER BY position"
    )
    return [tuple(row) for row in (*personas, *settings, *bindings, *casts)]


async def test_an_archive_has_all_that_the_server_has_of_its_own_and_nobodys_words(
    tavern: Tavern, m2her: M2her
) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await have(tavern)
    store = SettingsStore(tavern.database)
    await store.put("server", tavern.guild.id, "language", "Deutsch", by_user=1, at=now())
    await store.put("server", tavern.guild.id, "pictures", str(pictures.id), by_user=1, at=now())
    writers = tavern.guild.create_role("Writers")
    await store.put("server", tavern.guild.id, "proposers", str(writers.id), by_user=1, at=now())
    await store.put("channel", tavern.elsewhere.id, "respond", "never", by_user=1, at=now())
    cast = [CastMember("wren"), CastMember("isolde", 30, muted=True)]
    await store.put_cast(tavern.elsewhere.id, cast, by_user=1, at=now())
    books = services(tavern).story.records.lorebooks
    await books.put(tavern.guild.id, await books.read(tavern.guild.id, "reef.yaml", REEF, None), 1)
    shown = await tavern.people["Gil"].slash(tavern.elsewhere, "persona show", persona="wren")
    opened = await tavern.people["Gil"].click(shown.response, label="Picture…")
    await tavern.people["Gil"].submit_modal(opened, {"file": ("wren.png", PIXEL)})
    m2her.say("A secret is a secret.")
    await tavern.say("Alice", f"{tavern.mention} the key is under the mat", tavern.elsewhere)
    used, content = await get(tavern)
    assert used.ephemeral
    assert used.response.content == (
        "This server's archive. Personas: 1, lorebooks: 1, pictures: 1, and the settings and which persona plays where. "
        "Nobody's messages are in it. Any server with this bot can bring it back."
    )
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        found = {name: file.read(name) for name in file.namelist()}
    assert found["personas/wren.yaml"] == WREN.encode()
    assert found["lore/reef.yaml"] == REEF
    assert found["pictures/wren.png"] == PIXEL
    assert json.loads(found["dramatis.json"])["places"] == [
        {
            "kind": "server",
            "id": tavern.guild.id,
            "name": tavern.guild.name,
            "settings": {"language": "Deutsch", "pictures": str(pictures.id), "proposers": str(writers.id)},
            "plays": False,
            "persona": None,
            "cast": [],
        },
        {
            "kind": "channel",
            "id": tavern.elsewhere.id,
            "name": "market",
            "settings": {"respond": "never"},
            "plays": True,
            "persona": "wren",
            "cast": [
                {"persona": "wren", "talkativeness": None, "muted": False},
                {"persona": "isolde", "talkativeness": 30, "muted": True},
            ],
        },
    ]
    assert b"under the" not in b"".join(found.values())
    assert b"Alice" not in b"".join(found.values())


async def test_it_comes_back_on_another_server_after_what_changes_was_shown(tavern: Tavern) -> None:
    # Gil doesn't moderate, and has no role to play: this takes no part in a story.
    tavern.staff("Gil", manage_guild=True, manage_channels=True, manage_messages=False)
    command = tavern.env.backend.find_command("dramatis", tavern.guild.id, type=1)
    tavern.guild.set_command_permissions(int(command["id"]), {tavern.guild.default_role: True})
    await have(tavern, "isolde", "name: Isolde\ndescription: x\n")
    places: list[dict[str, Any]] = [
        {
            "kind": "server",
            "id": 1,
            "name": "Other",
            "settings": {"language": "Deutsch", "novel": "x", "pictures": "7", "proposers": "8"},
        },
        {"kind": "channel", "id": 2, "name": "market", "plays": True, "persona": "wren"},
        {"kind": "channel", "id": 3, "name": "attic", "settings": {"respond": "never"}},
        {"kind": "channel", "id": 4, "name": "tavern", "plays": True, "persona": "nobody"},
    ]
    texts = {"wren": WREN, "isolde": "name: Isolde\ndescription: y\n"}
    before = await stored(tavern)
    used = await bring(tavern, archive(texts, places, wren=PIXEL, reef=REEF))
    assert used.ephemeral
    assert used.response.content.splitlines() == [
        PLAN,
        "New personas: wren",
        "Changed personas: isolde",
        "New or changed lorebooks: reef",
        "Pictures: 1",
        "Settings: 1",
        "Places where another persona would play, or none: 1",
        "⚠ Not here, so nothing is set for them: attic",
        "⚠ The channel for pictures isn't on this server, so it isn't set. Choose one in the settings.",
        "⚠ The role that proposes personas isn't on this server, so it isn't set. Choose one in the settings.",
        "⚠ Not among the personas here, so they are set nowhere: nobody",
        REST,
    ]
    diff = (await used.response.attachments[0].read()).decode().splitlines()
    assert ("-description: x" in diff, "+description: y" in diff, "+Deutsch" in diff) == (True, True, True)
    assert await stored(tavern) == before
    await SettingsStore(tavern.database).put(
        "server", tavern.guild.id, "play_roles", "1", by_user=1, at=now()
    )
    pressed = await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert pressed.followups == []
    assert pressed.response.content.splitlines()[0] == "Done. The server has what is in the archive."
    assert (
        "⚠ Without the pictures of wren. Discord only shows pictures that have an address."
        in pressed.response.content
    )
    assert await stored(tavern) == [
        ("isolde", 1, "name: Isolde\ndescription: x\n"),
        ("isolde", 2, texts["isolde"]),
        ("wren", 1, WREN),
        ("server", "language", "Deutsch"),
        ("server", "play_roles", "1"),
        ("channel", "wren"),
        ("wren", None, 0),
    ]
    (book,) = await services(tavern).story.records.lorebooks.of(tavern.guild.id)
    assert (book.key, book.text.encode()) == ("reef", REEF)


async def test_the_same_archive_changes_nothing(tavern: Tavern) -> None:
    await have(tavern)
    cast = [CastMember("wren", 50), CastMember("isolde")]
    await SettingsStore(tavern.database).put_cast(tavern.elsewhere.id, cast, by_user=1, at=now())
    _, content = await get(tavern)
    used = await bring(tavern, content)
    assert used.response.content == "Everything in this archive is already here."


async def test_a_cast_comes_back_with_how_it_plays_and_without_who_is_unknown(tavern: Tavern) -> None:
    await have(tavern)
    cast = [
        {"persona": "wren", "muted": True},
        {"persona": "ghost"},
        {"persona": "marlow", "talkativeness": 25},
    ]
    place = {"kind": "channel", "id": tavern.elsewhere.id, "plays": True, "persona": "marlow", "cast": cast}
    used = await bring(tavern, archive({}, [place]))
    assert "⚠ Not among the personas here, so they are set nowhere: ghost" in used.response.content
    diff = (await used.response.attachments[0].read()).decode().splitlines()
    assert diff == ["@@ channel market: persona", "+marlow talkativeness=25", "+wren muted"]
    await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert (await stored(tavern))[1:] == [("channel", "marlow"), ("marlow", 25, 0), ("wren", None, 1)]


async def test_the_channel_for_pictures_and_the_role_that_proposes_come_back_where_they_are(
    tavern: Tavern,
) -> None:
    pictures, writers = tavern.guild.create_text_channel("pictures"), tavern.guild.create_role("Writers")
    settings = {"pictures": str(pictures.id), "proposers": str(writers.id)}
    used = await bring(tavern, archive({}, [{"kind": "server", "id": 1, "settings": settings}]))
    diff = (await used.response.attachments[0].read()).decode()
    assert f"pictures\n+{pictures.id} (pictures)" in diff
    assert f"proposers\n+{writers.id} (Writers)" in diff
    await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert await stored(tavern) == [
        ("server", "pictures", str(pictures.id)),
        ("server", "proposers", str(writers.id)),
    ]
    settings = {"pictures": str(writers.id), "proposers": "x" * 5000}
    used = await bring(tavern, archive({}, [{"kind": "server", "id": 1, "settings": settings}]))
    assert used.response.content.startswith("Everything in this archive is already here.\n⚠ The channel for")


async def test_a_persona_in_other_capital_letters_is_the_one_that_is_here(tavern: Tavern) -> None:
    await have(tavern)
    books = services(tavern).story.records.lorebooks
    await books.put(tavern.guild.id, await books.read(tavern.guild.id, "reef.yaml", REEF, None), 1)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        places = [{"kind": "channel", "id": 2, "name": "market", "plays": True, "persona": "WREN"}]
        target.writestr("dramatis.json", json.dumps({"dramatis": 1, "places": places}))
        target.writestr("personas/Wren.yaml", WREN + "tags: [sea]\n")
        target.writestr("lore/REEF.yaml", REEF + b"# more\n")
    used = await bring(tavern, made.getvalue())
    assert used.response.content.splitlines()[1:4] == [
        "Changed personas: wren",
        "New or changed lorebooks: reef",
        "Places where another persona would play, or none: 1",
    ]
    await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert await stored(tavern) == [
        ("wren", 1, WREN),
        ("wren", 2, WREN + "tags: [sea]\n"),
        ("channel", "wren"),
        ("wren", None, 0),
    ]
    (book,) = await books.of(tavern.guild.id)
    assert book.key == "reef"


@pytest.mark.parametrize("table", ["server_persona", "scene"])
async def test_if_any_of_it_cannot_be_stored_none_is(tavern: Tavern, m2her: M2her, table: str) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} ahoy", tavern.elsewhere)
    places: list[dict[str, Any]] = [
        {"kind": "server", "id": 1, "settings": {"language": "Deutsch"}},
        {"kind": "channel", "id": 2, "name": "market", "plays": True, "persona": "wren"},
    ]
    used = await bring(tavern, archive({"wren": WREN, "gull": "name: Gull\n"}, places, reef=REEF))
    what = "UPDATE" if table == "scene" else "INSERT"
    last = "WHEN new.persona_key = 'wren'" if table == "server_persona" else ""
    await tavern.database.write(
        f"CREATE TRIGGER broken BEFORE {what} ON {table} {last} BEGIN SELECT RAISE(ABORT, 'a fault'); END"
    )
    pressed = await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert pressed.followups[0].content.startswith("Something went wrong.")
    await tavern.database.write("DROP TRIGGER broken")
    assert await stored(tavern) == []
    assert await services(tavern).story.records.lorebooks.of(tavern.guild.id) == []
    assert dict(services(tavern).personas(tavern.guild.id).own) == {}


async def test_a_running_scene_has_the_persona_that_an_archive_sets_there(
    tavern: Tavern, m2her: M2her
) -> None:
    store = SettingsStore(tavern.database)
    await store.bind("channel", tavern.elsewhere.id, "marlow", by_user=1, at=now())
    await tavern.people["Gil"].slash(tavern.elsewhere, "scene new", persona="isolde")
    places = [{"kind": "channel", "id": 2, "name": "market", "plays": True, "persona": "wren"}]
    used = await bring(tavern, archive({"wren": WREN}, places))
    await tavern.people["Gil"].click(used.response, label="Bring it back")
    m2her.say("The lamp is lit.")
    await tavern.say("Alice", f"{tavern.mention} ahoy", tavern.elsewhere)
    assert tavern.prompt[0][1] == "Wren"


async def test_pictures_come_back_where_the_server_keeps_them(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await SettingsStore(tavern.database).put(
        "server", tavern.guild.id, "pictures", str(pictures.id), by_user=1, at=now()
    )
    used = await bring(tavern, archive({"wren": WREN}, wren=PIXEL))
    await tavern.people["Gil"].click(used.response, label="Bring it back")
    (kept,) = pictures.history()
    assert await kept.attachments[0].read() == PIXEL
    assert services(tavern).story.records.pictures.of(tavern.guild.id, "wren") is not None


async def test_nothing_is_stored_unless_all_would_load(tavern: Tavern) -> None:
    used = await bring(
        tavern, archive({"wren": WREN, "gull": "name: Gull\ntagz: [sea]\n"}, reef=b"entries: 5\n")
    )
    assert used.response.content == (
        "Nothing was brought back: these files can't be loaded here: gull.yaml, lore/reef.yaml. The file says where each mistake is."
    )
    assert (await used.response.attachments[0].read()).decode().splitlines()[:5] == [
        "gull.yaml:2:1: unknown key `tagz`, did you mean `tags`?",
        "    tagz: [sea]",
        "    ^",
        "reef.yaml:1:1: `entries` must be a list, but found a whole number, begin each item with `- ` on its own line",
        "    entries: 5",
    ]
    assert used.response.components == []
    assert await stored(tavern) == []


async def test_texts_for_adults_are_shown_where_discord_restricts_the_age(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "Wren is for age-restricted channels only. Use this button in one of them."
    used = await bring(tavern, archive({"wren": WREN + "nsfw: true\n"}))
    assert (used.response.content, used.response.attachments) == (why, [])
    await have(tavern, text=WREN + "nsfw: true\n")
    used = await bring(tavern, archive({"wren": WREN}))
    assert (used.response.content, used.response.attachments) == (why, [])
    tavern.restrict(tavern.elsewhere, monkeypatch)
    used = await bring(tavern, archive({"wren": WREN}))
    assert used.response.content.startswith(PLAN)


async def test_a_persona_that_was_changed_meanwhile_keeps_all_from_being_stored(tavern: Tavern) -> None:
    await have(tavern)
    used = await bring(tavern, archive({"wren": WREN + "tags: [sea]\n", "gull": "name: Gull\n"}))
    await have(tavern, text=WREN + "nsfw: false\n", over=1)
    before = await stored(tavern)
    pressed = await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert pressed.response.content.startswith(
        "Nothing was brought back: someone changed one of the personas"
    )
    assert await stored(tavern) == before


async def test_a_lorebook_that_was_changed_meanwhile_keeps_all_from_being_stored(tavern: Tavern) -> None:
    used = await bring(tavern, archive({"wren": WREN}, reef=REEF))
    books = services(tavern).story.records.lorebooks
    theirs = await books.read(tavern.guild.id, "reef.yaml", REEF + b"# theirs\n", None)
    await books.put(tavern.guild.id, theirs, 1)
    pressed = await tavern.people["Gil"].click(used.response, label="Bring it back")
    assert pressed.response.content.startswith(
        "Nothing was brought back: someone changed one of the personas or lorebooks"
    )
    assert await stored(tavern) == []
    (book,) = await books.of(tavern.guild.id)
    assert book.text.endswith("# theirs\n")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            b"no zip",
            "Nothing was brought back. This isn't a zip file, or it's damaged. Get the archive again.",
        ),
        (
            archive({"../evil": "x"}),
            (
                "Nothing was brought back. An archive has `dramatis.json`, `personas/NAME.yaml`, `lore/NAME.yaml` and `pictures/NAME.png` in it, "
                "but not personas/../evil.yaml."
            ),
        ),
    ],
)
async def test_a_hostile_file_is_refused_with_the_reason(tavern: Tavern, content: bytes, why: str) -> None:
    used = await bring(tavern, content)
    assert used.response.content == why
    assert await stored(tavern) == []
