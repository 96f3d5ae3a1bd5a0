"""The languages of what the bot says on Discord.

Law: these are the only rules about languages. What one person sees is in the language of their Discord. What
a channel sees is in the language that is set there, else in the language of the server. Outside of servers
everything is one person's: in their language, as their Discord last told it. A language without a file is
English: nobody is answered in another that they have not chosen.
"""

from collections.abc import Mapping
from typing import Final

import discord
from discord import app_commands

from bot.core.reach import Reach
from bot.core.scene import Place
from bot.core.settings import Language, Settings
from bot.discord_ui.inbound import reach_in
from bot.storage.errors import StorageError
from bot.story.people.locales import Locales
from bot.story.places.casting import Casting
from bot.texts.catalogue.players import PLAYERS
from bot.texts.grammar import ENGLISH
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
    server, outside = interaction.guild_locale, reach_in(interaction) is not Reach.SERVER
    return voice_for(interaction.locale.value, server.value if server else None, outside=outside)


class Voices:
    """The voices for the channels of one client."""

    def __init__(self, client: discord.Client, casting: Casting, locales: Locales) -> None:
        """Serve the channels of `client`, with the settings that `casting` looks up.

        `locales` are those of people outside of servers.
        """
        self._client = client
        self._casting = casting
        self._locales = locales

    async def of(self, place: Place, settings: Settings) -> Voice:
        """Return the voice for a place with these settings; English if its person's isn't known."""
        if not place.is_own:
            return voice_for(LOCALES.get(settings.language), self._server_locale(place.guild_id))
        try:
            locale = await self._locales.known(place.owner)
        except StorageError:
            locale = None
        return voice_for(locale, outside=True)

    async def lookup(self, place: Place) -> Voice:
        """Return the voice for a place; that of its server where the settings cannot be read."""
        try:
            settings = await self._casting.settings(place)
        except StorageError:
            settings = Settings()
        return await self.of(place, settings)

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
