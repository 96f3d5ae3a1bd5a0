"""The versions of a server's own persona: who changed it when, what a version changed, and back to it.

Law: it takes Manage Server at every step; what is put back or deleted is a new version, so nothing is lost.
"""

import io
from collections.abc import Sequence

import discord

from bot.core import moderation
from bot.core.posts.pages import clipped
from bot.discord_ui.interactions.common import mistakes, panel
from bot.discord_ui.interactions.common.answering import Refused, tell
from bot.discord_ui.interactions.common.choosing import LABEL
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.personas import cards, drafting
from bot.discord_ui.voices import voice_of
from bot.storage.server_personas import Act, Version
from bot.story.server_library.workshop import Draft, NotStored, file_of
from bot.texts.sentences import Sentence, Voice

SHOWN = 15
"""How many changes are told."""


async def show_versions(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Show the changes of a persona, with a menu of those that can be put back."""
    versions = await _versions(services, interaction, key)
    voice = voice_of(interaction)
    lines = [_line(each, voice) for each in versions[:SHOWN]]
    if len(versions) > SHOWN:
        lines.append(panel.small(voice.say("versions.more", count=len(versions) - SHOWN)))
    blocks: list[panel.Block] = [
        panel.text(voice.say("versions.title", key=mistakes.in_code(key))),
        panel.text(*lines),
    ]
    kept = [each for each in versions if each.text is not None]
    options = [
        discord.SelectOption(
            label=clipped(voice.say("versions.option", version=each.number), LABEL),
            description=clipped(f"{each.change.at:%Y-%m-%d %H:%M} UTC", LABEL),
            value=str(each.number),
        )
        for each in kept
    ]
    blocks.append(panel.row(panel.menu(f"rp:versions:{key}", options, hint=voice.say("versions.choose"))))
    if services.personas(interaction.guild_id).path(key) is not None:
        blocks.append(panel.row(panel.button(voice.say("button.page.back"), f"rp:persona:card:{key}")))
    await drafting.answer(interaction, panel.panel(blocks))


async def show_version(services: Services, interaction: discord.Interaction, key: str, number: int) -> None:
    """Show what going back to a version would change, with its buttons."""
    version, newest = await _version(services, interaction, key, number)
    voice, now = voice_of(interaction), newest.text
    await drafting.require_showable(services, interaction, key, (now or "").encode())
    lines = [voice.say("versions.one", key=mistakes.in_code(key), version=number), _line(version, voice)]
    if number == newest.number:
        lines.append(panel.small(voice.say("versions.now")))
    else:
        lines.append(voice.say("versions.would_change"))
        lines += drafting.difference((now or "").encode(), (version.text or "").encode(), voice)
    ids = f"{number}:{newest.number}:{key}"
    buttons = [panel.button(voice.say("button.file"), f"rp:version:file:{ids}")]
    if number != newest.number:
        buttons.append(panel.button(voice.say("button.put_back"), f"rp:version:restore:{ids}"))
    back = panel.button(voice.say("button.page.back"), f"rp:persona:versions:{key}")
    await drafting.answer(interaction, panel.panel([panel.text(*lines), panel.row(*buttons, back)]))


async def send_version(services: Services, interaction: discord.Interaction, key: str, number: int) -> None:
    """Give a person a version's file."""
    version, _ = await _version(services, interaction, key, number)
    await send_file(interaction, (version.text or "").encode(), file_of(key, number))


async def send_file(interaction: discord.Interaction, content: bytes, name: str) -> None:
    """Give a person a file, beside what they see."""
    await tell(interaction, Sentence("draft.file"), file=discord.File(io.BytesIO(content), name))


async def restore(
    services: Services, interaction: discord.Interaction, key: str, number: int, over: int
) -> None:
    """Put a version back, and show the card."""
    version, _ = await _version(services, interaction, key, number)
    content = (version.text or "").encode()
    draft = Draft(interaction.guild_id or 0, key, content, over)
    if (await services.story.records.workshop.check(draft)).persona is None:
        await drafting.propose(services, interaction, draft, Act.RESTORED)  # with its mistakes
        return
    await drafting.stored(services, interaction, draft, Act.RESTORED)
    await drafting.answer(interaction, await cards.card(services, interaction, key))


async def ask_to_delete(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Ask whether a persona is really to be deleted, and say what that means."""
    shelf, voice = services.personas(interaction.guild_id), voice_of(interaction)
    own, persona = shelf.own.get(key), shelf.get(key)
    if own is None:
        raise Refused("versions.not_own")
    host = services.story.casting.library.host(interaction.guild_id or 0).get(key)
    name = panel.plain(persona.name if persona else key)
    after = "versions.delete.host" if host is not None else "versions.delete.nobody"
    delete: discord.ui.Button[discord.ui.LayoutView] = discord.ui.Button(
        label=voice.say("button.delete"),
        custom_id=f"rp:version:delete:{own.version}:{own.version}:{key}",
        style=discord.ButtonStyle.danger,
    )
    keep = panel.button(voice.say("button.keep"), f"rp:persona:card:{key}")
    text = panel.text(voice.say("versions.delete", persona=name), voice.say(after, persona=name))
    await drafting.answer(interaction, panel.panel([text, panel.row(delete, keep)]))


async def delete(services: Services, interaction: discord.Interaction, key: str, over: int) -> None:
    """Delete a persona, with a button that puts it back."""
    voice = voice_of(interaction)
    try:
        gone = await services.story.records.workshop.delete(
            interaction.guild_id or 0, key, over, interaction.user.id
        )
    except NotStored as error:
        raise Refused(f"draft.{error.fault}", key=key) from None
    services.moderation.used(interaction, moderation.Act.PERSONA_DELETED, about=key)
    undo = panel.button(voice.say("button.undo.delete"), f"rp:version:restore:{over}:{gone.number}:{key}")
    text = panel.text(voice.say("versions.deleted", key=mistakes.in_code(key)))
    await drafting.answer(interaction, panel.panel([text, panel.row(undo)]))


async def _versions(services: Services, interaction: discord.Interaction, key: str) -> Sequence[Version]:
    versions = await services.story.records.workshop.versions(interaction.guild_id or 0, key)
    shelf = services.personas(interaction.guild_id)
    if not any(each.text is not None for each in versions):
        raise Refused("versions.none")
    if not cards.may_read(interaction.channel, shelf, key):
        persona = shelf.get(key)
        raise Refused("command.age_restricted", persona=persona.name if persona is not None else key)
    return versions


async def _version(
    services: Services, interaction: discord.Interaction, key: str, number: int
) -> tuple[Version, Version]:
    """Return a version that has its text, and the newest one.

    Raises:
        Refused: it has none anymore, or is for age-restricted channels only.
    """
    versions = await _versions(services, interaction, key)
    found = next((each for each in versions if each.number == number and each.text is not None), None)
    if found is None:
        raise Refused("versions.gone")
    await drafting.require_showable(services, interaction, key, (found.text or "").encode())
    return found, versions[0]


def _line(version: Version, voice: Voice) -> str:
    change = version.change
    who = f"<@{change.by_user}>" if change.by_user else voice.say("versions.somebody")
    act, at = voice.say(f"versions.act.{change.act}"), int(change.at.timestamp())
    return voice.say("versions.line", version=version.number, act=act, who=who, at=at)
