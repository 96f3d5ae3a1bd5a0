"""The languages of what the bot says on Discord.

Law: these are the only rules about languages. What one person sees is in the language of their Discord. What
a channel sees is in the language that is set there, else in the language of the server. A language without a
file is English: nobody is answered in another that they have not chosen.
"""

from collections.abc import Mapping
from typing import Final

import discord
from discord import app_commands

from bot.core.scene import Place
from bot.core.settings import Language, Settings
from bot.storage.errors import StorageError
from bot.story.casting import Casting
from bot.texts.grammar import ENGLISH
from bot.texts.players import PLAYERS
from bot.texts.sentences import LANGUAGES, Voice, voice_for

LOCALES: Final[Mapping[Language, str]] = {
    Language.ENGLISH: "en-US",
    Language.CHINESE: "zh-CN",
    Language.JAPANESE: "ja",
    Language.KOREAN: "ko",
    Language.GERMAN: "de",
    Language.SPANISH: "es-ES",
    Language.FRENCH: "fr",
    Language.PORTUGUESE: "pt-BR",
    Language.RUSSIAN: "ru",
    Language.ITALIAN: "it",
    Language.POLISH: "pl",
    Language.TURKISH: "tr",
    Language.UKRAINIAN: "uk",
    Language.VIETNAMESE: "vi",
}
"""Discord's name of each language that can be set (its page "Reference", Locales); `auto` is none."""


def voice_of(interaction: discord.Interaction) -> Voice:
    """Return the voice for the person who used a command or a control."""
    server = interaction.guild_locale
    return voice_for(interaction.locale.value, server.value if server else None)


class Voices:
    """The voices for the channels of one client."""

    def __init__(self, client: discord.Client, casting: Casting) -> None:
        """Serve the channels of `client`, with the settings that `casting` looks up."""
        self._client = client
        self._casting = casting

    def by_settings(self, settings: Settings, server_id: int | None) -> Voice:
        """Return the voice for a channel with these settings."""
        return voice_for(LOCALES.get(settings.language), self._server_locale(server_id))

    async def lookup(self, place: Place) -> Voice:
        """Return the voice for a place; that of its server where the settings cannot be read."""
        try:
            settings = await self._casting.settings(place)
        except StorageError:
            settings = Settings()
        return self.by_settings(settings, place.guild_id)

    def _server_locale(self, server_id: int | None) -> str | None:
        guild = None if server_id is None else self._client.get_guild(server_id)
        return guild.preferred_locale.value if guild else None


def label(key: str) -> app_commands.locale_str:
    """Return a text of a command, which Discord gets in English with all its translations."""
    return app_commands.locale_str(PLAYERS[key], key=key)


class Labels(app_commands.Translator):
    """The translations of commands' texts, from the catalogues."""

    def __init__(self) -> None:
        """Look up the languages of Discord's locales: it asks for every text in each of them."""
        voices = {locale: voice_for(locale.value) for locale in discord.Locale}
        self._voices = {locale: voice for locale, voice in voices.items() if voice.language != ENGLISH}

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a text in the language of a locale; None where the English one is to be shown."""
        del context
        key, voice = string.extras.get("key"), self._voices.get(locale)
        return None if key is None or voice is None else voice.say(key)


def labels() -> Labels | None:
    """Return the translations of commands' texts; None if English is the only language.

    With a translator, discord.py 2.7.1 sends empty tables of translations to Discord.
    """
    return Labels() if LANGUAGES else None
