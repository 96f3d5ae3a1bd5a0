"""*Server archive* in `/dramatis settings`: what a server has of its own, as one file, and back again.

Law: it takes Manage Server at every step. Nothing is stored before the person has seen what would change, and
nothing of an archive with a mistake. The form works after a restart; what it showed, until then.
"""

import asyncio
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import aiohttp
import discord

from bot.core.casts import CastMember
from bot.core.differences import unified
from bot.core.moderation import Act
from bot.core.posts.pages import excerpt
from bot.core.settings import PICTURES, PROPOSERS
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.common import mistakes, panel
from bot.discord_ui.interactions.common.answering import Refused, answering, tell
from bot.discord_ui.interactions.common.forms import files_of, form_of
from bot.discord_ui.interactions.common.offering import FileOffer, loaded
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.personas import picturing
from bot.discord_ui.voices import voice_of
from bot.personas.archives import SIZE_LIMIT, ArchiveError, packed, unpacked
from bot.story.server_library.archiving import Grounds, Plan, Room
from bot.story.server_library.workshop import NotStored
from bot.texts.sentences import Sentence, Voice

GET: Final = "rp:archive:get"
FORM: Final = "rp:archive:bring"
"""The ids of the buttons; the form has that of the button which opens it."""

MEGABYTE: Final = 1024 * 1024

NAMED: Final = 20
"""Names that are told of each kind."""

NAME: Final = 60
"""Characters of a name that is told."""

_ROOM_LEFT: Final = 256 * 1024
"""Bytes that are kept free for the names in an archive, beside its content."""


def archive_buttons(voice: Voice) -> tuple[panel.Block, panel.Block]:
    """Return the buttons in the panel of the server."""
    return panel.button(voice.say("button.archive.get"), GET), panel.button(
        voice.say("button.archive.bring"), FORM
    )


# --- out --------------------------------------------------------------------------------------------


async def get(services: Services, interaction: discord.Interaction) -> None:
    """Give the person the archive of the server."""
    require(interaction, "manage_guild")
    guild = interaction.guild
    assert guild is not None
    shelf = services.personas(guild.id)
    adult = next(filter(shelf.is_for_adults, shelf.own), None)
    if adult is not None and not age_restricted(interaction.channel):
        persona = shelf.get(adult)
        raise Refused("archive.age_restricted", persona=panel.plain(persona.name if persona else adult))
    await interaction.response.defer(ephemeral=True, thinking=True)
    most = min(SIZE_LIMIT, guild.filesize_limit)
    content = await services.story.records.archiving.content(guild.id, _grounds(guild))
    texts = sum(map(len, (*content.personas.values(), *content.books.values())))
    pictures, left_out = await _pictures(services, interaction, content.personas, most - texts - _ROOM_LEFT)
    file = await asyncio.to_thread(packed, replace(content, pictures=pictures))
    if len(file) > most:
        raise Refused("archive.too_large", most=most // MEGABYTE)
    services.moderation.used(interaction, Act.ARCHIVE_TAKEN)
    lines = [
        Sentence(
            "archive.made", personas=len(content.personas), books=len(content.books), pictures=len(pictures)
        )
    ]
    if left_out:
        lines.append(Sentence("archive.left_out", names=_listed(left_out)))
    name = f"dramatis-{guild.id}.zip"
    await tell(interaction, voice_of(interaction).lines(lines), file=discord.File(io.BytesIO(file), name))


async def _pictures(
    services: Services, interaction: discord.Interaction, keys: Iterable[str], room: int
) -> tuple[dict[str, bytes], list[str]]:
    """Return the personas' pictures that can be had and fit, and the keys of the others."""
    found: dict[str, bytes] = {}
    left_out: list[str] = []
    for key in keys:
        picture = services.story.records.pictures.of(interaction.guild_id, key)
        if picture is None:
            continue
        channel = interaction.client.get_partial_messageable(picture.channel_id)
        try:
            message = await channel.fetch_message(picture.message_id)
            sent = message.attachments[0] if message.attachments else None
            content = await sent.read() if sent is not None and sent.size <= room else b""
        except (discord.HTTPException, aiohttp.ClientError):
            content = b""
        if content:
            found[key] = content
            room -= len(content)
        else:
            left_out.append(key)
    return found, left_out


def _grounds(guild: discord.Guild) -> Grounds:
    """Return the server, its places for which something can be set, and what settings can be about."""
    places = [*guild.channels, *guild.threads]
    ids = {
        PICTURES: {str(each.id) for each in guild.text_channels},
        PROPOSERS: {str(each.id) for each in guild.roles},
    }
    rooms = [
        Room("server", guild.id, guild.name),
        *(
            Room("category" if isinstance(each, discord.CategoryChannel) else "channel", each.id, each.name)
            for each in places
        ),
    ]
    return Grounds(rooms, ids)


# --- and back ---------------------------------------------------------------------------------------


def form(voice: Voice) -> discord.ui.Modal:
    """Return the form that asks for the file."""
    upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(custom_id="file", required=True, max_values=1)
    about = voice.say("archive.file.about", most=SIZE_LIMIT // MEGABYTE)
    field = discord.ui.Label(text=voice.say("archive.file"), description=about, component=upload)
    return form_of(FORM, voice.say("archive.form"), [field])


async def take(services: Services, interaction: discord.Interaction) -> None:
    """Read the file of a submitted form, and show what it would change."""
    require(interaction, "manage_guild")
    sent = next(files_of(interaction), None)
    if sent is None:
        raise Refused("import.no_file")
    if sent.size > SIZE_LIMIT:
        raise Refused("archive.fault.size", about=SIZE_LIMIT // MEGABYTE)
    await interaction.response.defer(ephemeral=True, thinking=True)
    content = await loaded(sent)
    try:
        archive = await asyncio.to_thread(unpacked, content)
    except ArchiveError as error:
        raise Refused(f"archive.fault.{error.fault}", about=panel.plain(str(error.about))) from None
    guild, voice = interaction.guild, voice_of(interaction)
    assert guild is not None
    plan = await services.story.records.archiving.plan(guild.id, archive, _grounds(guild))
    if plan.adults and not age_restricted(interaction.channel):
        raise Refused("archive.age_restricted", persona=panel.plain(plan.adults[0]))
    if plan.broken:
        file = discord.File(io.BytesIO(_mistakes(plan, voice).encode()), "mistakes.txt")
        await tell(interaction, Sentence("archive.broken", names=_listed(plan.broken)), file=file)
    elif plan.is_empty:
        await tell(interaction, voice.lines([Sentence("archive.nothing"), *_lost(plan)]))
    else:
        changes = await asyncio.to_thread(_difference, plan, guild, voice)
        file = discord.File(io.BytesIO(changes.encode()), "changes.diff")
        words = voice.lines([*_told(plan), *_lost(plan), Sentence("archive.rest")])
        await tell(interaction, words, view=_Offer(services, plan, interaction), file=file)


def _told(plan: Plan) -> Iterable[Sentence]:
    """Yield what an archive would change."""
    new = [draft.key for draft, before in plan.drafts if before is None]
    changed = [draft.key for draft, before in plan.drafts if before is not None]
    yield Sentence("archive.plan")
    books = [brought.key for brought, _ in plan.books]
    for key, names in (
        ("archive.plan.new", new),
        ("archive.plan.changed", changed),
        ("archive.plan.books", books),
    ):
        if names:
            yield Sentence(key, names=_listed(names))
    counts = {
        "same": plan.same,
        "pictures": len(plan.pictures),
        "settings": len(plan.placed.settings),
        "bindings": len(plan.placed.bindings),
    }
    for kind, count in counts.items():
        if count:
            yield Sentence(f"archive.plan.{kind}", count=count)


def _lost(plan: Plan) -> Iterable[Sentence]:
    """Yield what of an archive the server has no place for."""
    if plan.placed.nowhere:
        yield Sentence("archive.nowhere", names=_listed(plan.placed.nowhere))
    for key in plan.placed.homeless:
        yield Sentence(f"archive.homeless.{key}")
    if plan.placed.unknown:
        yield Sentence("archive.unknown", names=_listed(plan.placed.unknown))


def _listed(names: Iterable[str]) -> list[str]:
    found = list(names)
    more = [f"+{len(found) - NAMED}"] if len(found) > NAMED else []
    return [*(panel.plain(excerpt(each, NAME)) for each in found[:NAMED]), *more]


def _mistakes(plan: Plan, voice: Voice) -> str:
    """Return every mistake of what would not load, with its line."""
    return "\n".join(
        line
        for text, reading in plan.broken.values()
        for line in mistakes.listed(text, reading.problems, voice)
    )


def _difference(plan: Plan, guild: discord.Guild, voice: Voice) -> str:
    """Return what changes, as people who know `diff` read it."""
    lines: list[str] = []
    texts = [(f"{draft.key}.yaml", before, draft.content) for draft, before in plan.drafts]
    texts += [(f"lore/{brought.key}.yaml", before, brought.text.encode()) for brought, before in plan.books]
    for name, before, after in texts:
        old, new = (each.decode("utf-8", "replace") for each in (before or b"", after))
        names = "/dev/null" if before is None else f"a/{name}", f"b/{name}"
        lines += unified(old, new, names)
    for change in plan.placed.settings:
        lines.append(f"@@ {change.room.kind} {change.room.name}: {change.key}")
        for sign, value in (("-", change.before), ("+", change.after)):
            told = [] if value is None else _value(change.key, value, guild).splitlines()
            lines += [f"{sign}{line}" for line in told]
    for bound in plan.placed.bindings:
        lines.append(f"@@ {bound.room.kind} {bound.room.name}: persona")
        lines += [f"+{_member(each)}" for each in bound.members] or [f"+{voice.say('panel.choose_nobody')}"]
    return "\n".join(lines) + "\n"


def _member(member: CastMember) -> str:
    """Return how a persona plays, as a line of the archive would say it."""
    talks = "" if member.talkativeness is None else f" talkativeness={member.talkativeness}"
    return f"{member.key}{talks}{' muted' if member.muted else ''}"


def _value(key: str, value: str, guild: discord.Guild) -> str:
    """Return the value of a setting, or the name of what has its id."""
    if key not in (PICTURES, PROPOSERS) or not value.isdecimal():
        return value
    found = guild.get_channel(int(value)) if key == PICTURES else guild.get_role(int(value))
    return value if found is None else f"{value} ({found.name})"


class _Offer(FileOffer[Plan]):
    """The choice to bring back what was shown."""

    def __init__(self, services: Services, plan: Plan, interaction: discord.Interaction) -> None:
        super().__init__(services, plan)
        self.bring.label = voice_of(interaction).say("button.archive.now")
        self.offer(self.bring)

    @discord.ui.button(style=discord.ButtonStyle.primary)
    async def bring(self, interaction: discord.Interaction, _: "discord.ui.Button[_Offer]") -> None:
        """Store it."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            plan = self.taken()
            voice = voice_of(interaction)
            await interaction.response.edit_message(
                content=voice.say("scene.opening"), view=None, attachments=[]
            )
            try:
                await services.story.records.archiving.bring(
                    interaction.guild_id or 0, plan, interaction.user.id
                )
            except NotStored as error:
                text = voice.say(f"archive.not_stored.{error.fault}")
            else:
                services.moderation.used(interaction, Act.ARCHIVE_BROUGHT)
                lost = await _bring_pictures(services, interaction, plan)
                text = voice.lines([Sentence("archive.done"), *lost])
            await interaction.edit_original_response(content=text)


async def _bring_pictures(
    services: Services, interaction: discord.Interaction, plan: Plan
) -> Sequence[Sentence]:
    """Post the pictures where the server keeps them; return what is told of those that can't be."""
    lost: list[str] = []
    why: Sentence | None = None
    for key, content in plan.pictures.items():
        try:
            persona = picturing.own_persona(services, interaction, key)
            await picturing.keep(services, interaction, persona, content)
        except Refused as refused:
            lost.append(key)
            why = why or refused.sentence
    return [] if why is None else [Sentence("archive.no_pictures", names=_listed(lost), why=why)]
