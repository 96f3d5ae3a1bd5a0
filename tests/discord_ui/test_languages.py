"""The languages that come with the bot, on Discord: its commands, an answer that one person reads, a notice of a channel."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.translations import FOLDER
from bot.texts.sentences import LANGUAGES
from tests.discord_ui.test_voices import fails, start, words
from tests.standins.discord_wire import Message, Upload
from tests.standins.m2her import M2her
from tests.wired import Wired, wire

GREETED = {
    "de": "## Sprich mit Marlow",
    "es-ES": "## Habla con Marlow",
    "es-419": "## Habla con Marlow",
    "ja": "## Marlowと話そう",
    "zh-CN": "## 和 Marlow 聊聊",
    "zh-TW": "## 和 Marlow 聊聊",
    "fr": "## Talk to Marlow",
    "en-GB": "## Talk to Marlow",
}

BROKE = {
    "de": "Das KI-Modell hat gerade Probleme. Warte bitte eine Minute. Drücke „Erneut versuchen“ oder erwähne den Bot.",
    "en-US": "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot.",
}


@pytest.fixture
async def wired(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, english_alone: None
) -> AsyncIterator[Wired]:
    for path in FOLDER.glob("*.po"):
        monkeypatch.setitem(LANGUAGES, path.stem, path)
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


def texts(command: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The translations of a command, its options and its choices."""
    for part in ("name_localizations", "description_localizations"):
        if command.get(part):
            yield command[part]
    for inner in [*command.get("options", []), *command.get("choices", [])]:
        yield from texts(inner)


async def test_help_is_in_the_language_of_who_asks_and_the_menu_of_commands_in_all(wired: Wired) -> None:
    await start(wired)
    alice, found = wired.person("Alice"), {}
    for locale in GREETED:
        alice.locale = locale
        answer = await wired.answers(wired.world.interactions.command(alice, wired.bound, "help"))
        found[locale] = words(answer).strip().split("\n")[0]
    assert found == GREETED
    commands = wired.world.interactions.commands[None]
    tables = [table for command in commands for table in texts(command)]
    assert len(tables) > 60
    assert {frozenset(table) for table in tables} == {
        frozenset({"de", "es-ES", "es-419", "ja", "zh-CN", "zh-TW"})
    }


@pytest.mark.parametrize("locale", BROKE)
async def test_a_notice_is_in_the_language_of_the_server(wired: Wired, m2her: M2her, locale: str) -> None:
    wired.world.guild.locale = locale
    await start(wired)
    await fails(wired, m2her)
    assert wired.posts() == [BROKE[locale]]


async def test_mistakes_in_a_file_are_told_in_the_language_of_who_sent_it(wired: Wired) -> None:
    await start(wired)
    owner = wired.world.guild.owner
    owner.locale = "de"

    async def sent(command: str, file: str, text: str) -> str:
        upload = Upload(file, text.encode())
        used = wired.world.interactions.command(owner, wired.bound, command, file=upload)
        answer: Message = await wired.answers(used)
        return words(answer).strip()

    assert await sent(
        "persona upload", "ann.yaml", "name: Ann\ndescription: x\nsamples:\n  - user: hi\n    repyl: ho\n"
    ) == (
        "### `ann.yaml` ist noch nicht nutzbar\n-# Es wurde nichts geändert. Zu beheben: 2\n"
        "**Zeile 4, Spalte 5:** `reply` in Eintrag 1 von `samples` fehlt – füge eine Zeile `reply: …` hinzu\n"
        "```yaml\n  - user: hi\n    ^\n```\n"
        "**Zeile 5, Spalte 5:** Unbekannter Schlüssel `repyl` in Eintrag 1 von `samples` – meintest du `reply`?\n"
        "```yaml\n    repyl: ho\n    ^\n```"
    )
    draft = await sent("persona upload", "ann.yaml", "name: Ann\ndescription: '{{foo}}'\n")
    assert "⚠ `ann.yaml:2:15`: `{{foo}}` in `description` bleibt, wie es ist – schreib es aus" in draft
    brought = await sent("lore upload", "sea.yaml", "entries: [{content: Salt.}]\n")
    assert "Nichts ruft Eintrag 1 von \\`entries\\` auf, weil Schlüssel fehlen – gib \\`keys\\` an" in brought
