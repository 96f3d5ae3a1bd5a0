"""The answers to commands and controls, which only the person who used one sees.

Law: every interaction is answered within Discord's three seconds, whatever happens, in the language of its
person. `admits` is asked before anything is done for it; of several processes that hear it, one does.
"""

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, cast

import aiohttp
import discord

from bot.core.posts.pages import CONTENT_LIMIT, utf16_length
from bot.core.posts.refusals import names_words
from bot.core.reach import Reach
from bot.core.servers import Standing
from bot.discord_ui.inbound import reach_in
from bot.discord_ui.interactions.common.access import Use, use_of, why_not
from bot.discord_ui.interactions.common.services import Services, server_of, services_of
from bot.discord_ui.posting.request import NotTaken, WordsRefused
from bot.discord_ui.servers import PATIENCE
from bot.discord_ui.voices import voice_of
from bot.storage.errors import StorageError
from bot.texts.sentences import HOST, Sentence

log = logging.getLogger(__name__)

_CLAIMED: Final = "claimed"
"""The mark of an interaction that this process has claimed; it may be asked about again."""


class Refused(Exception):  # noqa: N818 - it says what is wrong
    """A command or a control does nothing; the sentence says why, and what to do."""

    def __init__(self, key: str, /, **facts: object) -> None:
        """Refuse with the sentence `key` and its facts."""
        super().__init__(key)
        self.sentence = Sentence(key, **facts)


@asynccontextmanager
async def answering(interaction: discord.Interaction) -> AsyncIterator[Services]:
    """Run a handler with the services of its client, and answer with the reason if it fails."""
    services = services_of(interaction)
    with services.runner.at_work():
        try:
            yield services
        except Refused as refused:
            await tell_error(interaction, refused.sentence)
        except StorageError as error:
            services.runner.complaints.storage_failed(interaction.channel_id or 0, error)
            await tell_error(interaction, Sentence("command.storage"))
        except (discord.HTTPException, aiohttp.ClientError, NotTaken) as error:
            log.warning(HOST.say("host.command_failed", command=_name(interaction), reason=_reason(error)))
            await tell_error(interaction, told(error, typed=_has_typed(interaction)))
        except Exception:
            log.exception(HOST.say("host.command_broke", command=_name(interaction)))
            await tell_error(interaction, Sentence("command.broke"))


async def admits(interaction: discord.Interaction) -> bool:
    """Return whether an interaction comes from where the bot is served, from somebody who may use it.

    If not, its person is told, unless another process does something for it.
    """
    services, reach = services_of(interaction), reach_in(interaction)
    if not await _is_ours(services, interaction):
        return False
    if not services.story.casting.rules.servers.serves(reach):
        is_direct = reach is Reach.DIRECT
        await refuse(interaction, Sentence("reach.no_direct" if is_direct else "reach.no_personal"))
        return False
    if interaction.channel is None and interaction.user is not discord.utils.MISSING:
        await refuse(interaction, Sentence("reach.unknown_channel"))
        return False
    with services.runner.at_work():
        server_id = server_of(interaction)
        standing = await services.servers.standing(server_id, within=PATIENCE)
        if standing is Standing.SERVED:
            try:
                barrier = await why_not(services, interaction)
                if barrier is None:
                    await _note_language(services, interaction)
            except StorageError as error:
                services.runner.complaints.storage_failed(interaction.channel_id or 0, error)
                barrier = Sentence("command.storage")
            if barrier is not None:
                await refuse(interaction, barrier)
                return False
            await services.story.records.workshop.ready(server_id)
            return True
        stranger = standing is Standing.STRANGER
        await refuse(interaction, Sentence("player.not_served" if stranger else "command.not_checked"))
        return False


async def _is_ours(services: Services, interaction: discord.Interaction) -> bool:
    """Return whether this process is the one that does something for an interaction: the first to claim it.

    While a shard changes hands, two processes hear of it.
    """
    if _CLAIMED in interaction.extras:
        return True
    try:
        is_ours = await services.cluster.claim(f"use {interaction.id}")
    except StorageError as error:
        services.runner.complaints.storage_failed(interaction.channel_id or 0, error)
        await refuse(interaction, Sentence("command.storage"))
        return False
    if is_ours:
        interaction.extras[_CLAIMED] = True
    return is_ours


async def _note_language(services: Services, interaction: discord.Interaction) -> None:
    """Store the language of a person outside of servers, unless they look after what is stored of them."""
    person, kind = interaction.user, interaction.type
    if person is discord.utils.MISSING or kind is discord.InteractionType.autocomplete:
        return
    if reach_in(interaction) is not Reach.SERVER and use_of(interaction) is not Use.OWN:
        await services.story.myself.locales.told(person.id, interaction.locale.value)


async def refuse(interaction: discord.Interaction, text: Sentence) -> None:
    """Answer an interaction for which nothing is done; suggestions for somebody who types are none."""
    if interaction.type is not discord.InteractionType.autocomplete:
        await tell_error(interaction, text)
        return
    with suppress(discord.HTTPException, aiohttp.ClientError):
        await interaction.response.autocomplete([])


async def tell(interaction: discord.Interaction, text: Sentence | str, **more: Any) -> None:  # noqa: ANN401 - discord.py's own
    """Answer an interaction for its person alone, with `more` for discord.py; log an answer that is late."""
    words = voice_of(interaction).render(text)
    with _late(interaction):
        if interaction.response.is_done():
            await interaction.followup.send(words, ephemeral=True, **more)
        else:
            await interaction.response.send_message(words, ephemeral=True, **more)


async def show(interaction: discord.Interaction, panel: discord.ui.LayoutView, **more: Any) -> None:  # noqa: ANN401 - discord.py's own
    """Answer with a panel for its person alone, in place of the one that was used if there was one.

    `more` is for discord.py. An answer that is late is logged.
    """
    with _late(interaction):
        if interaction.type is discord.InteractionType.component:
            # Those of older versions have content, with which Discord takes no panel.
            await interaction.response.edit_message(content=None, view=panel, **more)
        else:
            await interaction.response.send_message(view=panel, ephemeral=True, **more)


async def replace(
    interaction: discord.Interaction, panel: discord.ui.LayoutView, files: Sequence[discord.File] = ()
) -> None:
    """Show a panel with its files in place of the one that was used, or of an answer that is on its way."""
    if interaction.response.is_done():
        await interaction.edit_original_response(view=panel, attachments=files)
    elif interaction.message is None:
        await interaction.response.send_message(view=panel, ephemeral=True, files=files)
    else:
        await interaction.response.edit_message(content=None, view=panel, attachments=files)


async def redraw(interaction: discord.Interaction, panel: discord.ui.LayoutView, **more: Any) -> None:  # noqa: ANN401 - discord.py's own
    """Show a panel as `show`, and in place of the one whose form was sent."""
    if interaction.type is discord.InteractionType.modal_submit and interaction.message is not None:
        with _late(interaction):
            await interaction.response.edit_message(view=panel, **more)
    else:
        await show(interaction, panel, **more)


@contextmanager
def _late(interaction: discord.Interaction) -> Iterator[None]:
    """Log an answer for which Discord does not wait anymore."""
    try:
        yield
    except discord.NotFound:
        log.info(HOST.say("host.command_late", command=_name(interaction)))


async def tell_error(interaction: discord.Interaction, text: Sentence) -> None:
    """Answer an interaction with the reason for a failure; log it if Discord does not take the answer."""
    try:
        await tell(interaction, text)
    except (discord.HTTPException, aiohttp.ClientError) as error:
        log.warning(HOST.say("host.command_failed", command=_name(interaction), reason=_reason(error)))


def fits(text: str) -> bool:
    """Return whether a text fits one message of Discord."""
    return utf16_length(text) <= CONTENT_LIMIT


def told(error: Exception, *, typed: bool = True) -> Sentence:
    """Return what a person is told of a request that Discord did not take, with words that they `typed`."""
    if _refused_words(error) is None:
        return Sentence("command.discord")
    return Sentence("command.words_refused" if typed else "command.reply_refused")


def _refused_words(error: Exception) -> WordsRefused | None:
    """Return the refusal if it is the words that Discord certainly refused."""
    if isinstance(error, discord.HTTPException):
        return WordsRefused(error.status, error.code) if names_words(error.code, error.text) else None
    return error if isinstance(error, WordsRefused) else None


def _has_typed(interaction: discord.Interaction) -> bool:
    """Return whether an interaction brings words of its person's: an option of a command, or a form."""
    is_form = interaction.type is discord.InteractionType.modal_submit
    return is_form or any(isinstance(value, str) for _, value in interaction.namespace)


def _reason(error: Exception) -> str:
    """Return why Discord did not take something; refused words are not repeated."""
    error = _refused_words(error) or error
    return getattr(error, "text", "") or str(error) or type(error).__name__


def _name(interaction: discord.Interaction) -> str:
    """Return the command's name or the control's id, without what was typed."""
    command = interaction.command
    data = cast("dict[str, object]", interaction.data or {})
    return f"/{command.qualified_name}" if command else str(data.get("custom_id", "?"))
