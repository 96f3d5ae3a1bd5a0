"""Languages on Discord: an answer is in its reader's, a notice and the buttons of a post in the channel's.

The second language is English in brackets: what is said in it shows, and so does what is said in English by mistake.
"""

import re
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path, PosixPath
from typing import Any, ClassVar

import discord
import pytest

from bot.core.settings import Language
from bot.discord_ui.voices import LOCALES
from bot.texts.sentences import LANGUAGES
from tests.standins.discord_wire import Message
from tests.standins.discord_wire.components import TEXT, walk
from tests.standins.m2her import Error, M2her
from tests.tavern import RULES
from tests.texts.translated import bracketed
from tests.wired import Wired, until, wire

WRITTEN = {
    *(str(language) for language in Language),
    *(
        "Marlow",
        "Isolde",
        "Isolde (isolde)",
        "Marlow (marlow)",
        "`isolde`",
        "`marlow` · ⟦plays here⟧ · ⟦default⟧",
    ),
    "Marlow keeps the Drowned Bell, a harbour tavern.",
    "Isolde is a cartographer who draws places that are not there yet.",
}
"""What panels say in nobody's language: names of languages, and what the host has written of personas."""

BROKE = "The AI model is having trouble. Try again in a minute."


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A server in English, and a catalogue of German; the bot is not started yet."""
    monkeypatch.setitem(LANGUAGES, "de", bracketed(tmp_path / "de.po"))
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


async def start(wired: Wired) -> None:
    await wired.start()
    await until(lambda: _registered(wired))


async def _registered(wired: Wired) -> bool:
    return bool(wired.world.interactions.commands)


def labels(message: Message) -> list[str]:
    """What stands on the controls of a message: labels, placeholders and options."""
    found = [each for each in walk(message.components) if "custom_id" in each]
    options = [option["label"] for each in found for option in each.get("options", [])]
    own = (each.get("label") or each.get("placeholder") for each in found)
    return [*filter(None, own), *options]  # a menu of a panel has its name in the line above it


def words(message: Message) -> str:
    """What a message says: its content, or the texts of the panel that is in its place."""
    texts = (each["content"] for each in walk(message.components) if each["type"] == TEXT)
    return "\n".join([message.content, *texts])


def unspoken(message: Message) -> list[str]:
    """The lines and labels of an answer that are not in the bracketed language, without what makes a heading."""
    said = re.sub(r"```.*?```| · ⟦[0-9]+ tokens⟧", "", words(message), flags=re.DOTALL)
    lines = [re.sub(r"^(?:#+|-#|>) ", "", line) for line in said.split("\n") if line]
    return [text for text in [*lines, *labels(message)] if not (text.startswith("⟦") and text.endswith("⟧"))]


async def fails(wired: Wired, m2her: M2her) -> None:
    """Have a reply end in a notice."""
    for _ in range(3):
        m2her.say(Error(1033))
    wired.ask()
    await wired.quiet()


# --- answers ---------------------------------------------------------------------------------------


async def test_an_answer_is_in_the_language_of_who_asked(wired: Wired, m2her: M2her) -> None:
    await start(wired)
    m2her.say("Evening.")
    wired.ask()
    await wired.quiet()
    owner = wired.world.guild.owner

    async def answers(command: str, **options: Any) -> Message:
        return await wired.answers(wired.world.interactions.command(owner, wired.bound, command, **options))

    for command in ("help", "scene list", "scene info", "dramatis settings", "persona list"):
        owner.locale = "en-US"
        english = await answers(command)
        assert "⟦" not in words(english) + "".join(labels(english)), command
        owner.locale = "de"
        assert [text for text in unspoken(await answers(command)) if text not in WRITTEN] == [], command
    assert unspoken(await answers("scene resume", scene=99)) == []


async def test_a_refusal_is_in_the_language_of_who_is_refused_to_its_last_fact(wired: Wired) -> None:
    await start(wired)
    wired.person("Alice").locale = "de"
    used = wired.world.interactions.command(wired.person("Alice"), wired.bound, "dramatis settings")
    assert (await wired.answers(used)).content == "⟦You need the ⟦Manage Server⟧ permission here to do that.⟧"


async def test_a_language_without_a_file_is_english_for_a_person_and_for_a_channel(
    wired: Wired, m2her: M2her
) -> None:
    wired.rules = replace(wired.rules, defaults=replace(RULES.defaults, language=Language.FRENCH))
    wired.world.guild.locale = "de"
    await start(wired)
    wired.person("Alice").locale = "fr"
    used = wired.world.interactions.command(wired.person("Alice"), wired.bound, "help")
    assert "⟦" not in words(await wired.answers(used))
    await fails(wired, m2her)
    assert wired.posts() == [f"{BROKE} Press Retry or mention the bot."]


async def test_the_form_and_the_private_buttons_are_in_the_language_of_who_asked(
    wired: Wired, m2her: M2her
) -> None:
    await start(wired)
    m2her.say("Evening.")
    wired.ask()
    await wired.quiet()
    wired.person("Alice").locale = "de"
    offered = await wired.answers(wired.press("⋯ More"))
    assert (
        offered.content
        == "⟦What do you want to do with this reply?\n-# *Not this* covers it for everyone, and the story takes another way. Nobody is told who asked.⟧"
    )
    assert labels(offered) == ["⟦▷ Go on⟧", "⟦Edit⟧", "⟦Remove⟧", "⟦Not this⟧", "⟦Report⟧"]
    form = await wired.opens(wired.press("⟦Edit⟧", offered))
    assert (form["title"], form["components"][0]["label"]) == ("⟦Edit reply⟧", "⟦What the persona says⟧")


# --- notices ---------------------------------------------------------------------------------------


async def test_a_notice_and_its_buttons_are_in_the_language_of_the_server(wired: Wired, m2her: M2her) -> None:
    wired.world.guild.locale = "de"
    await start(wired)
    await fails(wired, m2her)
    (post,) = wired.world.posts(wired.bound)
    assert post.content == f"⟦{BROKE} ⟦Press Retry or mention the bot.⟧⟧"
    assert "⟦Retry⟧" in labels(post)


async def test_what_somebody_presses_stays_in_the_channels_language(wired: Wired, m2her: M2her) -> None:
    await start(wired)
    await fails(wired, m2her)
    wired.person("Alice").locale = "de"
    m2her.say("Evening.", finish="length")
    wired.press("Retry")
    await wired.shows("Evening.\n-# The reply reached the length limit. Press Continue or mention the bot.")
    await wired.quiet()
    assert "Continue" in labels(wired.last_post())


async def test_what_is_set_for_the_channel_goes_before_the_server(wired: Wired, m2her: M2her) -> None:
    defaults = replace(RULES.defaults, language=Language.GERMAN)
    wired.rules = replace(wired.rules, defaults=defaults)
    await start(wired)
    await fails(wired, m2her)
    assert wired.posts() == [f"⟦{BROKE} ⟦Press Retry or mention the bot.⟧⟧"]
    m2her.say("Evening.")
    wired.press("⟦Retry⟧")
    await wired.shows("Evening.")
    await wired.quiet()
    assert labels(wired.last_post()) == ["⟦↻ Again⟧", "⟦⋯ More⟧"]


async def test_a_channel_without_a_persona_is_told_in_its_language(wired: Wired) -> None:
    wired.world.guild.locale = "de"
    wired.rules = replace(wired.rules, default_persona=None)
    await start(wired)
    wired.ask(channel=wired.elsewhere)
    await wired.quiet()
    (notice,) = wired.world.posts(wired.elsewhere)
    assert notice.content.startswith("⟦No persona is set for this channel.")
    assert labels(notice)[0] == "⟦Persona⟧"


async def test_what_a_command_tells_the_channel_is_in_the_channels_language(wired: Wired) -> None:
    await start(wired)
    owner = wired.world.guild.owner
    owner.locale = "de"
    paused = await wired.answers(wired.world.interactions.command(owner, wired.bound, "dramatis pause"))
    assert paused.content.startswith("The bot is paused on this server.")
    assert labels(paused) == ["Resume"]


# --- commands --------------------------------------------------------------------------------------


def registered(wired: Wired, name: str) -> Any:
    return next(each for each in wired.world.interactions.commands[None] if each["name"] == name)


async def test_discord_gets_the_commands_in_every_language(wired: Wired) -> None:
    await start(wired)
    assert registered(wired, "help")["description_localizations"] == {
        "de": "⟦What you can do here, and what is saved⟧"
    }
    assert registered(wired, "Edit reply")["name_localizations"] == {"de": "⟦Edit reply⟧"}
    use = registered(wired, "persona")["options"][0]
    where = next(each for each in use["options"] if each["name"] == "where")
    assert where["description_localizations"] == {"de": "⟦Default: this channel⟧"}
    assert [each["name_localizations"] for each in where["choices"]] == [
        {"de": "⟦channel⟧"},
        {"de": "⟦category⟧"},
        {"de": "⟦server⟧"},
    ]


async def test_discord_gets_the_commands_again_when_a_language_comes(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.delitem(LANGUAGES, "de")
        await start(wired)
        assert "description_localizations" not in registered(wired, "help")
        await wired.end()
    await wired.start()
    await until(lambda: _localized(wired))


class _Read(PosixPath):
    """A file that notes on which threads it is read."""

    threads: ClassVar[list[threading.Thread]] = []

    def open(self, *given: Any, **options: Any) -> Any:
        self.threads.append(threading.current_thread())
        return super().open(*given, **options)


async def test_the_languages_are_read_while_everything_else_goes_on(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read a thousand sentences takes some hundredths of a second, in which nobody would be answered."""
    monkeypatch.setattr(_Read, "threads", [])
    monkeypatch.setitem(LANGUAGES, "de", _Read(LANGUAGES["de"]))
    await start(wired)
    assert _Read.threads[0] is not threading.main_thread()


async def _localized(wired: Wired) -> bool:
    return "description_localizations" in registered(wired, "help")


def test_every_language_that_can_be_set_has_a_locale_of_discord() -> None:
    assert set(LOCALES) == set(Language) - {Language.AUTO}
    assert set(LOCALES.values()) <= {locale.value for locale in discord.Locale}
