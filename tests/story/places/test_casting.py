"""Which persona plays: every mix of what the host fixes, what admins chose and how a scene was started."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import product
from pathlib import Path

import pytest

from bot.core.completion import Sampling
from bot.core.routing import Respond
from bot.core.scene import Place
from bot.core.settings import CHOICES, Face, Language, Settings, StoryRights, Stream
from bot.personas.library import PersonaLibrary
from bot.storage.database import Database
from bot.storage.scenes import Scenes
from bot.storage.settings import BindingScope, Scope, SettingsStore
from bot.story.places.casting import Casting, default_among
from bot.story.places.rules import ChannelRule, Rules
from tests.databases import open_database

THREAD, CHANNEL, CATEGORY, SERVER = 11, 12, 13, 14
HERE = Place(THREAD, CHANNEL, SERVER, CATEGORY)
NOON = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(sampling=Sampling(1.0, 0.95, 1024), context_window=65_536)

BINDINGS: Mapping[str, tuple[BindingScope, int]] = {
    "thread": ("channel", THREAD),
    "channel": ("channel", CHANNEL),
    "category": ("category", CATEGORY),
    "server": ("server", SERVER),
}
"""What admins can give away, from the strongest down, as it is seen from a thread."""


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(tmp_path / "story.sqlite3")
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cast = tmp_path / "personas"
    cast.mkdir()
    return cast


def write(folder: Path, *keys: str, tags: str = "[]") -> PersonaLibrary:
    for key in keys:
        (folder / f"{key}.yaml").write_text(
            f"name: {key}\ndescription: One.\ntags: {tags}\n", encoding="utf-8"
        )
    return PersonaLibrary.load(folder)


async def bind(db: Database, scope: BindingScope, scope_id: int, key: str | None) -> None:
    await SettingsStore(db).bind(scope, scope_id, key, by_user=1, at=NOON)


# --- personas ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", list(product(("", "nobody", "somebody"), repeat=4)))
async def test_the_nearest_that_was_chosen_counts_and_a_scenes_own_persona_unless_that_is_nobody(
    db: Database, folder: Path, chosen: tuple[str, ...]
) -> None:
    for (where, (scope, scope_id)), what in zip(BINDINGS.items(), chosen, strict=True):
        if what:
            await bind(db, scope, scope_id, f"of-the-{where}" if what == "somebody" else None)
    where, what = next((pair for pair in zip(BINDINGS, chosen, strict=True) if pair[1]), ("default", ""))
    given = {"thread": THREAD, "channel": CHANNEL, "category": CHANNEL}.get(where)
    rules = replace(RULES, default_persona="of-the-default")
    casting = Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), rules)
    for source in (where, "scene"):
        if source == "scene":
            await Scenes(db).start(HERE, "", NOON, persona_key="of-the-scene")
        for channels in ({}, {CHANNEL: ChannelRule(None)}, {THREAD: ChannelRule(None, Respond.MENTION)}):
            casting.rules = replace(rules, channels=channels)
            part = await casting.lookup(HERE)
            if what == "nobody":
                assert (part.key, part.source, part.bound_id) == (None, where, None)
            else:
                # What the host lists is recorded whole in any case.
                bound_id = next(iter(channels), given)
                assert (part.key, part.source, part.bound_id) == (f"of-the-{source}", source, bound_id)


@pytest.mark.parametrize(
    ("channels", "key", "by"),
    [
        ({CHANNEL: ChannelRule(("marlow",))}, "marlow", CHANNEL),
        ({CHANNEL: ChannelRule(("marlow",)), THREAD: ChannelRule(("isolde",))}, "isolde", THREAD),
        ({CHANNEL: ChannelRule(("marlow",)), THREAD: ChannelRule(None)}, "marlow", CHANNEL),
    ],
)
async def test_what_the_host_fixes_counts_before_all_and_a_threads_before_its_channels(
    db: Database, folder: Path, channels: dict[int, ChannelRule], key: str, by: int
) -> None:
    for scope, scope_id in BINDINGS.values():
        await bind(db, scope, scope_id, None)
    await Scenes(db).start(HERE, "", NOON, persona_key="of-the-scene")
    personas = write(folder, "marlow", "isolde")
    casting = Casting(personas, SettingsStore(db), Scenes(db), replace(RULES, channels=channels))
    part = await casting.lookup(HERE)
    assert (part.key, part.source, dict(part.fixed)) == (key, "config", {"persona": f"channels.{by}.persona"})
    assert part.persona is personas.at(None).get(key)
    assert part.bound_id == (THREAD if THREAD in channels else CHANNEL)


async def test_seen_from_the_channel_itself_its_own_is_the_channels(db: Database, folder: Path) -> None:
    await bind(db, "channel", CHANNEL, "isolde")
    casting = Casting(write(folder, "isolde"), SettingsStore(db), Scenes(db), RULES)
    part = await casting.lookup(Place(CHANNEL, None, SERVER, CATEGORY))
    assert (part.key, part.source, part.bound_id) == ("isolde", "channel", CHANNEL)


async def test_in_an_old_server_a_channel_that_has_its_servers_id_is_not_the_server(
    db: Database, folder: Path
) -> None:
    await bind(db, "channel", SERVER, "isolde")
    casting = Casting(write(folder, "isolde", "marlow"), SettingsStore(db), Scenes(db), RULES)
    assert (await casting.lookup(Place(SERVER, None, SERVER))).key == "isolde"
    assert (await casting.lookup(Place(CHANNEL, None, SERVER))).key is None


async def test_a_persona_whose_file_is_not_there_is_known_by_its_key_only(db: Database, folder: Path) -> None:
    await bind(db, "channel", CHANNEL, "gone")
    casting = Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), RULES)
    part = await casting.lookup(Place(CHANNEL, None, SERVER))
    assert (part.key, part.persona, part.bound) == ("gone", None, True)


async def test_what_is_asked_next_goes_by_new_rules(db: Database, folder: Path) -> None:
    casting = Casting(write(folder, "marlow", "isolde"), SettingsStore(db), Scenes(db), RULES)
    assert (await casting.lookup(HERE)).key is None
    casting.rules = replace(RULES, default_persona="isolde")
    assert (await casting.lookup(HERE)).key == "isolde"


# --- the default ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "samples", "configured", "default"),
    [
        (["ann"], [], None, "ann"),
        (["ann", "ben"], [], None, None),
        (["ann", "ben"], [], "ben", "ben"),
        (["ann"], [], "nobody", "nobody"),  # said so, and told at the start that there is no such file
        ([], ["marlow", "yun"], None, "marlow"),
        (["ann"], ["marlow", "yun"], None, "ann"),
        (["ann", "ben"], ["marlow"], None, None),
        ([], ["yun"], None, "yun"),
        ([], ["yun", "zoe"], None, None),
        ([], [], None, None),
    ],
)
def test_the_default_is_the_one_of_ones_own_else_the_welcoming_sample(
    folder: Path, own: list[str], samples: list[str], configured: str | None, default: str | None
) -> None:
    write(folder, *samples, tags="[sample]")
    assert default_among(write(folder, *own).at(None), configured) == default


# --- settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", list(product((False, True), repeat=3)))
async def test_a_threads_settings_go_before_its_channels_before_the_servers_before_the_hosts(
    db: Database, folder: Path, places: tuple[bool, ...]
) -> None:
    layers: dict[Language, tuple[Scope, int]] = {
        Language.ITALIAN: ("channel", THREAD),
        Language.FRENCH: ("channel", CHANNEL),
        Language.GERMAN: ("server", SERVER),
    }
    there = [language for language, is_set in zip(layers, places, strict=True) if is_set]
    for language in there:
        await SettingsStore(db).put(*layers[language], "language", language, by_user=1, at=NOON)
    rules = replace(RULES, defaults=Settings(language=Language.POLISH, story_rights=StoryRights.ALL))
    casting = Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), rules)
    found = await casting.settings(HERE)
    assert found == Settings(language=[*there, Language.POLISH][0], story_rights=StoryRights.ALL)
    assert (await casting.lookup(HERE)).settings == found


async def test_when_a_persona_answers_is_fixed_by_the_host_before_all(db: Database, folder: Path) -> None:
    for scope, scope_id in (("server", SERVER), ("channel", CHANNEL), ("channel", THREAD)):
        await SettingsStore(db).put(scope, scope_id, "respond", "always", by_user=1, at=NOON)  # type: ignore[arg-type]
    casting = Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), RULES)
    assert (await casting.lookup(HERE)).settings.respond is Respond.ALWAYS
    channels = {CHANNEL: ChannelRule(None, Respond.MENTION)}
    casting.rules = replace(RULES, channels=channels)
    part = await casting.lookup(HERE)
    assert (part.settings.respond, dict(part.fixed)) == (
        Respond.MENTION,
        {"respond": f"channels.{CHANNEL}.respond"},
    )
    casting.rules = replace(RULES, channels=channels | {THREAD: ChannelRule(None, Respond.NEVER)})
    part = await casting.lookup(HERE)
    assert (part.settings.respond, dict(part.fixed)) == (
        Respond.NEVER,
        {"respond": f"channels.{THREAD}.respond"},
    )


@pytest.mark.parametrize(
    ("key", "set_to", "rule", "fixed"),
    [
        ("respond", "always", ChannelRule(("marlow",), respond=Respond.NEVER), Respond.NEVER),
        ("face", "webhook", ChannelRule(("marlow",), face=Face.BOT), Face.BOT),
        ("stream", "calm", ChannelRule(("marlow",), stream=Stream.OFF), Stream.OFF),
    ],
)
async def test_what_the_host_fixes_for_a_channel_counts_before_what_was_set(
    db: Database, folder: Path, key: str, set_to: str, rule: ChannelRule, fixed: StrEnum
) -> None:
    await SettingsStore(db).put("channel", THREAD, key, set_to, by_user=1, at=NOON)
    rules = replace(RULES, channels={CHANNEL: rule})
    part = await Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), rules).lookup(HERE)
    assert getattr(part.settings, key) is fixed
    assert (part.sources[key], part.fixed[key]) == ("config", f"channels.{CHANNEL}.{key}")
    others = CHOICES.keys() - {key}
    assert {each: part.sources[each] for each in others} == dict.fromkeys(others, "default")


async def test_each_value_comes_with_what_set_it(db: Database, folder: Path) -> None:
    for (scope, scope_id), key, value in (
        (("channel", THREAD), "language", "Deutsch"),
        (("channel", CHANNEL), "language", "Polski"),
        (("channel", CHANNEL), "stream", "off"),
        (("server", SERVER), "stream", "calm"),
        (("server", SERVER), "face", "bot"),
        (("channel", THREAD), "face", "mirror"),  # another version's
    ):
        await SettingsStore(db).put(scope, scope_id, key, value, by_user=1, at=NOON)  # type: ignore[arg-type]
    casting = Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), RULES)
    assert (await casting.lookup(HERE)).sources == {
        "respond": "default",
        "language": "thread",
        "story_rights": "default",
        "face": "server",
        "stream": "channel",
        "persona_talk": "default",
        "person_cooldown": "default",
        "channel_cooldown": "default",
        "ooc": "default",
        "mentions": "default",
        "quiet_hours": "default",
        "timezone": "default",
        "bots": "default",
        "ignored_prefixes": "default",
    }
    seen_from_the_channel = (await casting.lookup(Place(CHANNEL, None, SERVER, CATEGORY))).sources
    assert (seen_from_the_channel["language"], seen_from_the_channel["stream"]) == ("channel", "channel")


async def test_what_a_newer_version_has_stored_is_passed_over(db: Database, folder: Path) -> None:
    for key, value in (("respond", "telepathy"), ("mood", "bright"), ("paused", "perhaps")):
        await SettingsStore(db).put("channel", CHANNEL, key, value, by_user=1, at=NOON)
    casting = Casting(write(folder, "marlow"), SettingsStore(db), Scenes(db), RULES)
    assert await casting.settings(HERE) == Settings()
