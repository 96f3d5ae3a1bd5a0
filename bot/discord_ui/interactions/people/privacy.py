"""The panel of `/privacy`: what is stored about a person, and their export, Forget and opting out.

Law: it is about the person who used it, and for their eyes only. Before anything is forgotten, it says what
goes.
"""

import io
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import discord

from bot.core.scene import Place
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import show
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.voices import voice_of
from bot.storage.erasures import Forgotten, PostOfReply
from bot.storage.subject_access import Stored
from bot.texts.sentences import Sentence, Voice

NAMES: Final = 5
"""Names of a person that are shown; the export has all."""

LINKS: Final = 15
"""Links to posts that stand in the panel; more come in a file."""


class Act(StrEnum):
    """What a button of the panel does."""

    SHOW = "show"
    EXPORT = "export"
    FORGET = "forget"  # asks what, and says what goes
    HERE = "here"
    EVERYWHERE = "everywhere"
    OUT = "out"
    IN = "in"


async def show_stored(services: Services, interaction: discord.Interaction) -> None:
    """Show what is stored about a person, and what they can do."""
    await show(interaction, await _panel(services, interaction))


async def _panel(services: Services, interaction: discord.Interaction) -> discord.ui.LayoutView:
    voice, user_id = voice_of(interaction), interaction.user.id
    privacy = services.story.records.privacy
    is_out = await privacy.is_out(user_id)
    stored = await privacy.stored(user_id, place_of(interaction))
    choice = Act.IN if is_out else Act.OUT
    return panel.panel(
        [
            panel.text(voice.say("privacy.title"), *map(voice.render, _what(stored))),
            panel.line(),
            panel.text(*map(voice.render, _where(services))),
            panel.line(),
            panel.text(voice.say("privacy.out" if is_out else "privacy.in")),
            panel.row(
                _button(Act.EXPORT, voice),
                _button(Act.FORGET, voice),
                _button(choice, voice),
            ),
        ]
    )


def _what(stored: Stored) -> Iterable[Sentence]:
    """Yield what is stored about a person."""
    counts = {
        "quotes": stored.quotes,
        "asides": stored.asides,
        "scenes": stored.scenes,
        "edits": stored.edits,
        "spoken": stored.spoken,
        "profiles": stored.profiles,
        "wishes": stored.wishes,
        "proposals": stored.proposals,
        "pins": stored.pins,
    }
    if not (stored.everywhere or stored.names or any(counts.values())):
        yield Sentence("privacy.nothing")
        return
    yield Sentence("privacy.messages", count=stored.everywhere, here=stored.here)
    if stored.names:
        names = [panel.plain(name) for name in stored.names[:NAMES]]
        more = len(stored.names) > NAMES
        yield Sentence("privacy.names.more", names=names) if more else Sentence("privacy.names", names=names)
    for name, count in counts.items():
        if count:
            yield Sentence(f"privacy.{name}", count=count)


def _where(services: Services) -> Iterable[Sentence]:
    """Yield where it is, who gets it, and for how long."""
    yield Sentence("privacy.where")
    rules = services.story.casting.rules
    yield Sentence("help.sent", provider=rules.provider)
    if rules.keeping.for_good:
        yield Sentence("privacy.kept.for_good")
    else:
        yield Sentence("privacy.kept", days=rules.keeping.days, ambient=rules.keeping.ambient_days)


async def export(services: Services, interaction: discord.Interaction) -> None:
    """Send all that is stored about a person, as files for their eyes only."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    voice, number = voice_of(interaction), 0
    async for part in services.story.records.privacy.export(interaction.user.id):
        number += 1
        file = discord.File(io.BytesIO(part), voice.say("privacy.file", number=number))
        await interaction.followup.send(voice.say("privacy.exported"), file=file, ephemeral=True)


async def ask(services: Services, interaction: discord.Interaction) -> None:
    """Ask what is to be forgotten, and say what goes."""
    await interaction.response.defer()
    privacy, place, user_id = services.story.records.privacy, place_of(interaction), interaction.user.id
    stored, voice = await privacy.stored(user_id, place), voice_of(interaction)
    here = {"messages": stored.here, "replies": await privacy.would_lose(user_id, place)}
    everywhere = {"messages": stored.everywhere, "replies": await privacy.would_lose(user_id)}
    view = panel.panel(
        [
            panel.text(voice.say("privacy.forget.title"), voice.say("privacy.forget.what")),
            panel.line(),
            panel.beside(voice.say("privacy.forget.here", **here), _button(Act.HERE, voice, danger=True)),
            panel.beside(
                voice.say("privacy.forget.everywhere", **everywhere),
                _button(Act.EVERYWHERE, voice, danger=True),
            ),
            panel.row(_button(Act.SHOW, voice)),
        ]
    )
    await interaction.edit_original_response(view=view)


async def forget_here(services: Services, interaction: discord.Interaction) -> None:
    """Forget what a person has said in this channel and its threads."""
    await _forget(services, interaction, place_of(interaction))


async def forget_everywhere(services: Services, interaction: discord.Interaction) -> None:
    """Forget all that is stored about a person."""
    await _forget(services, interaction, None)


async def _forget(services: Services, interaction: discord.Interaction, place: Place | None) -> None:
    await interaction.response.defer()
    services.story.records.tryouts.forget(interaction.user.id)
    gone = await services.story.records.privacy.forget(interaction.user.id, place)
    voice = voice_of(interaction)
    lines = [voice.say("privacy.forgotten", messages=gone.messages, replies=gone.replies)]
    if gone.posts:
        lines += [voice.say("privacy.posts"), *(_link(post) for post in gone.posts[:LINKS])]
    view = panel.panel([panel.text(*lines), panel.row(_button(Act.SHOW, voice))])
    await interaction.edit_original_response(view=view)
    if len(gone.posts) > LINKS:
        file = discord.File(io.BytesIO(_listed(gone)), voice.say("privacy.posts.file"))
        await interaction.followup.send(voice.say("privacy.posts.all"), file=file, ephemeral=True)


def _listed(gone: Forgotten) -> bytes:
    return ("\n".join(map(_link, gone.posts)) + "\n").encode()


def _link(post: PostOfReply) -> str:
    return f"https://discord.com/channels/{post.server_id or '@me'}/{post.channel_id}/{post.message_id}"


async def opt_out(services: Services, interaction: discord.Interaction) -> None:
    """Let nothing of a person be stored, told or quoted from now on."""
    services.story.records.tryouts.forget(interaction.user.id)
    await services.story.records.privacy.opt_out(interaction.user.id)
    await show_stored(services, interaction)


async def opt_in(services: Services, interaction: discord.Interaction) -> None:
    """Let a person take part again."""
    await services.story.records.privacy.opt_in(interaction.user.id, interaction.id)
    for channel_id in await services.story.undoing.unmarked():
        services.runner.mark(channel_id)
    await show_stored(services, interaction)


def _button(act: Act, voice: Voice, *, danger: bool = False) -> panel.Block:
    style = discord.ButtonStyle.danger if danger else discord.ButtonStyle.secondary
    return discord.ui.Button(
        label=voice.say(f"button.privacy.{act}"), custom_id=f"rp:privacy:{act}", style=style
    )
