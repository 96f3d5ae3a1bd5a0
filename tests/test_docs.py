"""What the documents promise, held against the code; and that they stay short and name no place of ours."""

import json
import re
import sqlite3
import textwrap
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import click
import discord
import pytest
import yaml

from bot.__main__ import main
from bot.composition.story import now, story_on
from bot.config.live import AT_RESTART
from bot.config.loading import SHORT_NAMES, ConfigError, load
from bot.config.schema import PRESETS, Channel, Config
from bot.config.variables import VARIABLES
from bot.core.completion import Sampling
from bot.core.endpoint.price import LIST
from bot.core.persona import DefaultProfile, PersonaSampling, PersonaSheet, Sample
from bot.core.routing import Respond
from bot.core.scene import Ending, Participant, Place, Reference, Slice
from bot.core.settings import CHOICES, TEXTS
from bot.discord_ui.gateway.client import DRAIN
from bot.discord_ui.gateway.liveness import STALE
from bot.discord_ui.interactions.commands import build_tree
from bot.discord_ui.interactions.settings_panel.pages import Page
from bot.discord_ui.interactions.settings_panel.settings import NEEDED
from bot.discord_ui.interactions.settings_panel.settings import PAGES as SETTINGS_PAGES
from bot.endpoint.meter import TokenMeter
from bot.llm.offline import OfflineModel
from bot.personas.library import PersonaLibrary
from bot.personas.lorebooks import read_yaml
from bot.personas.reading import read_persona
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.scenes import Scenes
from bot.storage.server_personas import Act, Change, ServerPersonas
from bot.storage.settings import BindingScope, SettingsStore
from bot.storage.swipes import Swipes
from bot.story.places.notices import RECORDING
from bot.story.places.rules import ChannelRule, Rules
from bot.terminal.console import Console
from bot.terminal.rehearsal import Rehearsal
from bot.terminal.stage import TERMINAL, Stage
from bot.texts.catalogue.players import PLAYERS
from tests.databases import open_database
from tests.storage.cast import record

ROOT = Path(__file__).parent.parent
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
README, CONFIGURATION, PERSONAS = (
    PAGES["README.md"],
    PAGES["docs/configuration.md"],
    PAGES["docs/personas.md"],
)
WHEN = (ROOT / "docs/when-it-speaks.md").read_text(encoding="utf-8")
HOSTING, PRIVACY, COMMANDS = (
    PAGES["docs/hosting.md"],
    PAGES["docs/privacy.md"],
    PAGES["docs/commands.md"],
)
EXAMPLE = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language, without the indentation of a list around them."""
    return [textwrap.dedent(body) for _, name, body in _FENCED.findall(page) if name == language]


def code(page: str) -> list[str]:
    """All that a page sets as code: each line of its blocks, and each span in its text."""
    lines = [line for _, _, body in _FENCED.findall(page) for line in body.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", _FENCED.sub("", page))


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The tables' rows below their heads."""
    found = [line for line in text.splitlines() if line.startswith("| ")]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in found
        if not line.startswith("| ---") and f"{line}\n| ---" not in text
    ]


def every(language: str) -> list[object]:
    return [
        pytest.param(block, id=f"{name}-{number}")
        for name, page in PAGES.items()
        for number, block in enumerate(blocks(page, language))
    ]


# The command line -------------------------------------------------------------------------------


def options(command: click.Command) -> set[str]:
    return {
        name
        for option in command.params
        for name in option.opts
        if name.startswith("--") and name != "--help"
    }


def test_the_readme_has_every_command_with_every_option() -> None:
    text = section(README, "In the terminal")
    told = {name.strip("`"): does for name, does in rows(text)}
    assert list(told) == [
        "run",
        "chat",
        "check",
        "import-card",
        "export-card",
        "prompt",
        "forget",
        "invite",
        "health",
        "backup",
        "restore",
        "vacuum",
        "move",
        "usage",
        "doctor",
    ]
    assert set(told) == set(main.commands)
    for name, command in main.commands.items():
        assert set(re.findall(r"--[\w-]+", told[name])) == options(command) - {"--config"}
    introduction = text.partition("| command |")[0]
    assert set(re.findall(r"--[\w-]+", introduction)) == options(main) | {"--help"}


@pytest.mark.parametrize("page", PAGES)
def test_a_command_that_a_page_names_can_be_given(page: str) -> None:
    for line in code(PAGES[page]):
        for said in re.findall(r"(?:python -m bot|bin/dramatis)((?: [\w./=-]+)*)", line):
            words = said.split()
            if words:
                known = options(main) | options(main.commands[words[0]])
                assert {word for word in words[1:] if word.startswith("--")} <= known, line


@pytest.mark.parametrize("page", PAGES)
def test_a_make_target_that_a_page_names_exists(page: str) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = {
        name for line in code(PAGES[page]) for name in re.findall(r"\bmake(?: -C \S+)? ([a-z]+)\b", line)
    }
    assert named <= set(targets)


def test_the_readme_has_the_two_commands() -> None:
    assert [name for name, _ in rows(section(README, "Two commands"))] == ["`make run`", "`make test`"]


# The commands on Discord -------------------------------------------------------------------------


async def test_the_page_of_commands_has_every_command_there_is() -> None:
    async with discord.Client(intents=discord.Intents.none()) as client:
        tree = build_tree(client)
    commands = {
        f"/{command.qualified_name}"
        for command in tree.walk_commands()
        if not isinstance(command, discord.app_commands.Group)
    }
    told = [row[0] for title in ("For everyone", "For admins") for row in rows(section(COMMANDS, title))]
    assert sorted(told) == sorted(f"`{command}`" for command in commands)


def test_the_page_of_commands_has_every_setting_and_every_lack() -> None:
    settings = [name for name, _ in rows(COMMANDS.partition("| setting |")[2].partition("\n\n")[0])]
    elsewhere = [key for key, page in SETTINGS_PAGES.items() if page is Page.WHEN]
    here = [key for key in ("persona", *CHOICES) if key not in elsewhere]
    assert settings == [*(PLAYERS[f"menu.{key}"] for key in here), PLAYERS["panel.page.when"]]
    assert [key for key in (*elsewhere, *TEXTS) if f"*{PLAYERS[f'menu.{key}']}" not in WHEN] == []
    lacks = section(COMMANDS, "Settings").partition("| missing |")[2]
    assert {PLAYERS[f"right.{right}"] for right in (*NEEDED, "message_content")} == {
        name.strip() for cell, _ in rows(lacks) for name in cell.split(",")
    }


# Configuration ----------------------------------------------------------------------------------


def configured(folder: Path, file: str = "", dotenv: str = "") -> Config:
    (folder / "config.yaml").write_text(file, encoding="utf-8")
    (folder / ".env").write_text(dotenv, encoding="utf-8")
    return load(None, {}, folder)


def keys_of(data: Mapping[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in data.items():
        found |= keys_of(value, f"{above}{key}.") if isinstance(value, dict) and value else {f"{above}{key}"}
    return found


def test_the_example_holds_every_key_with_its_default(tmp_path: Path) -> None:
    # What a preset fills in stands behind a #, so that a copy of the file overrules none.
    whole, filled = re.subn(r"^  # (?=[a-z_]+: \S+$)", "  ", EXAMPLE, flags=re.MULTILINE)
    assert filled == len({key for preset in PRESETS.values() for key in preset})
    assert configured(tmp_path, whole).model_dump() == Config().model_dump()
    assert keys_of(yaml.safe_load(whole)) == {".".join(map(str, path)) for path in VARIABLES.values()}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_copy_of_the_example_changes_nothing_whatever_the_environment_says(
    tmp_path: Path, preset: str
) -> None:
    chosen = f"DRAMATIS_MODEL__PRESET={preset}"
    assert configured(tmp_path, EXAMPLE, chosen).model_dump() == configured(tmp_path, "", chosen).model_dump()


def test_the_example_of_a_channel_in_the_example_works(tmp_path: Path) -> None:
    commented = re.search(r"^#   (channels:)\n#   (  .*)$", EXAMPLE, re.MULTILINE)
    assert commented
    config = configured(tmp_path, "\n".join(commented.groups()))
    assert config.channels == {123456789012345678: Channel(persona="marlow", respond=Respond.ALWAYS)}


def test_every_key_is_documented_with_its_default_and_its_variables() -> None:
    table = rows(section(CONFIGURATION, "Where settings come from"))
    assert {key.strip("`") for key, *_ in table} == {".".join(map(str, path)) for path in VARIABLES.values()}
    for key, default, variables, counts in table:
        restarts = tuple(key.strip("`").split(".")) in AT_RESTART
        assert counts == ("after a restart" if restarts else "at once"), key
        names = [name for name, path in VARIABLES.items() if ".".join(map(str, path)) == key.strip("`")]
        names += [short for short, long in SHORT_NAMES.items() if long in names]
        assert re.findall(r"`(\w+)`", variables) == names
        value: object = Config()
        for step in key.strip("`").split("."):
            value = getattr(value, step)
        shown = str(value).lower() if isinstance(value, bool) else value
        shown = json.dumps(value) if isinstance(value, tuple) else shown
        assert default in ({"none", "Discord's own"} if value is None else {f"`{shown}`"})
        assert f"**{key}**" in CONFIGURATION


def test_every_key_of_a_channel_is_documented() -> None:
    for key in Channel.model_fields:
        assert f"- **`{key}`**" in CONFIGURATION
        assert f"\n#   {key}: " in EXAMPLE


@pytest.mark.parametrize("key", CHOICES)
def test_every_choice_is_documented(key: str) -> None:
    page = CONFIGURATION.partition(f"\n**`defaults.{key}`** ")[2].partition("\n\n")[0]
    example = re.search(rf"((?:^  #.*\n)+)  {key}: ", EXAMPLE, re.MULTILINE)
    assert example
    for choice in CHOICES[key]:
        assert f"`{choice}`" in page
        assert re.search(rf"(?<!\w){choice}(?!\w)", example[1])


def test_the_mistakes_of_the_page_about_configuration_are_told_as_it_says(tmp_path: Path) -> None:
    page = (ROOT / "docs/config-file.md").read_text(encoding="utf-8")
    ((wrong,), (told,)) = (blocks(page, language) for language in ("yml", "text"))
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, wrong)
    assert str(caught.value).replace(f"{tmp_path}/", "") == told.strip()


def test_the_page_about_configuration_shows_what_it_says(tmp_path: Path) -> None:
    (block,) = blocks(CONFIGURATION, "yaml")
    assert configured(tmp_path, block).channels == {
        123456789012345678: Channel(persona="cassida", respond=Respond.ALWAYS),
        234567890123456789: Channel(persona=None, respond=Respond.MENTION),
    }
    (block,) = blocks(CONFIGURATION, "dotenv")
    config = configured(tmp_path, dotenv=block)
    assert config.model.temperature == 0.8
    assert config.channels == {123456789012345678: Channel(persona="marlow", respond=Respond.ALWAYS)}


@pytest.mark.parametrize("block", every("dotenv"))
def test_every_block_of_variables_loads(tmp_path: Path, block: str) -> None:
    assert configured(tmp_path, dotenv=block).model_dump() != Config().model_dump()


@pytest.mark.parametrize("block", every("yaml"))
def test_every_yaml_block_loads_as_what_it_is(tmp_path: Path, block: str) -> None:
    if "entries" in yaml.safe_load(block):
        book = read_yaml(block, "block.yaml", "block")
        assert (book.problems, book.warnings) == ((), ())
    elif "name" in yaml.safe_load(block):
        path = tmp_path / "block.yaml"
        path.write_text(block, encoding="utf-8")
        reading = read_persona(path, [tmp_path])
        assert (reading.problems, reading.warnings) == ((), ())
    else:
        config = configured(tmp_path, block)
        named = {config.default_persona, *(channel.persona for channel in config.channels.values())}
        assert named - {None} <= {persona.key for persona in PersonaLibrary.load(ROOT / "personas").at(None)}


# Personas ---------------------------------------------------------------------------------------


def test_every_key_of_a_persona_is_documented() -> None:
    table = {key.strip("`"): what for key, what in rows(section(PERSONAS, "The keys"))}
    assert list(table) == list(PersonaSheet.model_fields)
    for model, row in ((Sample, "samples"), (DefaultProfile, "user"), (PersonaSampling, "sampling")):
        for key in model.model_fields:
            assert f"`{key}`" in table[row]


def test_the_mistake_of_the_page_about_personas_is_told_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "isolde.yaml").write_text(
        blocks(PERSONAS, "yaml")[-1].replace("temperature", "temprature"), encoding="utf-8"
    )
    (problem,) = read_persona(tmp_path / "isolde.yaml", [tmp_path]).problems
    assert blocks(PERSONAS, "text")[-1] == f"{problem}\n".replace(f"{tmp_path}", "personas")


# The README's scene, prices and names ----------------------------------------------------------


def speeches(page: str) -> list[tuple[str, str]]:
    """The scene as (name, text): quoted paragraphs, each speaker's name in bold before the first."""
    quoted = "\n".join(line[2:] for line in section(page, "A scene").splitlines() if line.startswith(">"))
    parts = re.split(r"^\*\*(\w+):\*\* ", quoted, flags=re.MULTILINE)[1:]
    return [(name, text.strip()) for name, text in zip(parts[::2], parts[1::2], strict=True)]


async def test_the_scene_in_the_readme_is_what_the_bot_plays(tmp_path: Path) -> None:
    shown = speeches(README)
    out, first = StringIO(), next(name for name, _ in shown if name != "Marlow")

    async def typed() -> AsyncIterator[str]:
        for name, text in shown:
            if name != "Marlow":
                yield f"/as {name}"
                yield text

    personas = PersonaLibrary.load(ROOT / "personas")
    persona = personas.at(None).get("marlow")
    assert persona
    channels = {TERMINAL.channel_id: ChannelRule((persona.key,), Respond.ALWAYS)}
    database = await open_database(tmp_path / "story.sqlite3")
    rules = Rules(Sampling(1.0, 0.95, 1024), context_window=65_536, channels=channels)
    model = OfflineModel()
    meter = await TokenMeter.open(Calibrations(database), model)
    story = story_on(database, personas, model, rules, meter)
    console = Console(typed(), out, StringIO(), live=True)
    await Rehearsal(Stage(story, [persona], console, first, now)).run()
    await database.close()
    # If this fails because prompts or rules have changed, put what the bot says now into the README.
    assert out.getvalue() == "".join(f"{text}\n" for name, text in shown if name == "Marlow")


def test_the_readme_computes_what_things_cost() -> None:
    text = section(README, "What it costs")
    assert f"${LIST.input:.2f} for a million tokens it reads" in text
    assert f"${LIST.output:.2f} for a million it writes" in text
    table = [cells for cells in rows(text) if cells[3].startswith("$")]
    assert len(table) == 5
    for what, *numbers in table:
        read, written = (int(number.replace(",", "")) for number in numbers[:2])
        digits = len(numbers[2].partition(".")[2])
        assert f"${LIST.microdollars(read, written) / 1_000_000:.{digits}f}" == numbers[2], what


def test_the_longest_replies_of_the_price_table_fill_their_windows() -> None:
    table = rows(section(README, "What it costs"))
    windows = [int(read.replace(",", "")) + 500 for _, read, written, _ in table if written == "500"]
    assert windows == [Config().model.context_window, 16384]


# Hosting and privacy ---------------------------------------------------------------------------


def test_the_page_says_how_long_a_stop_and_a_heartbeat_last() -> None:
    assert f"{DRAIN:g} seconds to finish" in HOSTING
    assert f"over {STALE:g} seconds old" in HOSTING


ALICE, BOB = 111111111111111111, 444444444444444444
CHANNEL, THREAD, ELSEWHERE = 222222222222222222, 555555555555555555, 666666666666666666
GUILD, OTHER_GUILD = 333333333333333333, 777777777777777777


WROTE = ((BOB, "Bob", datetime(2025, 1, 1, tzinfo=UTC)), (ALICE, "Alice", now()))
"""Who wrote when; each writes about a message of the other's."""


async def quoted(database: Database, place: Place, by: tuple[int, str, datetime]) -> Reference:
    """A message of this person's that was written at this time and is no turn."""
    user, name, at = by
    speaker = await People(database).speaker(place, Participant(user, name), lambda _: name, now())
    return Reference(discord.utils.time_snowflake(at), speaker, f"{name} was quoted", 3)


async def edit(database: Database, turn_id: int, editor: Participant) -> None:
    """Let a person edit a reply, generate another and edit that too."""
    swipes = Swipes(database)
    edited = await swipes.rewrite(turn_id, "Aye.", 3, editor)
    assert edited is not None
    await swipes.settle(edited)
    await swipes.regenerate(turn_id)
    await History(database).finish(turn_id, text="No.", tokens=3, ending=Ending.DONE)
    assert await swipes.rewrite(turn_id, "Nay.", 3, editor) is not None


@pytest.fixture
async def stored(tmp_path: Path) -> Path:
    """A database with two people in a channel, its thread and another server; Bob's are the old messages."""
    path = tmp_path / "story.sqlite3"
    database = await open_database(path)
    scenes, history = Scenes(database), History(database)
    async with database.transaction() as tx:
        for user in (ALICE, BOB):
            await tx.run("INSERT INTO preference (user_id, key, value) VALUES (?, 'ping', 'on')", (user,))
    places = (Place(CHANNEL, None, GUILD), Place(THREAD, CHANNEL, GUILD), Place(ELSEWHERE, None, OTHER_GUILD))
    for number, place in enumerate(places):
        scene = await scenes.active(place, now())
        await scenes.told(place.channel_id, "persona_missing", "marlow", now())
        chosen = "INSERT INTO profile_choice VALUES (?, ?, ?, NULL)"
        await database.write(chosen, (ALICE, place.guild_id, place.channel_id))
        for (user, name, at), other in ((WROTE[0], WROTE[1]), (WROTE[1], WROTE[0])):
            text = f"{name} said this in {place.channel_id}"
            about = await quoted(database, place, other)
            await record(
                database,
                scene,
                text,
                Participant(user, name),
                at=at,
                message_id=user + number + 1,
                references=(about,),
            )
            turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=at)
            await history.posts.plan(turn.id, Slice(0, 0, 3, "nonce"))
            await history.posts.posted(turn.id, 0, turn.id)
            await history.finish(turn.id, text=f"Aye in {place.channel_id}", tokens=3, ending=Ending.DONE)
            await edit(database, turn.id, Participant(user, name))
    await database.close()
    return path


def sql(title: str) -> str:
    """The page's block below a line, after the one that all begin with."""
    (block,) = re.findall(rf"^{re.escape(title)}\n\n```sql\n(.*?)^```", PRIVACY, re.MULTILINE | re.DOTALL)
    return f"{blocks(PRIVACY, 'sql')[0]}\n{block}"


def left(path: Path, script: str) -> dict[str, list[tuple[object, ...]]]:
    """Run a script as the sqlite3 shell does; return every table's rows then."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(script)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def holding(tables: Mapping[str, list[tuple[object, ...]]], *values: int) -> list[str]:
    return [name for name, found in tables.items() if any(value in row for row in found for value in values)]


def test_the_page_names_the_command_that_deletes_a_person() -> None:
    (line,) = [each for block in blocks(PRIVACY, "sh") for each in block.splitlines()]
    assert line == f".venv/bin/python -m bot forget {ALICE}"
    assert "forget" in main.commands


def test_a_channel_can_be_deleted_with_its_threads_as_the_page_says(stored: Path) -> None:
    before = left(stored, "")
    after = left(stored, sql("One channel with its threads:"))
    assert holding(before, CHANNEL, THREAD) == ["notice", "speaker", "place", "scene", "profile_choice"]
    assert holding(after, CHANNEL, THREAD) == []
    of_no_channel = {"sqlite_sequence", "preference", "indexing"}
    of_no_channel |= {name for name in after if name.startswith("turn_words")}  # its rows are those of turns
    assert len(after["turn"]) == len(after["turn_words_content"]) or not before["turn_words_content"]
    assert {name: 3 * len(found) for name, found in after.items() if name not in of_no_channel} == {
        name: len(found) for name, found in before.items() if name not in of_no_channel
    }
    assert after["preference"] == before["preference"]
    assert str(CHANNEL).encode() not in stored.read_bytes()


ADMIN = 123123123123123123
CATEGORY, SILENT = 888888888888888888, 999999999999999999
SCOPES: Sequence[tuple[BindingScope, int, int]] = (
    ("server", GUILD, OTHER_GUILD),
    ("category", CATEGORY, 1),
    ("channel", SILENT, 2),
    ("channel", CHANNEL, ELSEWHERE),
)


async def decide(path: Path) -> None:
    """Let an admin decide everything that can be decided, on the server and on another."""
    database = await open_database(path)
    settings = SettingsStore(database)
    for scope, *ids in SCOPES:
        for id_ in ids:
            await settings.bind(scope, id_, "marlow", by_user=ADMIN, at=now())
            if scope != "category":
                await settings.put(scope, id_, "paused", "true", by_user=ADMIN, at=now())
    await Scenes(database).told(SILENT, RECORDING, "", now())
    for server in (GUILD, OTHER_GUILD):
        await ServerPersonas(database).put(Change(server, "ann", Act.MADE, "name: Ann", ADMIN, now()), 0)
    await database.close()


async def test_a_server_can_be_deleted_as_the_page_says(stored: Path) -> None:
    await decide(stored)
    listed = code(section(PRIVACY, "Deleting"))
    (find,) = [line for line in listed if line.startswith("SELECT ")]
    with closing(sqlite3.connect(stored)) as connection:
        found = {row[0] for row in connection.execute(find).fetchall()}
    assert found == {GUILD, OTHER_GUILD, CATEGORY, SILENT, 1, 2}
    after = left(stored, sql("One server:"))
    assert holding(after, CHANNEL, THREAD, GUILD, CATEGORY, SILENT) == []
    assert [row[0] for row in after["place"]] == [ELSEWHERE]
    assert {row[1] for row in after["binding"]} == {OTHER_GUILD, 1, 2, ELSEWHERE}
    assert {row[1] for row in after["setting"]} == {OTHER_GUILD, 2, ELSEWHERE}
    assert [row[0] for row in after["server_persona"]] == [OTHER_GUILD]


async def test_a_channel_in_which_nobody_has_spoken_can_be_deleted_too(stored: Path) -> None:
    await decide(stored)
    after = left(stored, sql("One channel with its threads:").replace(str(CHANNEL), str(SILENT)))
    assert holding(after, SILENT) == []
    assert len(after["binding"]) == 7


# All pages --------------------------------------------------------------------------------------


def places(name: str) -> Iterator[Path]:
    for folder in ("", "bot", "docs", "personas"):
        yield ROOT / folder / name


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = _FENCED.sub("", PAGES[page])
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        assert target.startswith("https://") or ((ROOT / page).parent / target.partition("#")[0]).exists()
    assert not re.search(r"http://", text)


@pytest.mark.parametrize("page", [*PAGES, "config.example.yaml", "Makefile"])
def test_every_file_that_a_page_names_exists_or_is_yours_to_make(page: str) -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    text = (ROOT / page).read_text(encoding="utf-8")
    named = [
        name
        for line in [*code(text), *(text.split() if page not in PAGES else [])]
        for name in re.findall(r"^[\w.-]+(?:/[\w.-]+)*(?:\.(?:md|py|yaml|toml|lock|sql)|/)$", line)
    ]
    for name in named:
        yours = name in {*ignored, "discord.py"} or f"{name.partition('/')[0]}/" in ignored
        assert yours or any(path.exists() for path in places(name)), name


@pytest.mark.parametrize("page", [*PAGES, "config.example.yaml"])
def test_no_page_names_a_package_registry_or_a_place_on_one_machine(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.search(r"pypi|pythonhosted|npmjs|index-url|crates\.io", text, re.IGNORECASE)
    assert not re.search(r"(?<![\w.])/(?:work|root|home|tmp|mnt|Users)/", text)


@pytest.mark.parametrize("page", PAGES)
def test_pages_stay_short(page: str) -> None:
    # A changelog grows by its nature.
    assert page == "CHANGELOG.md" or len(PAGES[page].splitlines()) <= 250


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.*)$", PAGES["CHANGELOG.md"], re.MULTILINE)
    assert headings[0] == "[Unreleased]"


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)\s]+)\)", README))
    assert set(PAGES) - {"README.md"} <= linked
